// What owner and clients say to each other: HTTP over a socket, one JSON line per message.
import type { CallerEnvironment } from '../core/caller.ts'
import { type ErrorKind, KibanError } from '../core/error.ts'
import type { ErrorCode } from '../core/error-code.ts'
import type { Text } from '../core/text.ts'

export interface Asked {
  kind: 'call' | 'stream'
  operation: string
  input: unknown
  requestId: string
  /** Variables of the caller: they hold secrets, and stay in memory. */
  environment: CallerEnvironment
  /** The last item that this caller has seen of a stream. */
  after?: unknown
}

/** A call answers with `output`, a stream with items and `end`; either may end with `error`. */
export type Line = { output: unknown } | { item: unknown } | { end: true } | { error: WireError }

export type WireError =
  | { kiban: { kind: ErrorKind; code: ErrorCode; text: Text; hint?: Text; details: readonly Text[] } }
  | { other: { name: string; message: string; stack?: string } }

export function wireError(error: unknown): WireError {
  if (error instanceof KibanError) {
    const { kind, code, text, hint, details } = error
    return { kiban: { kind, code, text, hint, details } }
  }
  // Both ends are the same user's processes: nothing is hidden from either.
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return { other: { name, message, stack } }
}

export function errorOf(wire: WireError): Error {
  if ('kiban' in wire) {
    const { kind, code, text, hint, details } = wire.kiban
    return new KibanError(kind, code, text, { hint, details })
  }
  const { name, message, stack } = wire.other
  return Object.assign(new Error(message), { name, stack })
}
