import { expect, test } from 'vitest'
import type { ServiceDeploymentView } from '../service-deployment.ts'
import { looked, newAttention, noticed } from './signs.ts'

const view = (more: Partial<ServiceDeploymentView> = {}): ServiceDeploymentView => ({
  arn: 'arn',
  status: 'IN_PROGRESS',
  target: { revision: 'r', requested: 2, running: 0, pending: 2 },
  sources: [],
  breaker: { failures: 0, threshold: 3, status: 'MONITORING' },
  ...more,
})
const at = (running: number, pending = 0) => view({ target: { revision: 'r', requested: 2, running, pending } })
const open = (seen: ServiceDeploymentView) => ({ view: seen, verdict: undefined })

test('a rollout that goes well is never looked into, however long it takes', () => {
  const attention = newAttention(0)
  const signs: unknown[] = []
  for (const [now, seen] of [
    [1_000, at(0, 2)],
    [15_000, at(1, 1)],
    [30_000, at(2)],
    [45_000, view({ status: 'SUCCESSFUL' })],
  ] as const)
    signs.push(noticed(attention, open(seen), now))
  signs.push(noticed(attention, { view: view({ status: 'SUCCESSFUL' }), verdict: 'succeeded' }, 46_000))
  expect(signs).toEqual([undefined, undefined, undefined, undefined, undefined])
})

test('the first failure is looked into at once, the next ones only now and then, the end once', () => {
  const attention = newAttention(0)
  const failing = (failures: number) => open(view({ breaker: { failures, threshold: 9 } }))
  expect(noticed(attention, failing(1), 1_000)).toBe('failing')
  looked(attention, 'failing', 1_000)
  expect([noticed(attention, failing(2), 2_000), noticed(attention, failing(3), 4_000)]).toEqual([undefined, undefined])
  expect(noticed(attention, failing(3), 6_500)).toBe('failing')
  looked(attention, 'failing', 6_500)
  expect(noticed(attention, failing(3), 20_000)).toBeUndefined()
  const ended = { view: view({ status: 'ROLLBACK_SUCCESSFUL' }), verdict: 'rolled-back' as const }
  expect(noticed(attention, ended, 21_000)).toBe('ended')
  looked(attention, 'ended', 21_000)
  expect(noticed(attention, ended, 22_000)).toBeUndefined()
})

test('a task that is gone, and a rollback that begins, are signs without any count', () => {
  const attention = newAttention(0)
  noticed(attention, open(at(2)), 1_000)
  expect(noticed(attention, open(at(1, 1)), 2_000)).toBe('failing')
  const other = newAttention(0)
  noticed(other, open(at(1)), 1_000)
  expect(noticed(other, open(view({ status: 'ROLLBACK_IN_PROGRESS' })), 2_000)).toBe('failing')
})

test('a standstill is asked about, ever more seldom; a pause that waits for a person is none', () => {
  const attention = newAttention(0)
  const asked: number[] = []
  for (let now = 1_000; now <= 200_000; now += 1_000) {
    if (noticed(attention, open(at(1, 1)), now) !== 'stalled') continue
    asked.push(now / 1000)
    looked(attention, 'stalled', now)
  }
  expect(asked).toEqual([21, 41, 81, 161])
  const paused = newAttention(0)
  const waits = open(view({ hooks: [{ id: 'h', status: 'AWAITING_ACTION' }] }))
  for (let now = 0; now < 200_000; now += 1_000) expect(noticed(paused, waits, now)).toBeUndefined()
})

test('a count of failures that falls was set back by a healthy task', () => {
  const attention = newAttention(0)
  for (const failures of [1, 2, 0, 1, 0, 0, 3]) noticed(attention, open(view({ breaker: { failures, threshold: 9 } })), 1_000)
  expect(attention.resets).toBe(2)
})
