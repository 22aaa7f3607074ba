/**
 * The form bodies of the AWS Query and EC2 Query protocols (`Filters.member.1.Name=…`) to the input of an operation.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { AwsError } from '../cloud.ts'
import { blobFrom } from './blob.ts'
import type { Members } from './json-decode.ts'
import type { ListShape, MapShape, Member, Shape, SimpleShape, StructureShape } from './shape.ts'
import { timestampFrom } from './timestamp.ts'

interface Branch {
  value?: string
  children: Map<string, Branch>
}

export function decodeQuery(shape: StructureShape, form: URLSearchParams, ec2: boolean): Members {
  return structureFrom(shape, treeOf(form), ec2)
}

function treeOf(form: URLSearchParams): Branch {
  const root: Branch = { children: new Map() }
  for (const [path, value] of form) {
    let at = root
    for (const part of path.split('.')) {
      const next: Branch = at.children.get(part) ?? { children: new Map() }
      at.children.set(part, next)
      at = next
    }
    at.value = value
  }
  return root
}

function decode(member: Member, branch: Branch, ec2: boolean): unknown {
  const shape = member.shape
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return structureFrom(shape, branch, ec2)
    case 'list':
      return listFrom(member, shape, branch, ec2)
    case 'map':
      return mapFrom(member, shape, branch, ec2)
    default:
      return branch.value === undefined ? undefined : simpleFromText(shape, branch.value, member.name)
  }
}

function structureFrom(shape: StructureShape, branch: Branch, ec2: boolean): Members {
  const decoded: Members = {}
  for (const member of shape.members) {
    const child = branch.children.get(queryName(member, ec2))
    const value = child && decode(member, child, ec2)
    if (value !== undefined) decoded[member.name] = value
  }
  return decoded
}

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#query-key-resolution */
function queryName(member: Member, ec2: boolean): string {
  const { ec2QueryName, xmlName } = member.traits
  if (!ec2) return xmlName ?? member.name
  if (ec2QueryName) return ec2QueryName
  const name = xmlName ?? member.name
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function listFrom(member: Member, shape: ListShape, branch: Branch, ec2: boolean): unknown[] {
  const flat = ec2 || member.traits.xmlFlattened === 1
  const holder = flat ? branch : branch.children.get(shape.item.traits.xmlName ?? 'member')
  return ordered(holder).map((child) => decode(shape.item, child, ec2))
}

function mapFrom(member: Member, shape: MapShape, branch: Branch, ec2: boolean): Members {
  const holder = member.traits.xmlFlattened ? branch : branch.children.get('entry')
  const entries = ordered(holder).map((entry): [string, unknown] => {
    const key = entry.children.get(shape.key.traits.xmlName ?? 'key')?.value
    const value = entry.children.get(shape.value.traits.xmlName ?? 'value')
    if (key === undefined || !value) throw new AwsError('MalformedInput', `Incomplete map entry in ${member.name}`)
    return [key, decode(shape.value, value, ec2)]
  })
  return Object.fromEntries(entries)
}

function ordered(holder: Branch | undefined): Branch[] {
  if (!holder) return []
  return [...holder.children]
    .filter(([index]) => /^\d+$/.test(index))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)
}

/** A simple value from text, as it stands in a form, a header, a query string or XML. */
export function simpleFromText(shape: Shape | SimpleShape, text: string, name: string): unknown {
  switch (shape.kind) {
    case 'boolean':
      if (/^true$/i.test(text)) return true
      if (/^false$/i.test(text)) return false
      throw malformed(name, text)
    case 'number':
      if (text === '' || (Number.isNaN(Number(text)) && text !== 'NaN')) throw malformed(name, text)
      return Number(text)
    case 'bigInteger':
      if (!/^-?\d+$/.test(text)) throw malformed(name, text)
      return BigInt(text)
    case 'timestamp':
      return timestampFrom(text, shape.format ?? 'date-time')
    case 'blob':
      return blobFrom(text)
    default:
      return text
  }
}

function malformed(name: string, text: string): AwsError {
  return new AwsError('MalformedInput', `Invalid value '${text}' for ${name}`)
}
