/**
 * Time as the product sees it. Whatever waits takes a Clock, so that a test can turn it and a demo can hurry it.
 *
 * Two times are told apart: `now()` is the wall clock, and the only one that may reach a wire, a signature or a
 * database; `elapsed()` and `after()` count simulated milliseconds, which a scaled clock shortens.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Simulated milliseconds since this clock was made; never goes back. */
  elapsed(): number
  /** Simulated milliseconds that pass in one of the wall clock. */
  readonly factor: number
  /** Calls `run` once after `ms` simulated milliseconds. */
  after(ms: number, run: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** A longer timeout of Node fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export const realClock: Clock = scaledClock(1)

/** A clock on which simulated time passes `factor` times as fast as the wall clock. */
export function scaledClock(factor: number): Clock {
  if (!(factor > 0)) throw new RangeError(`A clock's factor must be above 0, not ${factor}`)
  const start = performance.now()
  return {
    factor,
    now: () => Date.now(),
    elapsed: () => (performance.now() - start) * factor,
    after(ms, run) {
      let left = Math.max(0, ms) / factor
      let timer: NodeJS.Timeout
      const wait = () => {
        const part = Math.min(left, LONGEST_TIMEOUT_MS)
        left -= part
        timer = setTimeout(left > 0 ? wait : run, part)
      }
      wait()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

/** The time of the wall clock at which `ms` simulated milliseconds will have passed. */
export const deadline = (clock: Clock, ms: number): number => clock.now() + ms / clock.factor

/** Simulated milliseconds until a time of the wall clock; 0 when it is over. */
export const timeLeft = (clock: Clock, at: number): number => Math.max(0, at - clock.now()) * clock.factor

/** Waits `ms` simulated milliseconds; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    signal?.addEventListener('abort', stop, { once: true })
  })
}
