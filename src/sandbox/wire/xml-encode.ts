// Values to XML, for the Query protocols and REST-XML: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
import { blobText } from './blob.ts'
import type { Members } from './json-decode.ts'
import { dateFrom } from './json-encode.ts'
import type { Member, Shape, StructureShape } from './shape.ts'
import { timestampText } from './timestamp.ts'
import { escapeXml } from './xml-text.ts'

/** The members of a structure as elements, without an element around them. */
export function encodeXmlMembers(shape: StructureShape, value: Members, only?: (member: Member) => boolean): string {
  let xml = ''
  for (const member of shape.members) {
    const entry = value[member.name]
    if (entry === undefined || entry === null || member.traits.xmlAttribute) continue
    if (!only || only(member)) xml += encodeMember(member, member.traits.xmlName ?? member.name, entry)
  }
  return xml
}

/** One value in an element of its own, attributes included. */
export function encodeXml(shape: Shape, tag: string, value: unknown, namespace = ''): string {
  if (shape.kind !== 'structure' && shape.kind !== 'union') return element(tag, namespace, encodeText(shape, value))
  const members = value as Members
  return element(tag, namespace + attributes(shape, members), encodeXmlMembers(shape, members))
}

function encodeMember(member: Member, tag: string, value: unknown): string {
  const shape = member.shape
  const namespace = namespaceOf(member)
  if (shape.kind === 'list') {
    const items = (value as unknown[]).filter((item) => item != null)
    if (member.traits.xmlFlattened) return items.map((item) => encodeMember(shape.item, tag, item)).join('')
    const itemTag = shape.item.traits.xmlName ?? 'member'
    return element(tag, namespace, items.map((item) => encodeMember(shape.item, itemTag, item)).join(''))
  }
  if (shape.kind === 'map') {
    const keyTag = shape.key.traits.xmlName ?? 'key'
    const valueTag = shape.value.traits.xmlName ?? 'value'
    const entryTag = member.traits.xmlFlattened ? tag : 'entry'
    const entries = Object.entries(value as Members).filter(([, entry]) => entry != null)
    const xml = entries.map(([key, entry]) =>
      element(entryTag, '', element(keyTag, '', escapeXml(key)) + encodeMember(shape.value, valueTag, entry)),
    )
    return member.traits.xmlFlattened ? xml.join('') : element(tag, namespace, xml.join(''))
  }
  return encodeXml(shape, tag, value, namespace)
}

export function encodeText(shape: Shape, value: unknown): string {
  if (shape.kind === 'blob') return blobText(value)
  if (shape.kind === 'timestamp') return timestampText(dateFrom(value), shape.format ?? 'date-time')
  const type = typeof value
  const wanted = shape.kind === 'string' || shape.kind === 'boolean' || shape.kind === 'number' ? shape.kind : type
  if (type !== wanted) throw new TypeError(`An answer holds a ${type} where the model says ${shape.kind}`)
  return escapeXml(String(value))
}

function attributes(shape: StructureShape, value: Members): string {
  let text = ''
  for (const member of shape.members) {
    const entry = value[member.name]
    if (member.traits.xmlAttribute && entry != null) {
      text += ` ${member.traits.xmlName ?? member.name}="${encodeText(member.shape, entry)}"`
    }
  }
  return text
}

function namespaceOf(member: Member): string {
  const [prefix, uri] = member.traits.xmlNamespace ?? []
  return uri ? ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"` : ''
}

function element(tag: string, attributes: string, content: string): string {
  return content === '' ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`
}
