import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bookshop,
  type DeployStage,
  deployed,
  deployStage,
  quickTimings,
  release,
  started,
} from '../../../../test/deploy-stage.ts'
import { newId } from '../../../core/ids.ts'
import { eventsAbout } from '../../../database/events.ts'
import type { TaskPlan } from '../../../sandbox/ecs/runtime.ts'
import { advance } from '../advance.ts'
import { type Deployment, subjectOf } from '../deployment.ts'
import { findDeployment, migrationsOf } from '../deployment-store.ts'
import { heldLocks, LEASE_SECONDS } from '../lock.ts'
import { cancelDeployment } from '../start.ts'

const AN_HOUR_MS = 3_600_000
const never = new AbortController().signal

test('a migration that went well holds nothing up while ECS still takes its task down', async () => {
  const stage = await deployStage({
    environments: ['staging'],
    timings: { ...quickTimings, deprovisioning: AN_HOUR_MS },
    script: ({ group }) => (group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : {}),
  })
  try {
    expect(await deployed(stage.engine, await release(stage.engine.database, 1))).toMatchObject({ verdict: 'succeeded' })
    const { taskArns = [] } = await stage.ecs.listTasks({
      cluster: 'bookshop-staging',
      family: 'bookshop-staging-api',
      desiredStatus: 'STOPPED',
    })
    const { tasks = [] } = await stage.ecs.describeTasks({ cluster: 'bookshop-staging', tasks: taskArns })
    expect(tasks).toMatchObject([{ lastStatus: 'DEPROVISIONING', containers: [{ exitCode: 0 }] }])
  } finally {
    await stage.close()
  }
})

describe('a migration that does not end', () => {
  const STOPS_AFTER_MS = 1_500
  const hasty = bookshop.replace('command: [node, migrate.ts]', 'command: [node, migrate.ts], timeout: 1s')
  const place = { product: 'bookshop', environment: 'staging' }
  const actor = {
    kind: 'user' as const,
    name: 'ren',
    grants: [{ role: 'sre' as const, product: '*', environment: '*' }],
    face: 'cli' as const,
  }
  let stage: DeployStage
  /** Numbers of releases whose migration goes on for ever. */
  let endless: number[] = []
  beforeAll(async () => {
    const isEndless = ({ containers }: TaskPlan) => endless.some((number) => containers[0]?.image?.endsWith(`0${number}`))
    stage = await deployStage({
      environments: ['staging'],
      script: (task) => {
        if (!task.group.startsWith('family:')) return {}
        return isEndless(task) ? { stopsAfter: STOPS_AFTER_MS, exitCodeWhenStopped: 143 } : { exits: { after: 50, code: 0 } }
      },
    })
  })
  afterAll(() => stage.close())

  const begun = async (number: number, manifest = bookshop) => {
    const id = await started(stage.engine.database, await release(stage.engine.database, number, manifest))
    return { id, end: advance(stage.engine, id, never) }
  }
  const taskOf = async (id: string) => {
    const [{ taskArn = '' } = {}] = await migrationsOf(stage.engine.database, id)
    const { tasks = [] } = taskArn
      ? await stage.ecs.describeTasks({ cluster: 'bookshop-staging', tasks: [taskArn] })
      : { tasks: [] }
    return tasks[0]
  }
  const isMigrating = (id: string) => expect.poll(async () => (await taskOf(id))?.lastStatus, { timeout: 20_000 }).toBe('RUNNING')
  const typesOf = async (deployment: Deployment) =>
    (await eventsAbout(stage.engine.database, subjectOf(deployment))).map(({ type }) => type)

  test('is stopped when its time is over, and no other begins before it has stopped', async () => {
    endless = [1]
    const slow = await begun(1, hasty)
    await isMigrating(slow.id)
    const next = await begun(2)
    await Promise.all([slow.end, next.end])
    const deployment = (await findDeployment(stage.engine.database, slow.id)) as Deployment
    expect(deployment).toMatchObject({
      verdict: 'failed',
      error: { code: 'deploy.migration-failed', text: { en: 'migrate did not run to its end: still running after 1 s' } },
      causes: [{ class: 'migration-timed-out' }],
    })
    expect(await typesOf(deployment)).toContain('migration.stopping')
    expect(await findDeployment(stage.engine.database, next.id)).toMatchObject({ verdict: 'succeeded' })
    const [first, second] = [await taskOf(slow.id), await taskOf(next.id)]
    expect(first).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'kiban: it took longer than it may' })
    expect(Number(second?.createdAt)).toBeGreaterThan(Number(first?.stoppedAt))
  })

  test('is stopped when somebody cancels, and no other begins before it has stopped', async () => {
    endless = [3]
    const cancelled = await begun(3)
    await isMigrating(cancelled.id)
    const next = await begun(4)
    await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, cancelled.id)
    await Promise.all([cancelled.end, next.end])
    expect(await findDeployment(stage.engine.database, cancelled.id)).toMatchObject({ verdict: 'stopped', error: undefined })
    expect(await findDeployment(stage.engine.database, next.id)).toMatchObject({ verdict: 'succeeded' })
    const [first, second] = [await taskOf(cancelled.id), await taskOf(next.id)]
    expect(first).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'kiban: ren asked to stop it' })
    expect(Number(second?.createdAt)).toBeGreaterThan(Number(first?.stoppedAt))
  })

  test('is stopped by whoever goes on, when it was cancelled after its start was lost', async () => {
    endless = [5]
    stage.sandbox.faults.set({ 'ecs:RunTask': { failure: { when: 'after', next: 1 } } })
    const gone = new AbortController()
    const id = await started(stage.engine.database, await release(stage.engine.database, 5))
    const ended = advance(stage.engine, id, gone.signal).catch((error: unknown) => error)
    await expect
      .poll(() => stage.plans.some(({ containers }) => containers[0]?.image?.endsWith('05')), { timeout: 20_000 })
      .toBe(true)
    gone.abort(new Error('killed'))
    await ended
    await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
    await advance(stage.engine, id, never)
    expect(await findDeployment(stage.engine.database, id)).toMatchObject({ verdict: 'stopped' })
    expect(stage.migrationsOf(id)).toBe(1)
    expect(await taskOf(id)).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'kiban: ren asked to stop it' })
  })

  test('is waited for where it may not be stopped', async () => {
    endless = [6]
    stage.sandbox.faults.set({
      'ecs:StopTask': { failure: { code: 'AccessDeniedException', status: 400, message: 'not allowed' } },
    })
    const waited = await begun(6)
    await isMigrating(waited.id)
    await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, waited.id)
    const types = async () => typesOf((await findDeployment(stage.engine.database, waited.id)) as Deployment)
    await expect.poll(types, { timeout: 20_000 }).toContain('migration.stopping')
    expect((await heldLocks(stage.engine.database, place)).map(({ holder }) => holder)).toContain(`deployment/${waited.id}`)
    stage.sandbox.faults.clear()
    await stage.ecs.stopTask({ cluster: 'bookshop-staging', task: (await taskOf(waited.id))?.taskArn, reason: 'by hand' })
    await waited.end
    expect(await findDeployment(stage.engine.database, waited.id)).toMatchObject({ verdict: 'stopped' })
  })

  test('keeps its locks when nobody drives it any more, for as long as it may take', async () => {
    endless = [7]
    const gone = new AbortController()
    const id = await started(stage.engine.database, await release(stage.engine.database, 7))
    const ended = advance(stage.engine, id, gone.signal).catch((error: unknown) => error)
    await isMigrating(id)
    const leases = async () =>
      (await heldLocks(stage.engine.database, place)).map(
        ({ leaseUntil = 0 }) => leaseUntil - Date.now() > 2 * LEASE_SECONDS * 1000,
      )
    await expect.poll(leases, { timeout: 20_000 }).toEqual([true, true])
    gone.abort(new Error('killed'))
    await ended
    expect(await leases()).toEqual([true, true])
    await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
    await advance(stage.engine, id, never)
    expect(await heldLocks(stage.engine.database, place)).toEqual([])
  })
})
