// Defects of genova that lie in how it deploys, by their numbers on docs/start/from-genova.md. Each would fail on what genova does.
import { EventBridge } from '@aws-sdk/client-eventbridge'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployStage, deployed, deployStage, release, started } from '../../../test/deploy-stage.ts'
import { newId } from '../../core/ids.ts'
import { advance } from './advance.ts'
import { findDeployment, rolloutsOf } from './deployment-store.ts'
import { type Claimant, leaveQueue, releaseLocks, takeLocks } from './lock.ts'
import { cancelDeployment } from './start.ts'

const CLUSTER = 'bookshop-staging'
const manifest = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {} }
services:
  api: { image: example/api, count: keep }
  report:
    image: example/api
    tasks_only: true
    names: { execution_role: bookshop-staging-api-execution, task_role: bookshop-staging-api-task, log_group: /bookshop/staging/api }
`

let stage: DeployStage
beforeAll(async () => {
  stage = await deployStage({ environments: ['staging'] })
})
afterAll(() => stage.close())

const never = new AbortController().signal
const actor = {
  kind: 'user' as const,
  name: 'aoi',
  grants: [{ role: 'sre' as const, product: '*', environment: '*' }],
  face: 'cli' as const,
}
const deploy = async (number: number) => deployed(stage.engine, await release(stage.engine.database, number, manifest))
const begin = async (number: number) => started(stage.engine.database, await release(stage.engine.database, number, manifest))
const live = async () => {
  const { services = [] } = await stage.ecs.describeServices({ cluster: CLUSTER, services: ['bookshop-staging-api'] })
  return services[0]
}

test('genova 9.1: a rollout that fails has failed, and nothing after it counts as done', async () => {
  expect(await deploy(1)).toMatchObject({ verdict: 'succeeded' })
  stage.act(() => ({ failsToStart: 'CannotPullContainerError: not found' }))
  const bad = await deploy(2)
  stage.act(() => ({}))
  expect(bad.verdict).toBe('rolled-back')
  expect(bad.causes?.map(({ class: of }) => of)).toContain('image-missing')
})

test('genova 9.5: one task that stops fails no rollout', async () => {
  let tasks = 0
  stage.act(() => (tasks++ === 0 ? { exits: { after: 20, code: 1 } } : {}))
  expect(await deploy(3)).toMatchObject({ verdict: 'succeeded' })
  stage.act(() => ({}))
  expect(tasks).toBeGreaterThan(1)
})

test('genova 9.5: a count that autoscaling changes meanwhile is the count that is waited for', async () => {
  stage.act(() => ({ startAfter: 1_500 }))
  const id = await begin(4)
  const end = advance(stage.engine, id, never)
  const { database } = stage.engine
  await expect.poll(async () => (await rolloutsOf(database, id))[0]?.view?.status, { timeout: 30_000 }).toBe('IN_PROGRESS')
  await stage.ecs.updateService({ cluster: CLUSTER, service: 'bookshop-staging-api', desiredCount: 3 })
  await end
  stage.act(() => ({}))
  expect(await findDeployment(database, id)).toMatchObject({ verdict: 'succeeded' })
  expect(await live()).toMatchObject({ desiredCount: 3 })
})

test('genova 9.4: of those who want a lock at the same moment one has it, and nobody frees it but its owner', async () => {
  const { database } = stage.engine
  const place = { product: 'bookshop', environment: 'staging' }
  const by = (name: string): Claimant => ({ holder: `person/${name}`, actor: name, face: 'cli', reason: name })
  const take = (name: string) =>
    database.transaction((tx) => takeLocks(tx, place, ['api'], by(name), { leased: true, now: Date.now() }))
  const names = ['aoi', 'ren', 'sora']
  const answers = await Promise.all(names.map(take))
  const owners = names.filter((_, at) => 'fences' in (answers[at] as object))
  expect(owners).toHaveLength(1)
  const [owner = ''] = owners
  const [other = '', last = ''] = names.filter((name) => name !== owner)
  // Who gives up waiting, and who brings an older fence, leaves it where it is.
  await leaveQueue(database, place, by(other).holder)
  await database.transaction((tx) => releaseLocks(tx, place, { api: 0 }, by(other), Date.now()))
  expect(await take(last)).toMatchObject({ blockedBy: [{ holder: `person/${owner}` }] })
  const free = (holder: string, answer: unknown) =>
    database.transaction((tx) =>
      releaseLocks(tx, place, (answer as { fences: Record<string, number> }).fences, by(holder), Date.now()),
    )
  // Whoever goes on in its owner's name does not stand in line behind those who wait.
  await free(owner, await take(owner))
  const next = await take(last)
  expect(next).toMatchObject({ fences: { api: expect.any(Number) } })
  await free(last, next)
})

test('genova 9.6: a stop that comes before anything was begun is not lost, and nothing is changed', async () => {
  const before = (await live())?.taskDefinition
  const id = await begin(5)
  await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
  await advance(stage.engine, id, never)
  expect(await findDeployment(stage.engine.database, id)).toMatchObject({ verdict: 'stopped', cancel: { by: 'aoi' } })
  expect((await live())?.taskDefinition).toBe(before)
})

test('genova 9.10: deployments of one moment have ids of their own, in the order of their times', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const ids = Array.from({ length: 1_000 }, () => newId('dep', now))
  expect(new Set(ids).size).toBe(1_000)
  expect(newId('dep', now + 1) > (ids.toSorted().at(-1) ?? '')).toBe(true)
})

test('genova 9.8: a rule whose target has a definition that no service runs gets the new one too', async () => {
  const events = new EventBridge(stage.sandbox.client)
  const family = 'bookshop-staging-report'
  const { taskDefinition } = await stage.ecs.registerTaskDefinition({
    ...{ family, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' },
    containerDefinitions: [{ name: 'report', image: 'example/old' }],
  })
  const from = taskDefinition?.taskDefinitionArn ?? ''
  await events.putRule({ Name: 'nightly', ScheduleExpression: 'rate(1 day)', State: 'DISABLED' })
  const target = {
    Id: 'report',
    Arn: `arn:aws:ecs:ap-northeast-1:123456789012:cluster/${CLUSTER}`,
    RoleArn: 'arn:aws:iam::123456789012:role/ecsEventsRole',
    EcsParameters: { TaskDefinitionArn: from, TaskCount: 2 },
  }
  await events.putTargets({ Rule: 'nightly', Targets: [target] })
  const done = await deploy(6)
  expect(done).toMatchObject({ verdict: 'succeeded', plan: { rules: [{ rule: 'nightly', service: 'report', from }] } })
  const { Targets = [] } = await events.listTargetsByRule({ Rule: 'nightly' })
  const now = Targets[0]?.EcsParameters?.TaskDefinitionArn ?? ''
  expect(Targets).toMatchObject([{ ...target, EcsParameters: { TaskCount: 2 } }])
  const { taskDefinition: runs } = await stage.ecs.describeTaskDefinition({ taskDefinition: now })
  expect(runs).toMatchObject({ family, containerDefinitions: [{ image: expect.stringMatching(/6$/) }] })
  events.destroy()
})
