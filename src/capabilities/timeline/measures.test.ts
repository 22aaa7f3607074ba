import { expect, test } from 'vitest'
import { type DeploymentFacts, measures } from './measures.ts'

const HOUR = 3_600_000
let count = 0
const ended = (hour: number, of: Partial<DeploymentFacts>): DeploymentFacts => ({
  id: `dep_${count++}`,
  kind: 'deploy',
  commit: `c${count}`,
  verdict: 'succeeded',
  rollingAt: hour * HOUR - HOUR / 2,
  endedAt: hour * HOUR,
  ...of,
})

test('nothing deployed measures nothing', () => {
  expect(measures([], new Map(), 30)).toEqual({
    deployments: 0,
    perWeek: 0,
    leadTimeMs: undefined,
    failureRate: undefined,
    recoveryMs: undefined,
  })
})

test('successes a week, and the median from a commit to its first success', () => {
  const facts = [
    ended(10, { commit: 'a' }),
    ended(20, { commit: 'b', kind: 'promotion' }),
    ended(30, { commit: 'a' }),
    ended(40, { commit: 'unknown' }),
  ]
  const committed = new Map([
    ['a', 8 * HOUR],
    ['b', 10 * HOUR],
  ])
  expect(measures(facts, committed, 14)).toMatchObject({ deployments: 4, perWeek: 2, leadTimeMs: 6 * HOUR, failureRate: 0 })
})

test('what ECS rolled back failed, and was recovered by its own end', () => {
  const facts = [ended(1, {}), ended(2, { verdict: 'rolled-back' }), ended(3, {}), ended(4, {})]
  expect(measures(facts, new Map(), 7)).toMatchObject({ failureRate: 0.25, recoveryMs: HOUR / 2 })
})

test('what a person rolled back afterwards failed too, until the rollback ended', () => {
  const facts = [ended(1, {}), ended(2, {}), ended(5, { kind: 'rollback' })]
  expect(measures(facts, new Map(), 7)).toMatchObject({ deployments: 2, failureRate: 0.5, recoveryMs: 3.5 * HOUR })
})

test('what failed without a way back lasts until the next success, and is not recovered before', () => {
  const failed = ended(1, { verdict: 'failed' })
  expect(measures([failed], new Map(), 7)).toMatchObject({ failureRate: 1, recoveryMs: undefined })
  expect(measures([failed, ended(2, { verdict: 'timed-out' }), ended(4, {})], new Map(), 7).recoveryMs).toBe(3 * HOUR)
})

test('what was stopped by a person or overtaken is no change at all', () => {
  const facts = [ended(1, { verdict: 'stopped' }), ended(2, { verdict: 'superseded' }), ended(3, {})]
  expect(measures(facts, new Map(), 7)).toMatchObject({ deployments: 1, failureRate: 0 })
})

test('a failure before anything rolled counts, and took nobody any time', () => {
  expect(measures([ended(1, { verdict: 'failed', rollingAt: undefined })], new Map(), 7)).toMatchObject({
    failureRate: 1,
    recoveryMs: 0,
  })
})
