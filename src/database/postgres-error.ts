// What it means when PostgreSQL cannot be reached, lets nobody in, or has no room. https://www.postgresql.org/docs/current/errcodes-appendix.html
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'

const AWAY = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'],
  // It is shut down, has crashed, starts, has no connection left, or ended what took too long.
  ...['57P01', '57P02', '57P03', '53300', '57014'],
])
/** The driver gives these no code. */
const TIMEOUT_WORDS = 'Query read timeout'
const AWAY_WORDS =
  /^Connection terminated|^timeout exceeded when trying to connect|connection error and is not queryable|^Client was closed/
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const DISK_FULL = '53100'
const isConnectionException = (code: string): boolean => code.startsWith('08')
/** A wrong password or user, a database that is not there. */
const isRefusal = (code: string): boolean => code.startsWith('28') || code === '3D000'

/** Gives errors of the connection their name; those of a statement stay as they are. The URL's password is not told. */
export function postgresError(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof KibanError) return error
  const code = 'code' in error ? String(error.code) : ''
  const server = serverOf(url)
  if (isRefusal(code)) {
    return new KibanError('unauthenticated', 'database.refused', text.refused(server, error.message), {
      hint: text.refusedHint,
      cause: error,
    })
  }
  if (code === DISK_FULL)
    return new KibanError('unavailable', 'database.full', text.full(server), { hint: text.fullHint, cause: error })
  if (!AWAY.has(code) && !isConnectionException(code) && !AWAY_WORDS.test(error.message) && !isTimeout(error)) return error
  return new KibanError('unavailable', 'database.unavailable', text.unavailable(server), {
    hint: text.unavailableHint,
    cause: error,
  })
}

/** Whether nothing came back in time: the connection is of no use any more. */
export function isTimeout(error: unknown): boolean {
  const first = error instanceof KibanError ? error.cause : error
  return first instanceof Error && first.message === TIMEOUT_WORDS
}

export const isAway = (error: unknown): boolean => error instanceof KibanError && error.code === 'database.unavailable'

function serverOf(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `${host}${pathname}`
  } catch {
    return 'DATABASE_URL'
  }
}
