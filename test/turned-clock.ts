import { ManualClock } from '../src/core/manual-clock.ts'

const TICK_MS = 20

/** A clock that goes by itself, so many times as fast as the wall clock, and can be moved on by any time at once. */
export class TurnedClock extends ManualClock {
  #turning: Promise<void> = Promise.resolve()
  readonly #timer: NodeJS.Timeout

  constructor(factor: number, start = Date.now()) {
    super(start)
    this.#timer = setInterval(() => void this.turn(TICK_MS * factor), TICK_MS)
    this.#timer.unref()
  }

  /** Moves on; what others turn meanwhile comes after. */
  turn(ms: number): Promise<void> {
    this.#turning = this.#turning.then(() => this.advance(ms))
    return this.#turning
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
