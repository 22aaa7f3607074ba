/**
 * What of a REST message stands outside its body: labels, query, headers.
 * https://smithy.io/2.0/spec/http-bindings.html
 */
import { AwsError } from '../cloud.ts'
import type { Members } from './json-decode.ts'
import { dateFrom } from './json-encode.ts'
import type { WireRequest } from './message.ts'
import { simpleFromText } from './query-decode.ts'
import type { Member, Shape, StructureShape } from './shape.ts'
import { timestampFrom, timestampText } from './timestamp.ts'

export const isBody = ({ traits }: Member): boolean =>
  !traits.httpLabel &&
  !traits.httpQuery &&
  !traits.httpQueryParams &&
  !traits.httpHeader &&
  traits.httpPrefixHeaders === undefined &&
  !traits.httpPayload &&
  !traits.httpResponseCode

export function boundMembers(shape: StructureShape, request: WireRequest, labels: Record<string, string>): Members {
  const query = new URLSearchParams(request.query)
  const decoded: Members = {}
  for (const member of shape.members) {
    const value = boundValue(member, request, labels, query)
    if (value !== undefined) decoded[member.name] = value
  }
  return decoded
}

function boundValue(member: Member, request: WireRequest, labels: Record<string, string>, query: URLSearchParams): unknown {
  const { traits, shape } = member
  if (traits.httpLabel) {
    const text = labels[member.name]
    return text === undefined ? undefined : fromText(shape, text, member.name, 'date-time')
  }
  if (traits.httpQuery) {
    if (!query.has(traits.httpQuery)) return undefined
    if (shape.kind === 'list') {
      const item = shape.item.shape
      return query.getAll(traits.httpQuery).map((text) => fromText(item, text, member.name, 'date-time'))
    }
    return fromText(shape, query.get(traits.httpQuery) ?? '', member.name, 'date-time')
  }
  if (traits.httpQueryParams) return Object.fromEntries(query)
  if (traits.httpHeader) {
    const text = request.headers[traits.httpHeader.toLowerCase()]
    return text === undefined ? undefined : fromHeader(member, text)
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase()
    const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix))
    return found.length === 0 ? undefined : Object.fromEntries(found.map(([name, text]) => [name.slice(prefix.length), text]))
  }
  return undefined
}

function fromHeader(member: Member, text: string): unknown {
  const { shape, traits } = member
  if (shape.kind !== 'list') {
    return fromText(shape, traits.mediaType ? Buffer.from(text, 'base64').toString() : text, member.name, 'http-date')
  }
  const item = shape.item.shape
  // An HTTP date holds a comma of its own.
  const texts = item.kind === 'timestamp' && item.format !== 'date-time' ? text.split(/(?<=GMT)\s*,\s*/) : splitList(text)
  return texts.map((part) => fromText(item, part, member.name, 'http-date'))
}

const splitList = (text: string): string[] =>
  Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g), ([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim() : quoted.replace(/\\(.)/g, '$1'),
  )

function fromText(shape: Shape, text: string, name: string, dates: 'date-time' | 'http-date'): unknown {
  if (shape.kind === 'timestamp') return timestampFrom(text, shape.format ?? dates)
  return simpleFromText(shape, text, name)
}

/** What a header can hold: RFC 9110, section 5.5. Node's answers write it as ISO-8859-1. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** The headers of an answer; throws AwsError when a value, which may be a caller's, cannot stand in one. */
export function boundHeaders(shape: StructureShape, output: Members): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const member of shape.members) {
    const value = output[member.name]
    if (value === undefined || value === null) continue
    if (member.traits.httpHeader) headers[member.traits.httpHeader.toLowerCase()] = headerText(member, value)
    const prefix = member.traits.httpPrefixHeaders
    if (prefix === undefined) continue
    for (const [name, text] of Object.entries(value as Record<string, string>)) headers[(prefix + name).toLowerCase()] = text
  }
  for (const [name, text] of Object.entries(headers)) if (!FIELD_VALUE.test(text)) throw unprintable(name)
  return headers
}

const unprintable = (name: string) =>
  new AwsError('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.', { ArgumentName: name }, 400)

function headerText(member: Member, value: unknown): string {
  const { shape, traits } = member
  if (shape.kind === 'list') {
    const item = shape.item.shape
    return (value as unknown[]).map((entry) => quoted(simpleText(item, entry))).join(', ')
  }
  return traits.mediaType ? Buffer.from(simpleText(shape, value)).toString('base64') : simpleText(shape, value)
}

const quoted = (text: string): string => (/[",]/.test(text) && !/ GMT$/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text)

function simpleText(shape: Shape, value: unknown): string {
  return shape.kind === 'timestamp' ? timestampText(dateFrom(value), shape.format ?? 'http-date') : String(value)
}
