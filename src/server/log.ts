// The server's own log: one JSON object per line on stdout, in the shape that kiban wants of every product.
import { hostname } from 'node:os'

export type Level = 'debug' | 'info' | 'warn' | 'error'

export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void

/** Never give it a secret, a header or a body: whatever is given is printed. */
export function serverLog(write: (line: string) => void, of: { environment?: string; version: string }): Log {
  const base = { service: 'kiban', ...(of.environment ? { env: of.environment } : {}), version: of.version, host: hostname() }
  return (level, message, fields = {}) =>
    write(
      `${JSON.stringify({ timestamp: new Date().toISOString(), severity: level.toUpperCase(), message, ...base, ...fields })}\n`,
    )
}

/** An error as fields of a line; its stack stays one field, so that a record stays one line. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: { message: String(error) } }
  const { name, message, stack, cause } = error
  return { error: { class: name, message, stack, ...(cause === undefined ? {} : { cause: errorFields(cause).error }) } }
}
