import { expect, test } from 'vitest'
import { type BreakerCount, counted, failureThreshold, type TaskOutcome } from './circuit-breaker.ts'

const breaker = (more: object = {}) => ({ enable: true, rollback: true, ...more })
const after = (outcomes: TaskOutcome[], more: object = {}): BreakerCount =>
  outcomes.reduce((count, outcome) => counted(count, outcome, breaker(more)), { stage: 1, failures: 0 } as BreakerCount)

test('half of the desired count is tolerated, but never fewer than 3 or more than 200', () => {
  const thresholds = [1, 6, 7, 25, 400, 800].map((desired) => failureThreshold(breaker(), desired))
  expect(thresholds).toEqual([3, 3, 4, 13, 200, 200])
})

test('an unbounded percentage has neither floor nor ceiling, and a count is taken as it is', () => {
  expect(failureThreshold(breaker({ thresholdConfiguration: { type: 'UNBOUNDED_PERCENT', value: 50 } }), 800)).toBe(400)
  expect(failureThreshold(breaker({ thresholdConfiguration: { type: 'UNBOUNDED_PERCENT', value: 50 } }), 2)).toBe(1)
  expect(failureThreshold(breaker({ thresholdConfiguration: { type: 'COUNT', value: 5 } }), 800)).toBe(5)
})

test('the first stage counts tasks that never ran and ends with the first that does', () => {
  expect(after(['never-ran', 'never-ran'])).toEqual({ stage: 1, failures: 2 })
  expect(after(['never-ran', 'ran'])).toEqual({ stage: 2, failures: 1 })
})

test('tasks that end now before they run and now after it are failures alike', () => {
  expect(after(['ran', 'failed-checks', 'never-ran', 'never-ran'])).toEqual({ stage: 2, failures: 3 })
})

test('the second stage counts failed checks', () => {
  expect(after(['ran', 'failed-checks', 'failed-checks'])).toEqual({ stage: 2, failures: 2 })
})

test('a healthy task takes the count back to 0 unless failures accumulate', () => {
  const flapping: TaskOutcome[] = ['ran', 'failed-checks', 'healthy', 'failed-checks', 'failed-checks', 'healthy']
  expect(after(flapping).failures).toBe(0)
  expect(after(flapping, { resetOnHealthyTask: false }).failures).toBe(3)
})
