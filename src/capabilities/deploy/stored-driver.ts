import { sleep } from '../../core/clock.ts'
import type { Queryable } from '../../database/database.ts'
import { appendEvent, EVENT_CHANNEL } from '../../database/events.ts'
import type { DeployEngine } from './engine.ts'

/** Another process drives this thing now. */
export class Replaced extends Error {}

/** What is driven: by one process at a time, until it is done. */
interface Driven {
  id: string
  epoch: number
  product: string
  environment: string
  createdBy: string
  face: string
  cancel: { at: number; by: string } | undefined
}

export interface NewEvent {
  type: string
  data: Record<string, unknown>
}

/** How a kind of thing is kept. */
export interface Keeping<Thing> {
  subject(thing: Pick<Thing & Driven, 'id'>): string
  find(database: Queryable, id: string): Promise<Thing | undefined>
  /** False when another process has taken over, or the thing has ended. */
  change(tx: Queryable, thing: Thing, change: Partial<Thing>): Promise<boolean>
}

/** One process's hold on one thing: all that it stores goes through `store`, which fails once another has taken over. */
export class StoredDriver<Thing extends Driven> {
  /** With the credentials of whoever this is driven for. */
  engine: DeployEngine
  readonly signal: AbortSignal
  protected thing: Thing
  readonly #keeping: Keeping<Thing>

  constructor(keeping: Keeping<Thing>, engine: DeployEngine, thing: Thing, signal: AbortSignal) {
    this.#keeping = keeping
    this.engine = engine
    this.thing = thing
    this.signal = signal
  }

  /** The wall clock: for what is stored and shown, and for what another process began. */
  get now(): number {
    return this.engine.clock.now()
  }

  /** Milliseconds that nobody can set: for all waiting of this process. */
  get elapsed(): number {
    return this.engine.clock.elapsed()
  }

  /** Stores a change, and whatever `more` does, in one transaction with the events that tell of it. */
  async store(change: Partial<Thing>, events: NewEvent[] = [], more?: (tx: Queryable) => Promise<void>): Promise<void> {
    const { thing } = this
    const subject = this.#keeping.subject(thing)
    const { product, environment, createdBy: actor, face } = thing
    await this.engine.database.transaction(async (tx) => {
      if (!(await this.#keeping.change(tx, thing, { epoch: thing.epoch, ...change }))) throw new Replaced()
      await more?.(tx)
      for (const event of events) appendEvent(tx, { at: this.now, product, environment, actor, face, subject, ...event })
      if (events.length === 0) await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, subject])
    })
    // Others may have stored meanwhile: notes of a build do.
    this.thing = { ...this.thing, ...change }
  }

  /** Who asked to stop it, if somebody did. */
  async cancelled(): Promise<Thing['cancel']> {
    const stored = await this.#keeping.find(this.engine.database, this.thing.id)
    this.thing = { ...this.thing, cancel: stored?.cancel }
    return stored?.cancel
  }

  /** Waits; less when somebody asks to stop it, or when an event about one of the subjects comes. */
  async pause(ms: number, subjects: readonly string[] = []): Promise<void> {
    const woken = new AbortController()
    const forget = this.engine.events.on([...subjects, wakeSubject(this.thing.id)], () => woken.abort())
    try {
      await sleep(this.engine.clock, ms, AbortSignal.any([this.signal, woken.signal]))
    } catch (error) {
      if (!woken.signal.aborted) throw error
    } finally {
      forget()
    }
    this.signal.throwIfAborted()
  }

  /** Runs what may be given up in the middle; undefined when somebody asked to stop it meanwhile. */
  async unlessCancelled<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result | undefined> {
    const stop = new AbortController()
    const look = () =>
      this.cancelled().then((cancel) => {
        if (cancel) stop.abort(new Error('Somebody asked to stop it'))
      }, this.engine.failed)
    const forget = this.engine.events.on([wakeSubject(this.thing.id)], look)
    // What a lost connection to the database swallowed.
    const timer = setInterval(look, LOOK_AGAIN_MS)
    try {
      return await run(AbortSignal.any([this.signal, stop.signal]))
    } catch (error) {
      if (stop.signal.aborted && !this.signal.aborted) return undefined
      throw error
    } finally {
      forget()
      clearInterval(timer)
    }
  }
}

const LOOK_AGAIN_MS = 5_000

/** What `pg_notify` names to end a driver's pause. */
export const wakeSubject = (id: string): string => `wake/${id}`
