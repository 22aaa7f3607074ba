import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deadline, scaledClock, timeLeft } from './clock.ts'

const DAY_MS = 24 * 3600 * 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a wait of years is waited for, and ends when it is cancelled', () => {
  const { after } = scaledClock(1)
  const rung: string[] = []
  after(1000 * DAY_MS, () => rung.push('long'))
  const never = after(1000 * DAY_MS, () => rung.push('never'))
  after(Number.POSITIVE_INFINITY, () => rung.push('for ever'))
  vi.advanceTimersByTime(1000 * DAY_MS - 1)
  never.cancel()
  const before = [...rung]
  vi.advanceTimersByTime(1)
  expect([before, rung]).toEqual([[], ['long']])
})

test('on a hurried clock a deadline is sooner, and what is left of it is counted in simulated time', () => {
  const clock = scaledClock(10)
  const at = deadline(clock, 60_000)
  const rung: number[] = []
  clock.after(timeLeft(clock, at), () => rung.push(Date.now()))
  vi.advanceTimersByTime(4000)
  const left = timeLeft(clock, at)
  vi.advanceTimersByTime(10_000)
  expect({ left, rung, over: timeLeft(clock, at) }).toEqual({ left: 20_000, rung: [at], over: 0 })
})
