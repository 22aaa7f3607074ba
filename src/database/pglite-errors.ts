import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'
import { DISK_FULL } from './postgres-error.ts'

/** After these a server ends itself and starts anew. PGlite stays, and whatever it is asked then never returns. */
const DEADLY = new Set(['PANIC', 'FATAL'])
/** One segment of the write-ahead log, which PostgreSQL makes whole. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024

/** What errors of PGlite mean, and whether it may still be asked anything. */
export class PgliteErrors {
  readonly #folder: string
  /** Nothing may be asked any more. */
  broken: KibanError | undefined
  /** The disk was full at the last change. */
  full: KibanError | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Stands before everything that the instance is asked, its own rolling back of transactions among it. */
  guard(instance: Pick<PGlite, 'execProtocol' | 'execProtocolStream'>): void {
    const { execProtocol, execProtocolStream } = instance
    instance.execProtocol = (message, options) => this.#told(() => execProtocol.call(instance, message, options))
    instance.execProtocolStream = (message, options) => this.#told(() => execProtocolStream.call(instance, message, options))
  }

  async #told<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (this.broken) throw this.broken
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const isFull = 'code' in error && error.code === DISK_FULL
      if (isFull) this.full = this.#error('database.full', error)
      if (!('severity' in error) || !DEADLY.has(String(error.severity))) throw isFull ? this.full : error
      this.broken = this.#error('database.broken', error, isFull)
      this.full = this.broken
      throw this.broken
    }
  }

  /** What it means that it could not be opened. */
  async unopened(error: unknown): Promise<unknown> {
    if (!(error instanceof Error) || error instanceof KibanError) return error
    return this.#error((await hasRoom(this.#folder)) ? 'database.broken' : 'database.full', error)
  }

  #error(code: 'database.broken' | 'database.full', cause: Error, isFull = code === 'database.full'): KibanError {
    return isFull
      ? new KibanError('unavailable', code, text.full(this.#folder), { hint: text.fullHint, cause })
      : new KibanError('unavailable', code, text.broken(this.#folder, cause.message), { hint: text.brokenHint, cause })
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => statfs(dirname(folder)).catch(() => undefined))
  return !found || found.bavail * found.bsize >= LEAST_FREE_BYTES
}
