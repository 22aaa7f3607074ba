// The little of XML that AWS's protocols use: elements, attributes, text, the five entities; no doctype, no namespaces.
import { AwsError } from '../cloud.ts'

export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: XmlElement[]
  text: string
}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const MAX_DEPTH = 64

/** The root element of a document; throws MalformedXML. */
export function parseXml(document: string): XmlElement {
  const top: XmlElement = { name: '', attributes: {}, children: [], text: '' }
  const open = [top]
  TOKEN.lastIndex = document.charCodeAt(0) === 0xfeff ? 1 : 0
  while (TOKEN.lastIndex < document.length) {
    const token = TOKEN.exec(document)
    const parent = open.at(-1)
    if (!token || !parent) throw malformed()
    const [, cdata, closing, name, attributes, selfClosing, text] = token
    if (cdata !== undefined) parent.text += cdata
    else if (text !== undefined) parent.text += unescapeXml(text)
    else if (name !== undefined && closing) {
      if (parent.name !== name || open.length === 1) throw malformed()
      open.pop()
    } else if (name !== undefined) {
      const element: XmlElement = { name, attributes: attributesOf(attributes ?? ''), children: [], text: '' }
      parent.children.push(element)
      if (!selfClosing) open.push(element)
      if (open.length > MAX_DEPTH) throw malformed()
    }
  }
  const [root, ...more] = top.children
  if (open.length !== 1 || !root || more.length > 0 || top.text.trim() !== '') throw malformed()
  return root
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(ATTRIBUTE), ([, name, double, single]) => [name, unescapeXml(double ?? single ?? '')]),
  )
}

const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));?/g, (_, decimal, hex, name) => {
    if (decimal) return character(Number.parseInt(decimal, 10))
    if (hex) return character(Number.parseInt(hex, 16))
    const entity = ENTITIES.get(name)
    if (!entity) throw malformed()
    return entity
  })
}

function character(point: number): string {
  if (point === 0 || point > 0x10ffff) throw malformed()
  return String.fromCodePoint(point)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\r': '&#xD;' }

export function escapeXml(text: string): string {
  return /[&<>"'\r]/.test(text) ? text.replace(/[&<>"'\r]/g, (letter) => ESCAPES[letter] ?? letter) : text
}

function malformed(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
    {},
    400,
  )
}
