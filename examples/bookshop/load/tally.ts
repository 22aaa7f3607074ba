// Counts what became of requests: how many, how many failed, and how long they took, in constant memory.

/** A request that was not answered as it should have been. */
export interface FailedRequest {
  /** Epoch milliseconds. */
  at: number
  /** `POST /orders`. */
  request: string
  reason: string
}

export interface Summary {
  requests: number
  failed: number
  /** Milliseconds that half of all requests, and all but one in a hundred, took at most. */
  p50: number
  p99: number
  /** The first of those that failed. */
  failures: FailedRequest[]
}

/** Durations are kept in classes 5 % apart: exact enough to read, and an hour takes no more room than a second. */
const CLASS_RATIO = 1.05
const FAILURES_KEPT = 100

export class Tally {
  readonly failures: FailedRequest[] = []
  #failed = 0
  #requests = 0
  readonly #classes = new Map<number, number>()

  static sum(...tallies: Tally[]): Tally {
    const sum = new Tally()
    for (const tally of tallies) sum.add(tally)
    return sum
  }

  answered(ms: number): void {
    this.#requests++
    const at = classOf(ms)
    this.#classes.set(at, (this.#classes.get(at) ?? 0) + 1)
  }

  failed(failure: FailedRequest, ms: number): void {
    this.answered(ms)
    this.#failed++
    if (this.failures.length < FAILURES_KEPT) this.failures.push(failure)
  }

  add(other: Tally): void {
    this.#requests += other.#requests
    this.#failed += other.#failed
    for (const [at, count] of other.#classes) this.#classes.set(at, (this.#classes.get(at) ?? 0) + count)
    this.failures.push(...other.failures.slice(0, FAILURES_KEPT - this.failures.length))
  }

  summary(): Summary {
    return {
      requests: this.#requests,
      failed: this.#failed,
      p50: this.#quantile(0.5),
      p99: this.#quantile(0.99),
      failures: this.failures,
    }
  }

  #quantile(share: number): number {
    const rank = Math.ceil(this.#requests * share)
    let seen = 0
    for (const [at, count] of [...this.#classes].sort(([a], [b]) => a - b)) {
      seen += count
      if (seen >= rank) return CLASS_RATIO ** at
    }
    return 0
  }
}

/** The class whose upper end is the duration's next power of the ratio. */
const classOf = (ms: number): number => Math.ceil(Math.log(Math.max(ms, 0.1)) / Math.log(CLASS_RATIO))
