import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { ECS } from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { awsSession } from '../../aws/session.ts'
import { realClock } from '../../core/clock.ts'
import type { Database } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { openDatabase } from '../../database/open-database.ts'
import { followLogs, type LogEngine, type WantedLogs } from './follow-logs.ts'
import type { LogLine } from './log-line.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let database: Database
let logs: CloudWatchLogs
let ecs: ECS
let engine: LogEngine
const definitions: Record<string, string> = {}
beforeAll(async () => {
  sandbox = await testSandbox()
  database = await openDatabase({})
  logs = new CloudWatchLogs(sandbox.client)
  ecs = new ECS(sandbox.client)
  const session = awsSession('ap-northeast-1', sandbox.env)
  engine = { database, aws: () => session, clock: realClock }
  await ecs.createCluster({ clusterName: 'shop-staging' })
  for (const service of ['api', 'web']) definitions[service] = await defined(service)
})
afterAll(async () => {
  engine.aws(undefined).close()
  logs.destroy()
  ecs.destroy()
  await database.close()
  await sandbox.close()
})

async function defined(service: string, logDriver: 'awslogs' | 'json-file' = 'awslogs'): Promise<string> {
  const group = `/shop/staging/${service}`
  if (logDriver === 'awslogs') await logs.createLogGroup({ logGroupName: group })
  const options = { 'awslogs-group': group, 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': service }
  const { taskDefinition } = await ecs.registerTaskDefinition({
    family: `shop-staging-${service}`,
    containerDefinitions: [
      {
        name: service,
        image: 'example/app',
        memory: 128,
        logConfiguration: { logDriver, ...(logDriver === 'awslogs' ? { options } : {}) },
      },
    ],
  })
  return taskDefinition?.taskDefinitionArn ?? ''
}

/** Says that a deployment rolled services, as deploys do. */
async function rolled(environment: string, deployment: string, services: readonly string[], at = Date.now()): Promise<void> {
  const event = { product: 'shop', environment, actor: 'aoi', face: 'cli', subject: `deployment/${deployment}` }
  await database.transaction(async (tx) => {
    appendEvent(tx, { ...event, at, type: 'deployment.queued', data: {} })
    for (const service of services)
      appendEvent(tx, {
        ...event,
        at,
        type: 'rollout.started',
        data: { service, cluster: 'shop-staging', name: `shop-staging-${service}`, definition: definitions[service] },
      })
  })
}

async function write(service: string, task: string, lines: readonly { at: number; message: string }[]): Promise<void> {
  const stream = { logGroupName: `/shop/staging/${service}`, logStreamName: `${service}/${service}/${task}` }
  await logs.createLogStream(stream).catch(() => {})
  for (let from = 0; from < lines.length; from += 10_000) {
    const logEvents = lines.slice(from, from + 10_000).map(({ at, message }) => ({ timestamp: at, message }))
    await logs.putLogEvents({ ...stream, logEvents })
  }
}

const wanted = (more: Partial<WantedLogs> = {}): WantedLogs => ({
  product: 'shop',
  environment: 'staging',
  services: [],
  deployment: undefined,
  since: undefined,
  tail: undefined,
  follow: false,
  pattern: undefined,
  after: undefined,
  ...more,
})

/** How often CloudWatch was asked for lines. */
const calls = (): number => engine.aws(undefined).calls.get('logs.FilterLogEvents') ?? 0

const never = new AbortController().signal

async function all(of: WantedLogs): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of followLogs(engine, of, never)) lines.push(line)
  return lines
}

test('before anything was deployed it says so', async () => {
  await expect(all(wanted({ environment: 'empty' }))).rejects.toMatchObject({ code: 'logs.nothing-ran' })
  await expect(all(wanted({ deployment: 'dep_none' }))).rejects.toMatchObject({ code: 'deployment.unknown' })
})

test('many lines of two services come in the order of their times, none lost and none twice at the borders of pages', async () => {
  await rolled('staging', 'dep_1', ['api', 'web'])
  const begin = Date.now() - 60_000
  const count = 12_000
  const lines = (service: string) => Array.from({ length: count }, (_, at) => ({ at: begin + at, message: `${service} ${at}` }))
  await write('api', 'aaaa', lines('api'))
  await write('web', 'bbbb', lines('web'))
  const seen = await all(wanted({ since: begin }))
  expect(seen.length).toBe(2 * count)
  expect(new Set(seen.map(({ message }) => message)).size).toBe(2 * count)
  expect(seen.every(({ at }, position) => position === 0 || at >= (seen[position - 1]?.at ?? 0))).toBe(true)
  expect(seen[0]).toMatchObject({ at: begin, service: 'api', container: 'api', task: 'aaaa', message: 'api 0' })
  const later = await all(wanted({ since: begin + count - 10, services: ['web'] }))
  expect(later.map(({ message }) => message)).toEqual(
    lines('web')
      .slice(-10)
      .map(({ message }) => message),
  )
})

test('the last lines alone come first, however far back they are, and what comes afterwards follows', async () => {
  for (const service of ['tailed', 'other']) definitions[service] = await defined(service)
  await rolled('tailed', 'dep_tail', ['tailed', 'other'])
  const now = Date.now()
  const old = (service: string) =>
    Array.from({ length: 50 }, (_, at) => ({ at: now - 400_000 + at, message: `${service} ${at}` }))
  await write('tailed', 'aaaa', old('tailed'))
  await write('other', 'bbbb', [...old('other'), { at: now - 10_000, message: 'lately' }])
  const of = (more: Partial<WantedLogs>) => wanted({ environment: 'tailed', ...more })
  const told = async (more: Partial<WantedLogs>) => (await all(of(more))).map(({ message }) => message)
  expect(await told({ tail: 1 })).toEqual(['lately'])
  expect((await told({ tail: 3 })).at(-1)).toBe('lately')
  expect(await told({ tail: 3 })).toEqual((await told({})).slice(-3))
  expect(await told({ tail: 1_000 })).toEqual(await told({}))
  // A time that is given stands, and whoever comes back is told of all that came since.
  expect(await told({ tail: 5, since: now - 20_000 })).toEqual(['lately'])
  const [first] = await all(of({}))
  expect(await told({ tail: 1, after: first })).toEqual((await told({})).slice(1))

  const stop = new AbortController()
  const following = followLogs(engine, of({ tail: 1, follow: true }), stop.signal)
  expect((await following.next()).value?.message).toBe('lately')
  await write(
    'tailed',
    'aaaa',
    [1, 2, 3].map((at) => ({ at: now + at, message: `new ${at}` })),
  )
  const fresh: unknown[] = []
  while (fresh.length < 3) fresh.push((await following.next()).value?.message)
  expect(fresh).toEqual(['new 1', 'new 2', 'new 3'])
  stop.abort()
  await following.return(undefined)
})

test('a line that arrives late is shown once, and one that comes while it is followed at once', async () => {
  await rolled('late', 'dep_2', ['web'])
  const now = Date.now()
  await write('web', 'cccc', [{ at: now, message: 'on time' }])
  const stop = new AbortController()
  const messages: string[] = []
  let heard = () => {}
  const following = (async () => {
    for await (const { message } of followLogs(
      engine,
      wanted({ environment: 'late', since: now - 20_000, follow: true }),
      stop.signal,
    )) {
      messages.push(message)
      heard()
    }
  })().catch(() => {})
  const says = (message: string) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (messages.includes(message)) resolve()
      }
      heard()
    })
  await says('on time')
  await write('web', 'dddd', [{ at: now - 15_000, message: 'late by fifteen seconds' }])
  await says('late by fifteen seconds')
  await write('web', 'cccc', [{ at: now + 5, message: 'new' }])
  await says('new')
  stop.abort()
  await following
  expect(messages.filter((message) => message !== 'web 0')).toEqual(['on time', 'late by fifteen seconds', 'new'])
})

test('taken up again it goes on after the last line that was seen', async () => {
  await rolled('again', 'dep_3', ['api'])
  const at = Date.now() - 1_000
  await write(
    'api',
    'eeee',
    [1, 2, 3, 4].map((number) => ({ at: at + (number > 2 ? 1 : 0), message: `again ${number}` })),
  )
  const first = await all(wanted({ environment: 'again', since: at }))
  const [, second] = first
  const rest = await all(wanted({ environment: 'again', since: at, after: second }))
  expect(rest.map(({ message }) => message)).toEqual(first.slice(2).map(({ message }) => message))
})

test("a deployment's lines are those of tasks that began to write after it did, where ECS has forgotten them", async () => {
  await write('web', 'old', [{ at: Date.now() - 1_000, message: 'of the release before' }])
  // Streams tell when they were made in milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 5))
  await rolled('staging', 'dep_4', ['web'])
  await write('web', 'new', [{ at: Date.now(), message: 'of this release' }])
  await write('web', 'old', [{ at: Date.now(), message: 'still of the release before' }])
  const seen = await all(wanted({ deployment: 'dep_4' }))
  expect(seen.map(({ message }) => message)).toEqual(['of this release'])
})

test('a crowd that follows the same lines costs about what one does', async () => {
  await rolled('crowd', 'dep_7', ['web'])
  const at = Date.now() - 1_000
  await write(
    'web',
    'gggg',
    Array.from({ length: 100 }, (_, number) => ({ at: at + number, message: `crowd ${number}` })),
  )
  const before = calls()
  const begun = performance.now()
  // By a pattern of its own: without one, a look of the test before may be fresh enough to be shared.
  const asked = wanted({ environment: 'crowd', since: at, pattern: 'crowd' })
  const crowd = await Promise.all(Array.from({ length: 20 }, () => all(asked)))
  for (const lines of crowd) expect(lines).toEqual(crowd[0])
  expect(crowd[0]?.length).toBeGreaterThanOrEqual(100)
  expect(calls() - before).toBeGreaterThan(0)
  // One page for each half second, and the first.
  expect(calls() - before).toBeLessThanOrEqual(1 + Math.floor((performance.now() - begun) / 500))
})

test('services that a deployment rolls while it is followed are heard before it ends, however soon that is', async () => {
  // Long after the end, by this clock: so the next look is the last one.
  const later = { ...engine, clock: { ...realClock, now: () => Date.now() + 60_000 } }
  await rolled('staging', 'dep_8', ['api'])
  await write('api', 'first', [{ at: Date.now(), message: 'of what rolled first' }])
  const lines = followLogs(later, wanted({ deployment: 'dep_8', follow: true }), never)
  expect((await lines.next()).value?.message).toBe('of what rolled first')
  await rolled('staging', 'dep_8', ['web'])
  await write('web', 'second', [{ at: Date.now(), message: 'of what rolled then' }])
  await database.transaction(async (tx) =>
    appendEvent(tx, {
      type: 'deployment.ended',
      at: Date.now() + 1_000,
      product: 'shop',
      environment: 'staging',
      actor: 'aoi',
      face: 'cli',
      subject: 'deployment/dep_8',
      data: {},
    }),
  )
  const rest = await Array.fromAsync(lines)
  expect(rest.map(({ message }) => message)).toEqual(['of what rolled then'])
})

test('only what matches a pattern comes, and a pattern that is none is refused in the words of AWS', async () => {
  await rolled('matching', 'dep_5', ['api'])
  const at = Date.now()
  const record = (level: string) => JSON.stringify({ time: new Date(at).toISOString(), level, message: level, order: 7 })
  await write('api', 'ffff', [
    { at, message: record('info') },
    { at, message: record('error') },
  ])
  const [line, ...more] = await all(wanted({ environment: 'matching', since: at, pattern: '{ $.level = "error" }' }))
  expect(more).toEqual([])
  expect(line?.record).toEqual({ level: 'error', message: 'error', fields: { order: 7 } })
  await expect(all(wanted({ pattern: '{ $.level = ' }))).rejects.toMatchObject({ kind: 'invalid', code: 'aws.rejected' })
})

test('a service whose lines go elsewhere is told with where they go', async () => {
  definitions.worker = await defined('worker', 'json-file')
  await rolled('elsewhere', 'dep_6', ['worker'])
  await expect(all(wanted({ environment: 'elsewhere' }))).rejects.toMatchObject({
    code: 'logs.elsewhere',
    message: 'worker hands its lines to json-file, so CloudWatch Logs has none',
  })
  await expect(all(wanted({ environment: 'elsewhere', services: ['web'] }))).rejects.toMatchObject({
    code: 'logs.service-unknown',
  })
})
