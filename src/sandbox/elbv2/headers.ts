// Headers on their way through the balancer: raw lists [name, value, name, value], so that case and repetition stay.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** RFC 9110 §7.6.1, and `Expect`, which the balancer has answered itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** Never hop-by-hop, even when `Connection` nominates them: without them a message would be framed or routed otherwise. */
const END_TO_END = new Set(['content-length', 'host'])

/** Set by the balancer, whatever the client sent. */
const OWN = new Set(['x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-for', 'x-amzn-trace-id'])

export interface Forwarding {
  client: { address: string; port: number }
  listenerPort: number
  /** Stands in where an HTTP/1.0 client named no host. */
  targetHost: string
  attributes: Record<string, string>
}

/** The headers of a request as the target gets them. */
export function requestHeaders(incoming: IncomingMessage, forwarding: Forwarding): string[] {
  const { attributes } = forwarding
  const headers = passedOn(incoming, OWN)
  if (incoming.headers.host === undefined) headers.unshift('Host', forwarding.targetHost)
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
  else if (incoming.headers['content-length'] === undefined && MAY_HAVE_BODY.has(incoming.method ?? '')) {
    headers.push('Content-Length', '0')
  }
  const dropInvalid = attributes['routing.http.drop_invalid_header_fields.enabled'] === 'true'
  const kept = dropInvalid ? validOnly(headers) : headers
  const forwardedFor = xForwardedFor(incoming, forwarding)
  if (forwardedFor !== undefined) kept.push('X-Forwarded-For', forwardedFor)
  kept.push('X-Forwarded-Proto', 'http', 'X-Forwarded-Port', String(forwarding.listenerPort))
  kept.push('X-Amzn-Trace-Id', traceId(header(incoming, 'x-amzn-trace-id')))
  return kept
}

/** The headers of an answer as the client gets them; framing and persistence of the connection are the server's own. */
export const responseHeaders = (incoming: IncomingMessage): string[] => passedOn(incoming, new Set())

/** Methods for which an empty body must be told, lest it be announced as chunked. */
const MAY_HAVE_BODY = new Set(['POST', 'PUT', 'PATCH'])

function passedOn(incoming: IncomingMessage, without: Set<string>): string[] {
  const nominated = new Set(
    (incoming.headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  const kept: string[] = []
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [incoming.rawHeaders[at], incoming.rawHeaders[at + 1]]
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || without.has(lower)) continue
    if (nominated.has(lower) && !END_TO_END.has(lower)) continue
    kept.push(name, value)
  }
  return kept
}

function validOnly(headers: string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (/^[A-Za-z0-9-]+$/.test(name)) kept.push(name, value)
  }
  return kept
}

function xForwardedFor(incoming: IncomingMessage, { client, attributes }: Forwarding): string | undefined {
  const before = header(incoming, 'x-forwarded-for')
  const mode = attributes['routing.http.xff_header_processing.mode']
  if (mode === 'remove') return undefined
  if (mode === 'preserve') return before
  const withPort = attributes['routing.http.xff_client_port.enabled'] === 'true'
  const shown = client.address.includes(':') && withPort ? `[${client.address}]` : client.address
  const own = withPort ? `${shown}:${client.port}` : shown
  return before === undefined ? own : `${before}, ${own}`
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html */
function traceId(before: string | undefined): string {
  const own = `1-${Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0')}-${randomBytes(12).toString('hex')}`
  if (!before?.includes('Root=')) return before ? `Root=${own};${before}` : `Root=${own}`
  const rest = before.split(';').filter((field) => field && !field.startsWith('Self='))
  return [`Self=${own}`, ...rest].join(';')
}

function header(incoming: IncomingMessage, name: string): string | undefined {
  return incoming.headersDistinct[name]?.join(', ')
}
