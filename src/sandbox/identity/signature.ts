/**
 * Signature Version 4, read from a request: header and presigned form.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, createSecretKey, hash as digestOf, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { WireRequest } from '../wire/message.ts'

export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** What `x-amz-content-sha256` says of a body whose chunks are signed one by one. */
export const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
export const SIGNED_CHUNKS_AND_TRAILER = `${SIGNED_CHUNKS}-TRAILER`
/** Bodies of S3 whose hash is not under the signature of the request. */
const NOT_HASHED = new Set(['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', SIGNED_CHUNKS, SIGNED_CHUNKS_AND_TRAILER])

export interface Signature {
  form: 'header' | 'query'
  accessKeyId: string
  /** `20261124`, region, service: the credential scope. */
  date: string
  region: string
  service: string
  /** `20261124T041500Z`. */
  timestamp: string
  signedHeaders: string[]
  signature: string
  sessionToken: string | undefined
  /** Of a presigned URL, seconds. */
  expires: number | undefined
}

/** The signature that a request carries; 'malformed' when it carries half of one. */
export function signatureOf(request: WireRequest): Signature | 'malformed' | undefined {
  const header = request.headers.authorization
  if (header?.startsWith(ALGORITHM)) return fromHeader(header, request)
  if (!request.query.includes('X-Amz-')) return undefined
  const query = new URLSearchParams(request.query)
  return query.get('X-Amz-Algorithm') === ALGORITHM ? fromQuery(query) : undefined
}

function fromHeader(header: string, request: WireRequest): Signature | 'malformed' {
  const fields = new Map<string, string>()
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const at = part.indexOf('=')
    if (at > 0) fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim())
  }
  const date = request.headers['x-amz-date'] ?? basicFormat(request.headers.date)
  return whole('header', fields.get('Credential'), fields.get('SignedHeaders'), fields.get('Signature'), date, {
    sessionToken: request.headers['x-amz-security-token'],
    expires: undefined,
  })
}

function fromQuery(query: URLSearchParams): Signature | 'malformed' {
  const get = (name: string) => query.get(name) ?? undefined
  const expires = Number(get('X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 0) return 'malformed'
  return whole('query', get('X-Amz-Credential'), get('X-Amz-SignedHeaders'), get('X-Amz-Signature'), get('X-Amz-Date'), {
    sessionToken: get('X-Amz-Security-Token'),
    expires,
  })
}

function whole(
  form: Signature['form'],
  credential: string | undefined,
  signedHeaders: string | undefined,
  signature: string | undefined,
  timestamp: string | undefined,
  rest: Pick<Signature, 'sessionToken' | 'expires'>,
): Signature | 'malformed' {
  const scope = credential?.split('/') ?? []
  const [accessKeyId, date, region, service, end] = scope.length > 5 ? [scope.slice(0, -4).join('/'), ...scope.slice(-4)] : scope
  if (!accessKeyId || !date || !region || !service || end !== 'aws4_request') return 'malformed'
  if (!signedHeaders || !signature || !timestamp || !/^\d{8}T\d{6}Z$/.test(timestamp)) return 'malformed'
  if (!/^[0-9a-f]{64}$/.test(signature)) return 'malformed'
  const names = signedHeaders.toLowerCase().split(';')
  return { form, accessKeyId, date, region, service, timestamp, signedHeaders: names, signature, ...rest }
}

function basicFormat(date: string | undefined): string | undefined {
  const at = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** Milliseconds since the epoch of `20261124T041500Z`. */
export function signedAt({ timestamp }: Signature): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

/** The hash that stands in the canonical request; undefined when it is not the hash of the body. */
export function payloadHash(request: WireRequest, signature: Signature): string | undefined {
  const s3 = signature.service === 's3'
  const claimed = request.headers['x-amz-content-sha256']
  if (s3 && claimed !== undefined && NOT_HASHED.has(claimed)) return claimed
  if (s3 && signature.form === 'query') return claimed ?? 'UNSIGNED-PAYLOAD'
  const actual = digestOf('sha256', request.body)
  return claimed === undefined || claimed === actual ? actual : undefined
}

/** Whether the signature is the one that the secret makes over this request. */
export function isSignedWith(secret: string, request: WireRequest, signature: Signature, hash: string): boolean {
  const expected = createHmac('sha256', signingKey(secret, signature))
    .update(stringToSign(request, signature, hash))
    .digest()
  return timingSafeEqual(expected, Buffer.from(signature.signature, 'hex'))
}

export function stringToSign(request: WireRequest, signature: Signature, hash: string): string {
  const canonical = digestOf('sha256', canonicalRequest(request, signature, hash))
  const { date, region, service, timestamp } = signature
  return [ALGORITHM, timestamp, `${date}/${region}/${service}/aws4_request`, canonical].join('\n')
}

export function canonicalRequest(request: WireRequest, signature: Signature, hash: string): string {
  const headers = signature.signedHeaders.map((name) => `${name}:${canonicalHeader(request.headers[name])}\n`).join('')
  return [
    request.method,
    signature.service === 's3' ? request.path : canonicalPath(request.path),
    canonicalQuery(request.query),
    headers,
    signature.signedHeaders.join(';'),
    hash,
  ].join('\n')
}

const canonicalHeader = (value = ''): string => value.trim().replace(/\s+/g, ' ')

/** Every service but S3 signs the path normalised and encoded once more than it is sent. */
function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  const normal = `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`
  return normal.split('/').map(encodeRfc3986).join('/')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [encodeRfc3986(decoded(name)), encodeRfc3986(decoded(value))]
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'))
  } catch {
    return text
  }
}

const encodeRfc3986 = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const MAX_SIGNING_KEYS = 500
const signingKeys = new Map<string, KeyObject>()

/** Four HMACs that change once a day per credential, region and service. */
export function signingKey(secret: string, { date, region, service }: Pick<Signature, 'date' | 'region' | 'service'>): KeyObject {
  const name = [secret, date, region, service].join('\n')
  const known = signingKeys.get(name)
  if (known) return known
  if (signingKeys.size >= MAX_SIGNING_KEYS) signingKeys.clear()
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (under, part) => createHmac('sha256', under).update(part).digest(),
    `AWS4${secret}`,
  )
  const object = createSecretKey(Buffer.from(key))
  signingKeys.set(name, object)
  return object
}
