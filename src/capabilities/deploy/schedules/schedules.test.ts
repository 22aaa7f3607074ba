// Schedules that EventBridge Scheduler really fires, on a clock that is turned.
import { EventBridge } from '@aws-sdk/client-eventbridge'
import { IAM } from '@aws-sdk/client-iam'
import { Scheduler } from '@aws-sdk/client-scheduler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployStage, deployed, deployStage, release, started } from '../../../../test/deploy-stage.ts'
import { dyingDatabase } from '../../../../test/dying-database.ts'
import { makeRole } from '../../../../test/process-stage.ts'
import { TurnedClock } from '../../../../test/turned-clock.ts'
import type { Actor } from '../../../core/actor.ts'
import { runner } from '../../../core/runner.ts'
import { readManifest } from '../../../manifest/load.ts'
import { advance } from '../advance.ts'
import { findDeployment } from '../deployment-store.ts'
import type { Plan } from '../plan.ts'
import { advanceRun } from '../tasks/advance-run.ts'
import { listRuns } from '../tasks/run-store.ts'
import { scheduleOperations } from './schedule-operations.ts'
import type { ScheduleRow, ScheduleRunShape } from './schedule-shapes.ts'
import { watchSchedules } from './watch-schedules.ts'

const HOUR_MS = 3_600_000
const GROUP = 'bookshop-staging'
/** The night before New York sets its clocks forward. */
const START = Date.parse('2026-03-07T05:00:00Z')

const manifest = (schedules: string) => `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: {} }
services:
  api: { image: example/api, count: 1 }
  web: { image: example/web, count: 1 }
schedules: ${schedules}
`
const nightly = (more = '') =>
  `{ service: api, command: [node, report.ts], cron: "30 2 * * *", timezone: America/New_York, timeout: 30m${more} }`

let clock: TurnedClock
let stage: DeployStage
let scheduler: Scheduler
let events: EventBridge
let run: ReturnType<typeof runner>
let number = 0
/** What becomes of tasks that a schedule starts. */
let outcome: { after: number; code: number } = { after: 1_000, code: 0 }

beforeAll(async () => {
  clock = new TurnedClock(5, START)
  stage = await deployStage({
    environments: ['staging'],
    clock,
    script: ({ group }) => (group.startsWith('family:') ? { exits: outcome } : {}),
  })
  scheduler = new Scheduler(stage.sandbox.client)
  events = new EventBridge(stage.sandbox.client)
  const iam = new IAM(stage.sandbox.client)
  const statements = [{ Effect: 'Allow', Action: ['ecs:RunTask', 'iam:PassRole'], Resource: '*' }]
  await makeRole(iam, 'bookshop-staging-scheduler', statements, 'scheduler.amazonaws.com')
  await makeRole(iam, 'ecsEventsRole', statements, 'events.amazonaws.com')
  iam.destroy()
  run = runner(scheduleOperations({ engine: async () => stage.engine }))
})
afterAll(async () => {
  scheduler.destroy()
  events.destroy()
  await stage.close()
  clock.stop()
})

const aoi: Actor = { kind: 'user', name: 'aoi', grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'cli' }
// biome-ignore lint/suspicious/noExplicitAny: tests name what they expect
const ask = (name: string, input: object = {}): Promise<any> => {
  const context = { actor: aoi, signal: new AbortController().signal, requestId: `req_${++number}`, environment: undefined }
  return run.call(`schedule.${name}`, { product: 'bookshop', env: 'staging', ...input }, context)
}
const deploy = async (schedules: string, more: object = {}) => {
  const done = await deployed(stage.engine, await release(stage.engine.database, ++number, manifest(schedules)), more)
  expect([done.verdict, done.error]).toEqual(['succeeded', undefined])
  return done.plan as Plan
}
const live = (Name: string) => scheduler.getSchedule({ GroupName: GROUP, Name })
const list = async (): Promise<ScheduleRow[]> => (await ask('list')).schedules
const history = async (schedule: string): Promise<ScheduleRunShape[]> => (await ask('history', { schedule })).runs
const typesOf = async (schedule: string): Promise<string[]> =>
  (
    await stage.engine.database.query<{ type: string }>('select type from events where subject = $1 order by seq', [
      `schedule/${schedule}`,
    ])
  ).map(({ type }) => type)
const networkOfApi = async () =>
  ((await stage.ecs.describeServices({ cluster: GROUP, services: ['bookshop-staging-api'] })).services ?? [])[0]
    ?.networkConfiguration
const turnTo = (moment: string) => clock.turn(Date.parse(moment) - clock.now())

test('a deployment makes the schedules of its services, with the definition that they run', async () => {
  const plan = await deploy(`{ nightly: ${nightly(', retry: { attempts: 2, within: 1h }, dead_letter: undelivered')} }`)
  expect(plan.schedules).toMatchObject([{ schedule: 'nightly', service: 'api', action: 'create', paused: false }])
  const { taskDefinition } =
    ((await stage.ecs.describeServices({ cluster: GROUP, services: ['bookshop-staging-api'] })).services ?? [])[0] ?? {}
  const schedule = await live('nightly')
  expect(schedule).toMatchObject({
    ScheduleExpression: 'cron(30 2 * * ? *)',
    ScheduleExpressionTimezone: 'America/New_York',
    State: 'ENABLED',
    Target: {
      RoleArn: 'arn:aws:iam::123456789012:role/bookshop-staging-scheduler',
      EcsParameters: { TaskDefinitionArn: taskDefinition, TaskCount: 1, LaunchType: 'FARGATE' },
      RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
      DeadLetterConfig: { Arn: 'arn:aws:sqs:ap-northeast-1:123456789012:undelivered' },
    },
  })
  expect(
    (
      await deploy(`{ nightly: ${nightly(', retry: { attempts: 2, within: 1h }, dead_letter: undelivered')} }`, {
        services: ['web'],
      })
    ).schedules,
  ).toEqual([])
})

test('it fires in its time zone, leaves out the hour that clocks skip, and says when it is next', async () => {
  expect(await list()).toMatchObject([{ schedule: 'nightly', state: 'on', next: Date.parse('2026-03-07T07:30:00Z') }])
  await turnTo('2026-03-07T07:40:00Z')
  expect(await history('nightly')).toMatchObject([
    { dueAt: Date.parse('2026-03-07T07:30:00Z'), verdict: 'succeeded', exitCode: 0 },
  ])
  // On the 8th there is no 02:30 in New York.
  expect(await list()).toMatchObject([{ next: Date.parse('2026-03-09T06:30:00Z'), last: { verdict: 'succeeded' } }])
  await turnTo('2026-03-08T12:00:00Z')
  expect(await history('nightly')).toHaveLength(1)
  expect(await typesOf('nightly')).toEqual(['schedule.succeeded'])
})

test('a run that fails is an event, once', async () => {
  outcome = { after: 1_000, code: 3 }
  await turnTo('2026-03-09T06:40:00Z')
  expect((await history('nightly'))[0]).toMatchObject({ verdict: 'failed', exitCode: 3 })
  await history('nightly')
  expect((await typesOf('nightly')).filter((type) => type === 'schedule.failed')).toHaveLength(1)
})

test('a run that takes longer than it may is an event', async () => {
  outcome = { after: 2 * HOUR_MS, code: 0 }
  await turnTo('2026-03-10T07:10:00Z')
  expect((await history('nightly'))[0]).toMatchObject({ verdict: 'running' })
  expect(await typesOf('nightly')).toContain('schedule.overran')
  outcome = { after: 1_000, code: 0 }
})

test('a run that was not started is an event, and so is one that comes too late', async () => {
  const iam = new IAM(stage.sandbox.client)
  await iam.deleteRolePolicy({ RoleName: 'bookshop-staging-scheduler', PolicyName: 'test' })
  await turnTo('2026-03-11T06:50:00Z')
  const dueAt = Date.parse('2026-03-11T06:30:00Z')
  // A server looks by itself.
  const ending = new AbortController()
  const watching = watchSchedules(stage.engine, ending.signal).catch(() => 'ended')
  await expect.poll(() => typesOf('nightly'), { timeout: 20_000 }).toContain('schedule.missed')
  ending.abort()
  expect(await watching).toBe('ended')
  expect((await history('nightly'))[0]).toMatchObject({ dueAt, verdict: 'missed', taskArn: '' })
  expect((await typesOf('nightly')).filter((type) => type === 'schedule.missed')).toHaveLength(1)
  await history('nightly')
  expect((await typesOf('nightly')).filter((type) => type === 'schedule.missed')).toHaveLength(1)
  // What a late one looks like, however it came to be.
  const { Target } = await live('nightly')
  const due = new Date(dueAt).toISOString()
  await stage.ecs.runTask({
    cluster: GROUP,
    taskDefinition: Target?.EcsParameters?.TaskDefinitionArn,
    launchType: 'FARGATE',
    networkConfiguration: await networkOfApi(),
    startedBy: 'chronos-schedule/nightly',
    overrides: JSON.parse(Target?.Input?.replace('<aws.scheduler.scheduled-time>', due) ?? ''),
  })
  await clock.turn(60_000)
  const late = (await history('nightly')).filter((one) => one.dueAt === dueAt)
  expect(late).toMatchObject([{ verdict: 'succeeded', taskArn: expect.stringMatching(/^arn/) }])
  expect(await typesOf('nightly')).toContain('schedule.late')
  await makeRole(
    iam,
    'bookshop-staging-scheduler',
    [{ Effect: 'Allow', Action: ['ecs:RunTask', 'iam:PassRole'], Resource: '*' }],
    'scheduler.amazonaws.com',
  )
  iam.destroy()
})

test('genova 9.8: a schedule that somebody paused by hand stays so, whatever is deployed', async () => {
  await ask('pause', { schedule: 'nightly', reason: 'stock-taking' })
  expect(await list()).toMatchObject([{ state: 'paused' }])
  const before = (await live('nightly')).Target?.EcsParameters?.TaskDefinitionArn
  const plan = await deploy(`{ nightly: ${nightly(', retry: { attempts: 5 }')} }`)
  expect(plan.schedules).toMatchObject([{ action: 'update', paused: true }])
  const after = await live('nightly')
  expect(after).toMatchObject({ State: 'DISABLED', Target: { RetryPolicy: { MaximumRetryAttempts: 5 } } })
  expect(after.Target?.EcsParameters?.TaskDefinitionArn).not.toBe(before)
  await ask('resume', { schedule: 'nightly' })
  expect(await live('nightly')).toMatchObject({ State: 'ENABLED' })
})

test('a deployment whose process dies while it brings schedules is finished by the next', async () => {
  stage.sandbox.faults.set({ 'scheduler:UpdateSchedule': { latency: 60_000 } })
  const id = await started(
    stage.engine.database,
    await release(stage.engine.database, ++number, manifest(`{ nightly: ${nightly()} }`)),
  )
  const killed = new AbortController()
  const dies = advance(stage.engine, id, killed.signal).catch(() => 'dead')
  await expect.poll(async () => (await findDeployment(stage.engine.database, id))?.state, { timeout: 30_000 }).toBe('scheduling')
  killed.abort()
  expect(await dies).toBe('dead')
  stage.sandbox.faults.set({ 'scheduler:UpdateSchedule': null })
  await advance(stage.engine, id, new AbortController().signal)
  expect(await findDeployment(stage.engine.database, id)).toMatchObject({ verdict: 'succeeded' })
  const { services = [] } = await stage.ecs.describeServices({ cluster: GROUP, services: ['bookshop-staging-api'] })
  expect((await live('nightly')).Target?.EcsParameters?.TaskDefinitionArn).toBe(services[0]?.taskDefinition)
})

test.each(['before', 'after'] as const)(
  'killed %s each thing that it stores of its schedules, a deployment is finished by the next',
  async (when) => {
    const { database } = stage.engine
    for (let at = 0; ; at++) {
      const text = manifest(`{ nightly: ${nightly().replace('30 2', `${at} 2`)} }`)
      const id = await started(database, await release(database, ++number, text))
      const killed = new AbortController()
      const counts = async () => (await findDeployment(database, id))?.state === 'scheduling'
      const engine = { ...stage.engine, database: dyingDatabase(database, { at, when, killed, counts }) }
      await advance(engine, id, killed.signal).catch((error: unknown) => {
        if (!killed.signal.aborted) throw error
      })
      if (killed.signal.aborted) await advance(stage.engine, id, new AbortController().signal)
      expect(await findDeployment(database, id)).toMatchObject({ verdict: 'succeeded' })
      expect(await live('nightly')).toMatchObject({ ScheduleExpression: `cron(${at} 2 * * ? *)` })
      if (!killed.signal.aborted) break
    }
    await deploy(`{ nightly: ${nightly()} }`)
  },
)

test('genova 9.8: what others set of a schedule is kept', async () => {
  const { CreationDate: _, LastModificationDate: __, Arn: ___, $metadata: ____, ...standing } = await live('nightly')
  await scheduler.updateSchedule({
    ...standing,
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 },
    Target: { ...standing.Target, EcsParameters: { ...standing.Target?.EcsParameters, PlatformVersion: '1.4.0' } },
  } as Parameters<Scheduler['updateSchedule']>[0])
  await deploy(`{ nightly: ${nightly(', count: 2')} }`)
  expect(await live('nightly')).toMatchObject({
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 },
    Target: { EcsParameters: { TaskCount: 2, PlatformVersion: '1.4.0' } },
  })
})

test('a change of the manifest alone is brought without a rollout, and shown before', async () => {
  const text = manifest(`{ nightly: ${nightly(', count: 2').replace('30 2', '0 4')} }`)
  // The same images, as a commit that touches the manifest alone makes them.
  const of = await release(stage.engine.database, number, text)
  await stage.engine.database.query('update deploy_releases set manifest = $2 where id = $1', [
    of.id,
    JSON.stringify(readManifest(text).manifest),
  ])
  const done = await deployed(stage.engine, of)
  expect(done).toMatchObject({ verdict: 'succeeded', plan: { services: [{ action: 'unchanged' }, { action: 'unchanged' }] } })
  expect(done.plan?.schedules[0]?.differences).toEqual([
    {
      path: 'expression',
      declared: 'cron(0 4 * * ? *)',
      deployed: 'cron(30 2 * * ? *)',
      live: 'cron(30 2 * * ? *)',
      by: 'release',
    },
  ])
  expect(await live('nightly')).toMatchObject({ ScheduleExpression: 'cron(0 4 * * ? *)' })
})

test('genova 9.8: rules of EventBridge get the new definition, and keep all else that others set', async () => {
  const cluster = `arn:aws:ecs:ap-northeast-1:123456789012:cluster/${GROUP}`
  const { taskDefinition = '' } =
    ((await stage.ecs.describeServices({ cluster: GROUP, services: ['bookshop-staging-api'] })).services ?? [])[0] ?? {}
  await events.putRule({ Name: 'hourly', ScheduleExpression: 'rate(1 hour)', State: 'DISABLED', Description: 'by Terraform' })
  const RoleArn = 'arn:aws:iam::123456789012:role/ecsEventsRole'
  const other = { Id: 'other', Arn: 'arn:aws:sqs:ap-northeast-1:123456789012:told' }
  const target = {
    Id: 'api',
    Arn: cluster,
    RoleArn,
    EcsParameters: { TaskDefinitionArn: taskDefinition, TaskCount: 3, PlatformVersion: '1.4.0' },
    InputTransformer: {
      InputPathsMap: { at: '$.time' },
      InputTemplate: '{"containerOverrides":[{"name":"api","command":["x",<at>]}]}',
    },
    RetryPolicy: { MaximumRetryAttempts: 4 },
  }
  // A rule whose name only begins alike, and one that takes the newest of the family by itself.
  await events.putRule({ Name: 'hourly-2', ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' })
  const family = { ...target, EcsParameters: { TaskDefinitionArn: taskDefinition.replace(/:\d+$/, '') } }
  await events.putTargets({ Rule: 'hourly', Targets: [target, other] })
  await events.putTargets({ Rule: 'hourly-2', Targets: [family] })
  const plan = await deploy(`{ nightly: ${nightly()} }`)
  expect(plan.rules).toMatchObject([{ rule: 'hourly', id: 'api', service: 'api', from: taskDefinition }])
  const { taskDefinition: now = '' } =
    ((await stage.ecs.describeServices({ cluster: GROUP, services: ['bookshop-staging-api'] })).services ?? [])[0] ?? {}
  expect(now).not.toBe(taskDefinition)
  const { Targets = [] } = await events.listTargetsByRule({ Rule: 'hourly' })
  expect(Targets).toContainEqual(other)
  expect(Targets.find(({ Id }) => Id === 'api')).toMatchObject({
    ...target,
    EcsParameters: { ...target.EcsParameters, TaskDefinitionArn: now },
  })
  expect((await events.listTargetsByRule({ Rule: 'hourly-2' })).Targets).toMatchObject([family])
  expect(await events.describeRule({ Name: 'hourly' })).toMatchObject({ State: 'DISABLED', Description: 'by Terraform' })
})

test('with overlap: skip a run that begins while the one before still runs is stopped, and that is an event', async () => {
  const often = (more: string) => `{ service: api, command: [node, poll.ts], rate: 30 minutes, timeout: 4h${more} }`
  outcome = { after: 3 * HOUR_MS, code: 0 }
  await deploy(`{ nightly: ${nightly()}, often: ${often(', overlap: skip')} }`)
  await clock.turn(40 * 60_000)
  const ending = new AbortController()
  const watching = watchSchedules(stage.engine, ending.signal).catch(() => 'ended')
  const verdicts = async () => (await history('often')).map(({ verdict }) => verdict).reverse()
  // Both run until somebody looks; then the older one goes on.
  await expect.poll(async () => clock.turn(60_000).then(verdicts), { timeout: 30_000 }).toContain('skipped')
  ending.abort()
  expect(await watching).toBe('ended')
  expect((await verdicts()).slice(0, 2)).toEqual(['running', 'skipped'])
  expect((await history('often')).find(({ verdict }) => verdict === 'skipped')?.stoppedReason).toContain('the run before')
  const told = await typesOf('often')
  expect([told.includes('schedule.skipped'), told.includes('schedule.failed')]).toEqual([true, false])
  outcome = { after: 1_000, code: 0 }
  await deploy(`{ nightly: ${nightly()} }`)
})

test('a schedule is run by hand beside its times, as a task of its name', async () => {
  const context = { actor: aoi, signal: new AbortController().signal, requestId: 'req_hand', environment: undefined }
  const followed = run.stream(
    'schedule.run',
    { product: 'bookshop', env: 'staging', schedule: 'nightly' },
    context,
  ) as AsyncGenerator
  await followed.next()
  await followed.return(undefined)
  const [started] = await listRuns(stage.engine.database, { product: 'bookshop', task: 'nightly', limit: 1 })
  await advanceRun(stage.engine, started?.id ?? '', context.signal)
  const [done] = await listRuns(stage.engine.database, { product: 'bookshop', task: 'nightly', limit: 1 })
  expect(done).toMatchObject({ schedule: true, verdict: 'succeeded', plan: { oneOff: { command: ['node', 'report.ts'] } } })
})

test('a schedule that leaves the manifest goes with the next deployment of its service', async () => {
  await deploy('{}', { services: ['web'] })
  expect(await list()).toHaveLength(1)
  const plan = await deploy('{}')
  expect(plan.schedules).toMatchObject([{ schedule: 'nightly', action: 'delete' }])
  await expect(live('nightly')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  expect(await list()).toEqual([])
  await expect(ask('pause', { schedule: 'nightly' })).rejects.toMatchObject({ code: 'schedule.unknown' })
})

test('a role that EventBridge could not use is told before anything is changed', async () => {
  const of = await release(stage.engine.database, ++number, manifest(`{ nightly: ${nightly(', role: nobody')} }`))
  const done = await deployed(stage.engine, of)
  expect(done).toMatchObject({ verdict: 'failed', error: { code: 'deploy.not-ready' } })
  expect(done.causes).toMatchObject([{ class: 'role-missing', subject: 'schedules/nightly/role' }])
})

test('what EventBridge refuses fails the deployment, with the services as they are', async () => {
  stage.sandbox.faults.set({ 'scheduler:CreateSchedule': { failure: { code: 'ServiceQuotaExceededException', status: 402 } } })
  const of = await release(stage.engine.database, ++number, manifest(`{ nightly: ${nightly()} }`))
  const done = await deployed(stage.engine, of)
  expect(done).toMatchObject({ verdict: 'failed', error: { code: 'deploy.schedules-failed' } })
})
