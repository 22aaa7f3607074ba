/**
 * One process owns a data folder and does its work; every other becomes its client, by a socket in the folder. When the
 * owner ends, however it ends, a client takes its place and asks again what it had asked.
 */
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { CallerEnvironment } from '../core/caller.ts'
import { KibanError } from '../core/error.ts'
import { newId } from '../core/ids.ts'
import { database as text } from '../core/messages/database.ts'
import type { Context } from '../core/operation.ts'
import { isOfAnotherUser } from './own-folder.ts'
import { askOwner, OwnerGone, OwnerSilent } from './owner-client.ts'
import { ownerLock } from './owner-lock.ts'
import { ownerSocket } from './owner-socket.ts'
import type { Asked } from './owner-wire.ts'

const ASK_AGAIN_MS = 25
/** PGlite's first start takes seconds, on a busy machine more. */
const PATIENCE_MS = 60_000

/** What comes with a request of any process of this user; whoever serves it says who acts. */
export interface Request extends Pick<Context, 'signal' | 'requestId'> {
  environment: CallerEnvironment
  /** The last item that the caller has seen, when a stream is taken up again. */
  after?: unknown
}

/** What the owner does for itself and its clients. */
export interface Served {
  call(operation: string, input: unknown, context: Request): Promise<unknown>
  stream(operation: string, input: unknown, context: Request): AsyncIterable<unknown>
  /** Ends all work and closes the database. */
  close(): Promise<void>
}

export interface Membership {
  role(): 'owner' | 'client'
  call(operation: string, input: unknown, signal: AbortSignal): Promise<unknown>
  stream(operation: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown>
  close(): Promise<void>
}

/**
 * Joins the owner of a data folder, or becomes it. `serve` opens the database and goes on with what an earlier owner left;
 * it runs in one process at a time, and only where it is needed.
 */
export async function joinOrOwn(options: {
  folder: string
  environment: CallerEnvironment
  serve: () => Promise<Served>
  /** How long an owner may say nothing. */
  patienceMs?: number
}): Promise<Membership> {
  const socket = await ownerSocket(options.folder)
  const member = new Member(options.folder, socket, options.environment, options.serve, options.patienceMs ?? PATIENCE_MS)
  await member.join()
  return member
}

interface Ownership {
  served: Promise<Served>
  end(): Promise<void>
}

class Member implements Membership {
  readonly #folder: string
  readonly #socket: string
  readonly #environment: CallerEnvironment
  readonly #serve: () => Promise<Served>
  readonly #patienceMs: number
  #own: Ownership | undefined
  #joining: Promise<void> | undefined
  #closed = false

  constructor(folder: string, socket: string, environment: CallerEnvironment, serve: () => Promise<Served>, patienceMs: number) {
    this.#folder = folder
    this.#socket = socket
    this.#environment = environment
    this.#serve = serve
    this.#patienceMs = patienceMs
  }

  role(): 'owner' | 'client' {
    return this.#own ? 'owner' : 'client'
  }

  /** Finds the owner or becomes it; several that wait in this process do it once. */
  join(): Promise<void> {
    this.#joining ??= this.#find().finally(() => {
      this.#joining = undefined
    })
    return this.#joining
  }

  async call(operation: string, input: unknown, signal: AbortSignal): Promise<unknown> {
    for await (const output of this.#ask({ kind: 'call', operation, input }, signal)) return output
    return undefined
  }

  stream(operation: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown> {
    return this.#ask({ kind: 'stream', operation, input }, signal)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#joining?.catch(() => {})
    await this.#own?.end()
    this.#own = undefined
  }

  async *#ask(wanted: Pick<Asked, 'kind' | 'operation' | 'input'>, signal: AbortSignal): AsyncGenerator<unknown> {
    const asked = { ...wanted, requestId: newId('req'), environment: this.#environment }
    let after: unknown
    for (;;) {
      try {
        for await (const item of this.#once({ ...asked, after }, signal)) {
          after = item
          yield item
        }
        return
      } catch (error) {
        if (error instanceof OwnerSilent) throw this.#silent()
        if (!(error instanceof OwnerGone) || this.#closed) throw error
        signal.throwIfAborted()
        await this.join()
      }
    }
  }

  async *#once(asked: Asked, signal: AbortSignal): AsyncGenerator<unknown> {
    if (!this.#own) return yield* askOwner(this.#socket, asked, { signal, patienceMs: this.#patienceMs })
    const served = await this.#own.served
    const { requestId, environment, after } = asked
    const context = { signal, requestId, environment, after }
    if (asked.kind === 'stream') yield* served.stream(asked.operation, asked.input, context)
    else yield await served.call(asked.operation, asked.input, context)
  }

  async #find(): Promise<void> {
    for (const begun = performance.now(); performance.now() - begun < this.#patienceMs; ) {
      if (this.#own) return
      const isForeign = await isOfAnotherUser(this.#socket)
      if (!isForeign && (await answers(this.#socket))) return
      const lock = await ownerLock(this.#folder)
      if (lock) return this.#become(lock)
      if (isForeign) {
        throw new KibanError('conflict', 'database.of-another-user', text.ofAnotherUser(this.#folder), {
          hint: text.chooseFolder,
        })
      }
      // Somebody is just becoming the owner, or just ends.
      await wait(ASK_AGAIN_MS * (1 + Math.random()))
    }
    throw this.#silent()
  }

  #silent(): KibanError {
    return new KibanError('unavailable', 'database.owner-silent', text.ownerSilent(this.#folder), { hint: text.ownerSilentHint })
  }

  async #become(lock: { release(): void }): Promise<void> {
    const served = this.#serve()
    // Whoever asks meanwhile gets the error too.
    served.catch(() => {})
    try {
      const { listenForClients } = await import('./owner-server.ts')
      const server = await listenForClients(this.#socket, served)
      const end = async () => {
        await server.close()
        await (await served.catch(() => undefined))?.close()
        await rm(this.#socket, { force: true })
        lock.release()
      }
      try {
        await served
      } catch (error) {
        await end()
        throw error
      }
      this.#own = { served, end }
    } catch (error) {
      lock.release()
      throw error
    }
  }
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
