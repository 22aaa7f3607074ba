import { setTimeout as wait } from 'node:timers/promises'
import { IAM } from '@aws-sdk/client-iam'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeployStage, deployed, deployStage, release as releaseOf, started } from '../../../../test/deploy-stage.ts'
import type { Actor } from '../../../core/actor.ts'
import { callerEnvironment } from '../../../core/caller.ts'
import type { Database } from '../../../database/database.ts'
import { advance } from '../advance.ts'
import { rolloutsOf } from '../deployment-store.ts'
import { continuePaused } from './continue-paused.ts'
import { followTasks } from './follow-tasks.ts'
import { serviceDetail } from './service-detail.ts'
import { listServices } from './service-rows.ts'
import type { TaskItem } from './service-shapes.ts'

const place = { product: 'bookshop', environment: 'staging' }
const manifest = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: {} }
services:
  api: { image: example/api, count: 2 }
  web: { image: example/web, count: 2 }
`
const release = (database: Database, number: number, text = manifest) => releaseOf(database, number, text)
const signal = new AbortController().signal
let stage: DeployStage

beforeEach(async () => {
  stage = await deployStage({ environments: ['staging'] })
})
afterEach(() => stage.close())

const calls = (name: string) => stage.engine.aws('ap-northeast-1').calls.get(`ecs.${name}`) ?? 0

const env = (given: Record<string, string | undefined>) => callerEnvironment(given)

/** Credentials of somebody who may do only that. */
async function keysOf(actions: string[]): Promise<Record<string, string>> {
  const iam = new IAM(stage.sandbox.client)
  const UserName = `only-${actions.length}`
  await iam.createUser({ UserName })
  const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.putUserPolicy({ UserName, PolicyName: 'only', PolicyDocument })
  const { AccessKey } = await iam.createAccessKey({ UserName })
  iam.destroy()
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' }
}

/** What was seen a moment ago is asked for anew. */
const later = () => wait(2_050)

test('a list tells tasks, the commit of each version and what is not there yet', async () => {
  const { engine } = stage
  const first = await release(engine.database, 1)
  await deployed(engine, first, { services: ['web'] })
  const { services, notSeen } = await listServices(engine, place)
  expect(notSeen).toEqual([])
  expect(services.map(({ service, health, running, desired }) => ({ service, health, running, desired }))).toEqual([
    { service: 'api', health: 'missing', running: 0, desired: 0 },
    { service: 'web', health: 'good', running: 2, desired: 2 },
  ])
  const [version, ...others] = services[1]?.versions ?? []
  expect(others).toEqual([])
  expect(version).toMatchObject({ commit: first.commit, deployment: expect.stringMatching(/^dep_/), running: 2 })
})

test('utilization is told where CloudWatch has measured it, and left out elsewhere', async () => {
  const { engine } = stage
  await deployed(engine, await release(engine.database, 1), { services: ['web'] })
  const { services } = await listServices(engine, place)
  expect(
    services.map(({ service, cpu, memory }) => ({ service, cpu: cpu?.at(-1)?.value, memory: memory?.at(-1)?.value })),
  ).toEqual([
    { service: 'api', cpu: undefined, memory: undefined },
    // A scripted task uses nothing of what it reserved.
    { service: 'web', cpu: 0, memory: 0 },
  ])
})

test('a crowd that looks at a service costs what one does', async () => {
  const { engine } = stage
  await deployed(engine, await release(engine.database, 1))
  const before = { services: calls('DescribeServices'), tasks: calls('ListTasks'), described: calls('DescribeTasks') }
  const begun = performance.now()
  const looks = Array.from({ length: 20 }, () => serviceDetail(engine, { ...place, service: 'web' }))
  const seen = await Promise.all([...looks, listServices(engine, place)])
  // One look for each two seconds, and the first.
  const most = 1 + Math.floor((performance.now() - begun) / 2_000)
  expect(seen).toHaveLength(21)
  expect(calls('DescribeServices') - before.services).toBeLessThanOrEqual(most)
  expect(calls('ListTasks') - before.tasks).toBeLessThanOrEqual(2 * most)
  expect(calls('DescribeTasks') - before.described).toBeLessThanOrEqual(most)
})

test('a detail tells tasks, events and what the last deployment and others changed of the definition', async () => {
  const { engine, ecs } = stage
  await deployed(engine, await release(engine.database, 1))
  const second = await release(engine.database, 2)
  await deployed(engine, second)
  const detail = await serviceDetail(engine, { ...place, service: 'web' })
  const alive = detail.tasks.filter(({ state }) => state === 'running')
  expect(alive).toHaveLength(2)
  for (const task of alive)
    expect(task).toMatchObject({ commit: second.commit, zone: expect.stringMatching(/^ap-northeast-1/), lastStatus: 'RUNNING' })
  expect(alive.every(({ address }) => /^\d+\.\d+\.\d+\.\d+$/.test(address ?? ''))).toBe(true)
  expect(detail.events[0]?.message).toMatch(/reached a steady state/)
  expect(detail.definitions.differences).toMatchObject([{ path: 'web.image', by: 'release' }])
  expect(detail.definitions.differences[0]?.before).not.toBe(detail.definitions.differences[0]?.live)

  const live = await ecs.describeTaskDefinition({ taskDefinition: detail.definitions.live?.definition })
  const {
    family,
    containerDefinitions = [],
    cpu,
    memory,
    networkMode,
    requiresCompatibilities,
    executionRoleArn,
    taskRoleArn,
  } = live.taskDefinition ?? {}
  const [web] = containerDefinitions
  const changed = { ...web, environment: [{ name: 'LOG_LEVEL', value: 'debug' }] }
  const registered = await ecs.registerTaskDefinition({
    family,
    cpu,
    memory,
    networkMode,
    requiresCompatibilities,
    executionRoleArn,
    taskRoleArn,
    runtimePlatform: live.taskDefinition?.runtimePlatform,
    containerDefinitions: [changed],
  })
  await ecs.updateService({
    cluster: 'bookshop-staging',
    service: 'bookshop-staging-web',
    taskDefinition: registered.taskDefinition?.taskDefinitionArn,
  })
  await later()
  const after = await serviceDetail(engine, { ...place, service: 'web' })
  expect(after.definitions.live?.commit).toBeUndefined()
  expect(after.definitions.differences).toContainEqual({ path: 'web.environment.LOG_LEVEL', live: 'debug', by: 'outside' })
})

test('tasks are followed through a rollout, the new beside the old, with why the old ones stopped', async () => {
  const { engine } = stage
  const [one, two] = [await release(engine.database, 1), await release(engine.database, 2)]
  await deployed(engine, one)
  const gone = new AbortController()
  const items: TaskItem[] = []
  const following = (async () => {
    for await (const item of followTasks(engine, { ...place, services: ['web'], follow: true }, gone.signal)) items.push(item)
  })()
  await deployed(engine, two)
  const done = () => {
    const tasks = items.at(-1)?.services[0]?.tasks ?? []
    return tasks.filter(({ state, commit }) => state === 'running' && commit === two.commit).length === 2 &&
      tasks.filter(({ state, commit }) => state === 'stopped' && commit === one.commit).length === 2
      ? tasks
      : undefined
  }
  await expect.poll(done, { timeout: 20_000, interval: 100 }).toBeDefined()
  gone.abort()
  await following.catch(() => {})
  const stopped = done()?.filter(({ state }) => state === 'stopped') ?? []
  for (const task of stopped)
    expect(task).toMatchObject({ stoppedReason: expect.stringContaining('Scaling activity'), stoppedAt: expect.any(Number) })
  expect(items.every(({ services }) => services.length === 1)).toBe(true)
})

test('whoever may not see a thing is told so, and sees the rest', async () => {
  const { engine } = stage
  await deployed(engine, await release(engine.database, 1))
  const shy = engine.callers.engineOf(engine, { ...env(stage.sandbox.env), ...(await keysOf(['ecs:*', 'sts:*'])) })
  const { services, notSeen } = await listServices(shy, place)
  expect(notSeen).toMatchObject([{ action: 'cloudwatch:GetMetricData', denied: true }])
  expect(services.map(({ health }) => health)).toEqual(['good', 'good'])
  const blind = engine.callers.engineOf(engine, { ...env(stage.sandbox.env), ...(await keysOf(['sts:*'])) })
  const unseen = await serviceDetail(blind, { ...place, service: 'web' })
  expect(unseen.notSeen.map(({ action, denied }) => ({ action, denied }))).toContainEqual({
    action: 'ecs:DescribeServices',
    denied: true,
  })
  expect(unseen.service.health).toBe('unseen')
})

test('a service that the manifest does not have is refused by name', async () => {
  const { engine } = stage
  await release(engine.database, 1)
  await deployed(engine, await release(engine.database, 2))
  await expect(serviceDetail(engine, { ...place, service: 'nope' })).rejects.toMatchObject({ code: 'deploy.service-unknown' })
  await expect(listServices(engine, { ...place, environment: 'nope' })).rejects.toMatchObject({ code: 'product.unknown' })
})

const paused = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {} }
services:
  web: { image: example/web, count: 2, deploy: { strategy: blue-green, bake: 0s, pause: [post-scale-up] } }
`

test('a rollout that waits at a pause goes on when somebody says so, once', async () => {
  const { engine } = stage
  const id = await started(engine.database, await release(engine.database, 1, paused))
  const actor: Actor = { kind: 'user', name: 'aoi', face: 'http', grants: [] }
  const driving = advance(engine, id, signal)
  const waits = async () =>
    (await rolloutsOf(engine.database, id))[0]?.view?.hooks?.some((hook) => hook.status === 'AWAITING_ACTION')
  await expect.poll(waits, { timeout: 20_000, interval: 100 }).toBe(true)
  const stranger = { ...actor, name: 'haru' }
  await expect(continuePaused(engine, stranger, id, [], signal)).rejects.toMatchObject({ code: 'permission.denied' })
  expect(await continuePaused(engine, actor, id, [], signal)).toEqual([{ service: 'web', stage: 'POST_SCALE_UP' }])
  const told = await engine.database.query(`select actor, face from events where type = 'rollout.continued'`)
  expect(told).toEqual([{ actor: 'aoi', face: 'http' }])
  await driving
  expect((await rolloutsOf(engine.database, id))[0]?.verdict).toBe('succeeded')
  await expect(continuePaused(engine, actor, id, [], signal)).rejects.toMatchObject({ code: 'deployment.not-paused' })
})
