// A clock that stands still until a test turns it.
import type { Clock, Timer } from './clock.ts'

interface Due {
  at: number
  order: number
  run: () => void
}

/** A Clock whose time moves only through `advance`; timers run in order of their due time, then of their making. */
export class ManualClock implements Clock {
  readonly factor: number
  readonly #start: number
  #elapsed = 0
  #order = 0
  #heap: Due[] = []
  #cancelled = new Set<Due>()

  constructor(start = Date.UTC(2026, 0, 1), factor = 1) {
    this.#start = start
    this.factor = factor
  }

  now(): number {
    return this.#start + this.#elapsed / this.factor
  }

  elapsed(): number {
    return this.#elapsed
  }

  /** Timers that still wait. */
  get pending(): number {
    return this.#heap.length - this.#cancelled.size
  }

  after(ms: number, run: () => void): Timer {
    const due = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, run }
    this.#push(due)
    let open = true
    return {
      cancel: () => {
        if (open && due.run !== ran) this.#cancelled.add(due)
        open = false
      },
    }
  }

  /** Moves time forward by `ms` and runs what falls due, letting promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settled()
    while (this.#runNext(end)) await settled()
    this.#elapsed = end
  }

  /** Moves time forward at one go, as a process sees it that was stopped for `ms`: what fell due meanwhile runs afterwards. */
  async leap(ms: number): Promise<void> {
    this.#elapsed += ms
    await this.advance(0)
  }

  /** Like `advance`, for code under test that awaits nothing. */
  advanceSync(ms: number): void {
    const end = this.#elapsed + ms
    while (this.#runNext(end)) {}
    this.#elapsed = end
  }

  /** Runs the next timer, however far away; false when none waits. */
  step(): boolean {
    return this.#runNext(Number.POSITIVE_INFINITY)
  }

  #runNext(end: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (!next || next.at > end) return false
      this.#pop()
      if (this.#cancelled.delete(next)) continue
      this.#elapsed = Math.max(this.#elapsed, next.at)
      const run = next.run
      next.run = ran
      run()
      return true
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (before(heap[parent] as Due, due)) break
      heap[at] = heap[parent] as Due
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Due
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child++
      if (before(last, heap[child] as Due)) break
      heap[at] = heap[child] as Due
      at = child
    }
    heap[at] = last
  }
}

const ran = () => {}
const before = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.order < b.order)
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
