import { expect, test } from 'vitest'
import { Tally } from './tally.ts'

const failure = { at: 1, request: 'GET /', reason: 'status 500' }

test('half of all requests took at most p50, all but one in a hundred at most p99, to 5 %', () => {
  const tally = new Tally()
  for (let ms = 1; ms <= 1000; ms++) tally.answered(ms)
  const { requests, failed, p50, p99 } = tally.summary()
  expect([requests, failed]).toEqual([1000, 0])
  expect(p50).toBeGreaterThanOrEqual(500)
  expect(p50).toBeLessThan(500 * 1.05)
  expect(p99).toBeGreaterThanOrEqual(990)
  expect(p99).toBeLessThan(990 * 1.05)
})

test('tallies add up, and the failures of one are those of the sum', () => {
  const [one, other] = [new Tally(), new Tally()]
  one.answered(10)
  other.failed(failure, 20)
  expect(Tally.sum(one, other).summary()).toMatchObject({ requests: 2, failed: 1, failures: [failure] })
})

test('every failure is counted, the first hundred are kept', () => {
  const tally = new Tally()
  for (let count = 0; count < 150; count++) tally.failed(failure, 1)
  expect(tally.summary()).toMatchObject({ failed: 150, failures: { length: 100 } })
})

test('without a request there is nothing to tell', () => {
  expect(new Tally().summary()).toEqual({ requests: 0, failed: 0, p50: 0, p99: 0, failures: [] })
})
