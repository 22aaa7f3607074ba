// A request and its answer as they stand on the wire, whether they came through a socket or in the process.
import type { Readable } from 'node:stream'

export interface WireRequest {
  method: string
  /** As it was sent: percent-encoded, without the query. */
  path: string
  /** As it was sent, without the question mark. */
  query: string
  /** Names in lower case. */
  headers: Record<string, string>
  body: Uint8Array
  signal: AbortSignal
}

export interface WireAnswer {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array | Readable
}

export const bodyText = (request: WireRequest): string =>
  Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString('utf8')
