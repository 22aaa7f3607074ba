import type { Clock } from '../core/clock.ts'

/** How many callers are remembered; the one unseen the longest is forgotten first, which gives it a full bucket. */
const MAX_CALLERS = 10_000

/** Token buckets, one for each caller: `burst` requests at once, `rate` a second on the long run. */
export class Buckets {
  readonly #rate: number
  readonly #burst: number
  readonly #clock: Clock
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(options: { rate: number; burst: number; clock: Clock }) {
    this.#rate = options.rate
    this.#burst = options.burst
    this.#clock = options.clock
  }

  /** Takes a token; otherwise gives the seconds until there is one. */
  take(caller: string): { ok: true } | { ok: false; seconds: number } {
    const now = this.#clock.elapsed()
    const known = this.#buckets.get(caller)
    const tokens = Math.min(this.#burst, known ? known.tokens + ((now - known.at) / 1000) * this.#rate : this.#burst)
    const ok = tokens >= 1
    this.#buckets.delete(caller)
    this.#buckets.set(caller, { tokens: ok ? tokens - 1 : tokens, at: now })
    if (this.#buckets.size > MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return ok ? { ok } : { ok, seconds: Math.ceil((1 - tokens) / this.#rate) }
  }
}
