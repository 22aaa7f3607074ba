import { describe, expect, test } from 'vitest'
import { pollDelay } from './pace.ts'
import type { ServiceDeploymentView } from './service-deployment.ts'

const ANSWER_MS = 50

/** What ECS says at a moment of a rolling deployment: new tasks run at half time, the old ones go in its last twelfth. */
function seen(at: number, takes: number): ServiceDeploymentView {
  const revision = (running: number) => ({ revision: '', requested: 2, pending: 0, running })
  return {
    arn: '',
    status: at >= takes ? 'SUCCESSFUL' : 'IN_PROGRESS',
    target: revision(at >= takes / 2 ? 2 : 0),
    sources: [revision(at >= (takes * 11) / 12 ? 0 : 2)],
  }
}

const rollout = (view: ServiceDeploymentView) => ({
  view,
  sentAt: 0,
  undo: undefined,
  undoSendingAt: undefined,
  undoView: undefined,
})

/** Looks at a rollout until its end is seen. */
function watched(takes: number): { looks: number; late: number } {
  for (let now = 0, looks = 1; ; looks++) {
    const view = seen(now, takes)
    now += ANSWER_MS
    if (view.status === 'SUCCESSFUL') return { looks, late: now - takes }
    now += pollDelay([rollout(view)], now, 0)
  }
}

describe.each([
  { seconds: 1, looks: 6 },
  { seconds: 10, looks: 17 },
  { seconds: 60, looks: 34 },
  { seconds: 180, looks: 68 },
  { seconds: 900, looks: 270 },
])('a rollout of about $seconds seconds', ({ seconds, looks }) => {
  const many = Array.from({ length: 101 }, (_, at) => watched(seconds * 1000 * (0.95 + at / 1000)))
  const late = many.map((one) => one.late).sort((a, b) => a - b)

  test('is judged within a second at the median, and within five at most', () => {
    expect(late[50]).toBeLessThanOrEqual(1_000)
    expect(late[100]).toBeLessThanOrEqual(5_000)
  })

  test(`takes at most ${looks} looks`, () => {
    expect(Math.max(...many.map((one) => one.looks))).toBeLessThanOrEqual(looks)
  })
})

test('the most urgent of several rollouts sets the pace', () => {
  const patient = rollout(seen(60_000, 180_000))
  const deciding = rollout(seen(170_000, 180_000))
  const alone = pollDelay([deciding], 170_000, 0)
  expect(pollDelay([patient], 170_000, 0)).toBeGreaterThan(alone)
  expect(pollDelay([patient, deciding], 170_000, 0)).toBe(alone)
})
