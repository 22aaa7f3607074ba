import type { Clock, Timer } from '../core/clock.ts'

/** A clock whose timers all end with `close`: a cloud that is gone waits for nothing, and keeps no process alive. */
export function closingClock(clock: Clock): { clock: Clock; close(): void } {
  const open = new Set<Timer>()
  let closed = false
  return {
    clock: {
      factor: clock.factor,
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after(ms, run) {
        if (closed) return { cancel() {} }
        const timer = clock.after(ms, () => {
          open.delete(timer)
          run()
        })
        open.add(timer)
        return {
          cancel() {
            open.delete(timer)
            timer.cancel()
          },
        }
      },
    },
    close() {
      closed = true
      for (const timer of open) timer.cancel()
      open.clear()
    },
  }
}
