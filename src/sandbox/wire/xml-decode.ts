// XML documents to the payload of an operation (S3 alone sends them).
import { AwsError } from '../cloud.ts'
import type { Members } from './json-decode.ts'
import { simpleFromText } from './query-decode.ts'
import type { Member, Shape, StructureShape } from './shape.ts'
import type { XmlElement } from './xml-text.ts'

export function decodeXml(shape: Shape, element: XmlElement): unknown {
  if (shape.kind === 'structure' || shape.kind === 'union') return structureFrom(shape, element)
  return simpleFromText(shape, element.text, element.name)
}

function structureFrom(shape: StructureShape, element: XmlElement): Members {
  const decoded: Members = {}
  for (const member of shape.members) {
    const tag = member.traits.xmlName ?? member.name
    if (member.traits.xmlAttribute) {
      const text = element.attributes[tag]
      if (text !== undefined) decoded[member.name] = simpleFromText(member.shape, text, tag)
      continue
    }
    const found = element.children.filter((child) => child.name === tag)
    if (found.length > 0) decoded[member.name] = decodeMember(member, found)
  }
  return decoded
}

function decodeMember(member: Member, found: XmlElement[]): unknown {
  const shape = member.shape
  const [first] = found
  if (!first) return undefined
  if (shape.kind === 'list') {
    const items = member.traits.xmlFlattened ? found : named(first, shape.item.traits.xmlName ?? 'member')
    return items.map((item) => decodeMember(shape.item, [item]))
  }
  if (shape.kind === 'map') {
    const entries = member.traits.xmlFlattened ? found : named(first, 'entry')
    return Object.fromEntries(
      entries.map((entry) => {
        const [key] = named(entry, shape.key.traits.xmlName ?? 'key')
        const value = named(entry, shape.value.traits.xmlName ?? 'value')
        if (!key || value.length === 0) throw new AwsError('MalformedXML', `Incomplete map entry in ${member.name}`)
        return [key.text, decodeMember(shape.value, value)]
      }),
    )
  }
  return decodeXml(shape, first)
}

const named = (element: XmlElement, name: string): XmlElement[] => element.children.filter((child) => child.name === name)
