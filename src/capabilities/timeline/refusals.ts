// What was refused to whom, on record beside what was done.
import type { Actor } from '../../core/actor.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import { type Refusal, refusedData } from '../../core/refusal.ts'
import type { Text } from '../../core/text.ts'
import type { Database } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'

/**
 * Of each actor so many are told one by one within so long; the rest is counted, and told as one at the end of that time,
 * so that nobody fills the database by being refused.
 */
const WINDOW_MS = 10 * 60_000
const TOLD_ONE_BY_ONE = 20
/** Whoever is refused may have chosen the name of the place. */
const LONGEST_NAME = 100
const LONGEST_WHY = 500

interface Window {
  actor: Actor
  told: number
  /** How often each operation was refused beyond those. */
  more: Map<string, number>
  ends: Timer
}

/** Hears refusals of those who have logged in; what nobody in particular tries is the request log's. */
export class Refusals {
  readonly #database: Database
  readonly #clock: Clock
  readonly #failed: (error: Error) => void
  readonly #windows = new Map<string, Window>()

  constructor(on: { database: Database; clock: Clock; failed: (error: Error) => void }) {
    this.#database = on.database
    this.#clock = on.clock
    this.#failed = on.failed
  }

  /** Never throws: what cannot be put on record is refused all the same. */
  readonly heard = async (actor: Actor, refusal: Refusal): Promise<void> => {
    if (actor.kind === 'nobody') return
    const window = this.#windowOf(actor)
    if (window.told < TOLD_ONE_BY_ONE) {
      window.told++
      await this.#write(actor, { ...refusal, data: shortened(refusedData(refusal)) })
    } else window.more.set(refusal.operation, (window.more.get(refusal.operation) ?? 0) + 1)
  }

  /** Tells what was only counted so far. */
  async close(): Promise<void> {
    for (const [key, { ends }] of [...this.#windows]) {
      ends.cancel()
      await this.#end(key)
    }
  }

  #windowOf(actor: Actor): Window {
    const key = `${actor.kind} ${actor.name}`
    const known = this.#windows.get(key)
    if (known) return known
    const ends = this.#clock.after(WINDOW_MS, () => void this.#end(key))
    const fresh: Window = { actor, told: 0, more: new Map(), ends }
    this.#windows.set(key, fresh)
    return fresh
  }

  async #end(key: string): Promise<void> {
    const { actor, more } = this.#windows.get(key) as Window
    this.#windows.delete(key)
    if (more.size === 0) return
    const times = [...more.values()].reduce((sum, count) => sum + count, 0)
    const data = { times, operations: [...more.keys()], counts: Object.fromEntries(more) }
    await this.#write(actor, { operation: 'several', place: { product: '*', environment: '*' }, data })
  }

  async #write(
    { name, face }: Actor,
    { operation, place, data }: Pick<Refusal, 'operation' | 'place'> & { data: Record<string, unknown> },
  ): Promise<void> {
    const environment = /^[*?]$/.test(place.environment) ? undefined : cut(place.environment, LONGEST_NAME)
    try {
      await this.#database.transaction(async (tx) =>
        appendEvent(tx, {
          type: 'operation.refused',
          at: this.#clock.now(),
          product: cut(place.product, LONGEST_NAME),
          environment,
          actor: name,
          face,
          subject: `operation/${operation}`,
          data,
        }),
      )
    } catch (error) {
      this.#failed(error as Error)
    }
  }
}

function shortened({ why, ...data }: Record<string, unknown>): Record<string, unknown> {
  const { en, ja } = why as Text
  return { ...data, why: { en: cut(en, LONGEST_WHY), ja: cut(ja, LONGEST_WHY) } satisfies Text }
}

/** Half a character is no text that a database keeps. */
const cut = (text: string, most: number): string => text.slice(0, most).toWellFormed()
