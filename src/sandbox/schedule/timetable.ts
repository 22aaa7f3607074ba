// Things to be done at times of a calendar that goes with the cloud's clock.
import type { Clock, Timer } from '../../core/clock.ts'

/** Wall time that passes as fast as a clock does: with a hurried clock it runs ahead. */
export function calendarOf(clock: Clock): () => number {
  const ahead = clock.now() - clock.elapsed()
  return () => ahead + clock.elapsed()
}

export class Timetable {
  readonly #clock: Clock
  readonly #due = new Map<string, { at: number; run: () => void }>()
  readonly now: () => number
  #timer: Timer | undefined
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.now = calendarOf(clock)
  }

  /** Runs once at a time, at once when it is past; a key has one entry, the last that was set. */
  set(key: string, at: number, run: () => void): void {
    this.#due.set(key, { at, run })
    this.#wake(at)
  }

  delete(key: string): void {
    this.#due.delete(key)
  }

  close(): void {
    this.#timer?.cancel()
    this.#due.clear()
  }

  #wake(at: number): void {
    if (at >= this.#wakesAt) return
    this.#timer?.cancel()
    this.#wakesAt = at
    this.#timer = this.#clock.after(at - this.now(), () => this.#run())
  }

  #run(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = this.now()
    const ready = [...this.#due].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at)
    for (const [key, entry] of ready) {
      if (this.#due.get(key) !== entry) continue
      this.#due.delete(key)
      entry.run()
    }
    const next = Math.min(...[...this.#due.values()].map(({ at }) => at))
    if (Number.isFinite(next)) this.#wake(next)
  }
}
