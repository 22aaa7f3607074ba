import { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import type { ServiceDeploymentView } from './service-deployment.ts'
import { judge, type Observation } from './verdict.ts'

const ours = 'arn:aws:ecs:ap-northeast-1:123456789012:service-revision/c/s/2'
const theirs = 'arn:aws:ecs:ap-northeast-1:123456789012:service-revision/c/s/1'

const view = (status: string, more: Partial<ServiceDeploymentView> = {}): ServiceDeploymentView => ({
  arn: 'arn:aws:ecs:ap-northeast-1:123456789012:service-deployment/c/s/abc',
  status,
  target: { revision: ours, requested: 2, running: 2, pending: 0 },
  sources: [{ revision: theirs, requested: 0, running: 0, pending: 0 }],
  ...more,
})

const seen = (deployment: ServiceDeploymentView | undefined, more: Partial<Observation> = {}): Observation => ({
  deployment,
  revision: ours,
  newer: false,
  stopAsked: false,
  oldTasks: 0,
  pastDeadline: false,
  ...more,
})

const open = { verdict: undefined, waitingFor: 'ecs' }

describe('every status of ECS', () => {
  const plain = Object.fromEntries(Object.values(ServiceDeploymentStatus).map((status) => [status, judge(seen(view(status)))]))

  test('has a verdict of its own', () => {
    expect(plain).toEqual({
      PENDING: open,
      IN_PROGRESS: open,
      STOP_REQUESTED: open,
      ROLLBACK_REQUESTED: open,
      ROLLBACK_IN_PROGRESS: open,
      SUCCESSFUL: { verdict: 'succeeded' },
      STOPPED: { verdict: 'failed' },
      ROLLBACK_SUCCESSFUL: { verdict: 'rolled-back' },
      ROLLBACK_FAILED: { verdict: 'failed' },
    })
  })

  test('when a person asked to stop it', () => {
    const asked = (status: string) => judge(seen(view(status), { stopAsked: true }))
    expect(asked('ROLLBACK_SUCCESSFUL')).toEqual({ verdict: 'stopped' })
    expect(asked('STOPPED')).toEqual({ verdict: 'stopped' })
    expect(asked('ROLLBACK_IN_PROGRESS')).toEqual(open)
    expect(asked('ROLLBACK_FAILED')).toEqual({ verdict: 'failed' })
    expect(asked('SUCCESSFUL')).toEqual({ verdict: 'succeeded' })
  })

  test('when a newer service deployment took its place', () => {
    const replaced = (status: string) => judge(seen(view(status), { newer: true }))
    expect(replaced('IN_PROGRESS')).toEqual({ verdict: 'superseded' })
    expect(replaced('STOPPED')).toEqual({ verdict: 'superseded' })
    expect(replaced('ROLLBACK_SUCCESSFUL')).toEqual({ verdict: 'rolled-back' })
    expect(replaced('SUCCESSFUL')).toEqual({ verdict: 'succeeded' })
  })

  test('when our deadline has passed', () => {
    const late = (status: string) => judge(seen(view(status), { pastDeadline: true }))
    expect(late('IN_PROGRESS')).toEqual({ verdict: 'timed-out' })
    expect(late('ROLLBACK_IN_PROGRESS')).toEqual({ verdict: 'timed-out' })
    expect(late('SUCCESSFUL')).toEqual({ verdict: 'succeeded' })
    expect(late('ROLLBACK_SUCCESSFUL')).toEqual({ verdict: 'rolled-back' })
  })

  test('that is new to us is waited for', () => {
    expect(judge(seen(view('AWAITING_MOON')))).toEqual(open)
  })
})

describe('the traps', () => {
  test('a service that is stable on the old revision after a rollback has not succeeded', () => {
    const stable = view('ROLLBACK_SUCCESSFUL', {
      target: { revision: ours, requested: 0, running: 0, pending: 0 },
      sources: [{ revision: theirs, requested: 2, running: 2, pending: 0 }],
      rollback: {
        reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
        revision: theirs,
      },
    })
    expect(judge(seen(stable))).toEqual({ verdict: 'rolled-back' })
  })

  test('a rollback between two revisions of one task definition has not succeeded', () => {
    expect(judge(seen(view('SUCCESSFUL', { rollback: { revision: theirs } })))).toEqual({ verdict: 'rolled-back' })
  })

  test('success of a revision that is not ours is not our success', () => {
    const other = view('SUCCESSFUL', { target: { revision: theirs, requested: 2, running: 2, pending: 0 } })
    expect(judge(seen(other))).toEqual({ verdict: 'superseded' })
  })

  test('success is not believed before our own revision is known', () => {
    expect(judge(seen(view('SUCCESSFUL'), { revision: undefined }))).toEqual({ verdict: undefined, waitingFor: 'listing' })
  })

  test('early success waits for the old tasks to go', () => {
    expect(judge(seen(view('SUCCESSFUL'), { oldTasks: 1 }))).toEqual({ verdict: undefined, waitingFor: 'old-tasks' })
    expect(judge(seen(view('SUCCESSFUL'), { oldTasks: 1, pastDeadline: true }))).toEqual({ verdict: 'timed-out' })
    expect(judge(seen(view('SUCCESSFUL'), { oldTasks: 0 }))).toEqual({ verdict: 'succeeded' })
  })

  test('a rollout that is not listed yet is neither done nor failed', () => {
    expect(judge(seen(undefined))).toEqual({ verdict: undefined, waitingFor: 'listing' })
    expect(judge(seen(undefined, { pastDeadline: true }))).toEqual({ verdict: 'timed-out' })
  })
})
