import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskRuntime } from '../ecs/runtime.ts'
import { processRuntime } from './process.ts'
import { type Bench, bench, container, run, taskPlan, type Watched } from './runtime-for-tests.ts'

const ROLE = 'arn:aws:iam::123456789012:role/web'

let shop: Bench
let runtime: TaskRuntime
beforeEach(async () => {
  shop = bench()
  shop.roles.add(ROLE)
  runtime = processRuntime(shop.cloud, { sampleMs: 100 })
  await shop.image(
    'app',
    { 'main.js': 'console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)' },
    { Cmd: ['node', 'main.js'] },
  )
})
afterEach(() => shop.cloud.close())

const withRole = () => ({ taskRoleArn: ROLE, credentials: () => shop.cloud.roles.assume(ROLE, 'task', 3600) })

async function environmentOf(task: Watched): Promise<Record<string, string>> {
  for (;;) {
    const [line] = shop.lines('app', task.taskId)
    if (line) return JSON.parse(line)
    await wait(20)
  }
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers })
  return [response.status, await response.json()]
}

test('an SDK in a task finds region, endpoint and the task role by its environment alone', async () => {
  const sdk = fileURLToPath(import.meta.resolve('@aws-sdk/client-sts'))
  const program = `
    const { STSClient } = require(process.argv[1])
    const { config } = new STSClient({})
    Promise.all([config.region(), config.credentials(), config.endpoint?.()]).then((all) => console.log(JSON.stringify(all)))`
  const task = run(
    runtime,
    taskPlan([container({ entryPoint: ['node', '-e', program, sdk.replace(/dist-es/, 'dist-cjs')] })], withRole()),
  )
  await task.until('ended')
  const [region, credentials] = JSON.parse(shop.lines('app', task.taskId).join('') || '[]')
  expect([region, credentials]).toEqual([
    'ap-northeast-1',
    expect.objectContaining({ accessKeyId: 'ASIATEST', secretAccessKey: 'task-secret', sessionToken: 'task-token' }),
  ])
})

test('credentials need the task’s own token', async () => {
  const task = run(runtime, taskPlan([container()], withRole()))
  const other = run(runtime, taskPlan([container()], withRole()))
  const env = await environmentOf(task)
  const url = env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? ''
  const [status, body] = await get(url, { authorization: env.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '' })
  expect([status, body]).toEqual([
    200,
    {
      RoleArn: ROLE,
      AccessKeyId: 'ASIATEST',
      SecretAccessKey: 'task-secret',
      Token: 'task-token',
      Expiration: expect.any(String),
    },
  ])
  const others = (await environmentOf(other)).AWS_CONTAINER_AUTHORIZATION_TOKEN ?? ''
  for (const authorization of ['', 'wrong', others]) expect((await get(url, { authorization }))[0]).toBe(403)
  expect((await get(url.replace(/\/[0-9a-f]{32}\//, `/${'0'.repeat(32)}/`), { authorization: others }))[0]).toBe(404)
  task.task.stop()
  await task.until('ended')
  expect((await get(url, { authorization: env.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '' }))[0]).toBe(403)
})

test('a task without a role has no credentials variables', async () => {
  const env = await environmentOf(run(runtime, taskPlan([container()])))
  expect(Object.keys(env).filter((name) => name.startsWith('AWS_CONTAINER'))).toEqual([])
})

test('a container reads its own metadata, its task’s and their use', async () => {
  const side = container({ name: 'side', essential: false, entryPoint: ['node', '-e', 'process.exit(3)'] })
  const task = run(
    runtime,
    taskPlan([container({ cpu: 128, memory: 256, dependsOn: [{ containerName: 'side', condition: 'COMPLETE' }] }), side]),
  )
  const uri = (await environmentOf(task)).ECS_CONTAINER_METADATA_URI_V4 ?? ''
  await task.until('running')
  const time = expect.stringMatching(/^\d{4}-.*Z$/)
  const image = shop.cloud.images.resolve('app', { os: 'linux', architecture: 'amd64' })
  const app = {
    DockerId: uri.split('/').at(-1),
    Name: 'app',
    DockerName: 'app',
    Image: 'app',
    ImageID: (await image).digest,
    Labels: {
      'com.amazonaws.ecs.cluster': 'shop',
      'com.amazonaws.ecs.container-name': 'app',
      'com.amazonaws.ecs.task-arn': `arn:aws:ecs:ap-northeast-1:123456789012:task/shop/${task.taskId}`,
      'com.amazonaws.ecs.task-definition-family': 'web',
      'com.amazonaws.ecs.task-definition-version': '3',
    },
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Limits: { CPU: 128, Memory: 256 },
    CreatedAt: time,
    StartedAt: time,
    Type: 'NORMAL',
    LogDriver: 'awslogs',
    LogOptions: { 'awslogs-group': '/shop', 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': 'app' },
    ContainerARN: expect.stringContaining(`:container/${task.taskId}/`),
    Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: ['10.0.0.9'] }],
  }
  expect(await get(uri)).toEqual([200, app])
  expect(await get(`${uri}/task`)).toEqual([
    200,
    {
      Cluster: 'shop',
      TaskARN: app.Labels['com.amazonaws.ecs.task-arn'],
      Family: 'web',
      Revision: '3',
      ServiceName: 'web',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Limits: { CPU: 0.25, Memory: 512 },
      PullStartedAt: time,
      PullStoppedAt: time,
      AvailabilityZone: 'ap-northeast-1a',
      LaunchType: 'FARGATE',
      Containers: [app, expect.objectContaining({ Name: 'side', KnownStatus: 'STOPPED', ExitCode: 3, FinishedAt: time })],
    },
  ])
  await wait(300)
  const [, stats] = await get(`${uri}/stats`)
  expect(stats).toMatchObject({
    name: 'app',
    memory_stats: { usage: expect.toSatisfy((bytes) => bytes > 5_000_000), limit: 256 * 1024 * 1024 },
  })
  expect((await get(`${uri}/task/stats`))[1]).toMatchObject({ [app.DockerId ?? '']: { name: 'app' } })
  expect((await get(`${uri}/nothing`))[0]).toBe(404)
})
