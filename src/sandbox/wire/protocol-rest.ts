// REST-JSON and REST-XML: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, …/aws-restxml-protocol.html
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { AwsError } from '../cloud.ts'
import type { Failure } from './failure.ts'
import { decodeJson, type Members } from './json-decode.ts'
import { encodeJson, REST_JSON } from './json-encode.ts'
import { bodyText, type WireAnswer, type WireRequest } from './message.ts'
import type { Model, OperationModel } from './model.ts'
import type { WireProtocol } from './protocol.ts'
import { parsedJson } from './protocol-json.ts'
import { boundHeaders, boundMembers, isBody } from './rest-bindings.ts'
import { matchRest, type RestRoute, restRoutes } from './rest-route.ts'
import type { Member, Shape, StructureShape } from './shape.ts'
import { decodeXml } from './xml-decode.ts'
import { encodeXml } from './xml-encode.ts'
import { escapeXml, parseXml } from './xml-text.ts'

export const restJson: WireProtocol = {
  name: 'rest-json',
  decode: (model, operation, request) => decodeRest(model, operation, request, JSON_BODY),
  encode: (_, operation, output, requestId) => encodeRest(operation, output, { 'x-amzn-requestid': requestId }, JSON_BODY),
  encodeFailure: (_, failure, requestId) => ({
    status: failure.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': failure.code,
      ...boundHeaders(failure.shape, failure.members),
    },
    body: JSON.stringify(encodeJson(bodyOf(failure.shape), failure.members, REST_JSON)),
  }),
}

/** REST-XML as S3 alone uses it: errors without an envelope, request ids in headers of its own. */
export const s3Protocol: WireProtocol = {
  name: 's3',
  decode(model, operation, request) {
    try {
      return decodeRest(model, operation, request, xmlBody(model))
    } catch (error) {
      // S3 has a word of its own for a value that cannot be read.
      if (error instanceof AwsError && UNREADABLE.has(error.code)) throw new AwsError('InvalidArgument', error.message, {}, 400)
      throw error
    }
  },
  encode: (model, operation, output, requestId) => encodeRest(operation, output, s3Ids(requestId), xmlBody(model)),
  encodeFailure: (_, failure, requestId) => ({
    status: failure.status,
    headers: { 'content-type': 'application/xml', ...s3Ids(requestId) },
    body: s3Error(failure, requestId),
  }),
}

const UNREADABLE = new Set(['MalformedInput', 'SerializationException'])

interface BodyFormat {
  type: string
  decode(shape: Shape, text: string): unknown
  /** `tag` is the element's name where there are elements. */
  encode(shape: Shape, value: unknown, tag: string): string
}

const JSON_BODY: BodyFormat = {
  type: 'application/json',
  decode: (shape, text) => decodeJson(shape, parsedJson(text), true),
  encode: (shape, value) => JSON.stringify(encodeJson(shape, value, REST_JSON)),
}

const xmlBody = (model: Model): BodyFormat => ({
  type: 'application/xml',
  decode: (shape, text) => (text === '' ? {} : decodeXml(shape, parseXml(text))),
  encode: (shape, value, tag) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n${encodeXml(shape, tag, value, ` xmlns="${escapeXml(model.xmlNamespace)}"`)}`,
})

const routes = new WeakMap<Model, RestRoute[]>()

export function restOperation(model: Model, request: WireRequest): ReturnType<typeof matchRest> {
  const known = routes.get(model) ?? restRoutes(model)
  routes.set(model, known)
  return matchRest(known, request)
}

function decodeRest(model: Model, operation: OperationModel, request: WireRequest, format: BodyFormat): Members {
  const labels = restOperation(model, request)?.labels ?? {}
  const decoded = boundMembers(operation.input, request, labels)
  const payload = operation.input.members.find((member) => member.traits.httpPayload)
  if (payload) {
    const value = payloadFrom(payload, request, format)
    return value === undefined ? decoded : { ...decoded, [payload.name]: value }
  }
  const body = bodyOf(operation.input)
  return body.members.length === 0 ? decoded : { ...decoded, ...(format.decode(body, bodyText(request)) as Members) }
}

function payloadFrom({ shape }: Member, request: WireRequest, format: BodyFormat): unknown {
  if (request.body.byteLength === 0 && !(shape.kind === 'blob' && shape.streaming)) return undefined
  if (shape.kind === 'blob') return request.body
  if (shape.kind === 'string') return bodyText(request)
  return format.decode(shape, bodyText(request))
}

const bodies = new WeakMap<StructureShape, StructureShape>()

/** The members that stand in the body. */
function bodyOf(shape: StructureShape): StructureShape {
  const body = bodies.get(shape) ?? { ...shape, members: shape.members.filter(isBody) }
  bodies.set(shape, body)
  return body
}

function encodeRest(operation: OperationModel, output: Members, ids: Record<string, string>, format: BodyFormat): WireAnswer {
  const shape = operation.output
  const headers = { ...ids, ...boundHeaders(shape, output) }
  const statusMember = shape.members.find((member) => member.traits.httpResponseCode)
  // S3 has no member for the status of a range.
  const usual = output.ContentRange === undefined ? operation.http?.[2] : 206
  const status = Number((statusMember && output[statusMember.name]) ?? usual ?? 200)
  const payload = shape.members.find((member) => member.traits.httpPayload)
  if (payload) return payloadAnswer(payload, output[payload.name], status, { ...defaultType(shape), ...headers }, format)
  const body = bodyOf(shape)
  if (body.members.length === 0) return { status, headers, body: format.type === 'application/json' ? '{}' : '' }
  return {
    status,
    headers: { 'content-type': format.type, ...headers },
    body: unwrapped(operation, output) ?? format.encode(body, output, body.traits.xmlName ?? body.name),
  }
}

/** The type of a payload, unless a member of the output tells it. */
function defaultType({ members }: StructureShape): Record<string, string> {
  const told = members.some(({ traits }) => traits.httpHeader?.toLowerCase() === 'content-type')
  return told ? {} : { 'content-type': 'application/octet-stream' }
}

function payloadAnswer(
  { shape, traits, name }: Member,
  value: unknown,
  status: number,
  headers: Record<string, string>,
  format: BodyFormat,
): WireAnswer {
  if (value === undefined || value === null) return { status, headers, body: '' }
  if (shape.kind === 'blob' || shape.kind === 'string') {
    if (!(value instanceof Uint8Array || value instanceof Readable || typeof value === 'string')) {
      throw new TypeError(`${name} must be bytes, a string or a stream`)
    }
    return { status, headers, body: value }
  }
  const tag = traits.xmlName ?? (shape.kind === 'structure' ? shape.name : name)
  return { status, headers: { ...headers, 'content-type': format.type }, body: format.encode(shape, value, tag) }
}

/** The one answer of S3 whose root element is its member: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
function unwrapped(operation: OperationModel, output: Members): string | undefined {
  if (operation.name !== 'GetBucketLocation') return undefined
  const region = escapeXml(String(output.LocationConstraint ?? ''))
  return `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region}</LocationConstraint>`
}

function s3Error(failure: Failure, requestId: string): string {
  const extra = Object.entries(failure.members)
    .filter(([name, value]) => typeof value === 'string' && name.toLowerCase() !== 'message')
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('')
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(failure.code)}</Code>` +
    `<Message>${escapeXml(failure.message)}</Message>${extra}` +
    `<RequestId>${requestId}</RequestId><HostId>${s3HostId}</HostId></Error>`
  )
}

const s3HostId = randomBytes(48).toString('base64')
const s3Ids = (requestId: string) => ({ 'x-amz-request-id': requestId, 'x-amz-id-2': s3HostId })
