// Servers that end in the middle of many deployments, and those that are left, which finish them all.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { EC2 } from '@aws-sdk/client-ec2'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { afterAll, beforeAll, describe } from 'vitest'
import { openDeployments } from '../../src/capabilities/deploy/deployment-store.ts'
import type { Database } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { type CloudStage, cloudStage, release, started } from '../deploy-stage.ts'
import { makeRepository, type TestRepository } from '../git-repository.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { type ServerProcess, serverProcess, tokenOf } from '../server-process.ts'
import { brokenPromises, storedFaults } from './aftermath.ts'
import { script } from './product.ts'

const PATIENCE_MS = 150_000
const SECRET_KEY = Buffer.alloc(32).toString('base64')
/** Twenty deployments are told in more events than these. */
export const EVENTS_OF_A_ROUND = 350

/** One round: which processes there are, what they deploy, and when the first of each role ends how. */
export interface ServerKilling {
  /** Two processes that do everything, or two that answer and two that deploy. */
  roles: 'together' | 'apart'
  /** A commit, which is to be built first, or the release that runs in another environment. */
  of: 'commit' | 'release'
  signal: 'SIGKILL' | 'SIGTERM'
  /** Once so many events were written since the first deployment was asked for. */
  afterEvents: number
}

export const serverKillingText = ({ roles, of, signal, afterEvents }: ServerKilling): string =>
  `${of}, roles ${roles}, ${signal} after ${afterEvents} events`

interface ServerGround {
  cloud: CloudStage
  database: Database
  url: string
  token: string
  repository: TestRepository
  subnet: string
  /** Where the deployments of a round go, one each; `staging` is what they are promoted from. */
  environments: readonly string[]
  releases: number
  close(): Promise<void>
}

const roundEnvironments = (count: number): string[] => Array.from({ length: count }, (_, at) => `round${at + 1}`)

async function serverGround(cloud: CloudStage, url: string, environments: readonly string[]): Promise<ServerGround> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-faults-'))
  const ec2 = new EC2({})
  const { Subnets: [subnet] = [] } = await ec2.describeSubnets({})
  ec2.destroy()
  const database = await openDatabase({ url })
  return {
    cloud,
    database,
    url,
    token: await tokenOf(database, 'sora', 'sre'),
    repository: makeRepository(join(folder, 'repository')),
    subnet: subnet?.SubnetId ?? '',
    environments,
    releases: 0,
    async close() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Tests on one cloud and one PostgreSQL, with an environment for each of twenty deployments; skipped where there is none. */
export function describeServers(title: string, tests: (ground: () => ServerGround) => void): void {
  describe.skipIf(postgresPrograms === undefined)(title, () => {
    const environments = roundEnvironments(20)
    let cloud: CloudStage
    let cluster: PostgresCluster
    let ground: ServerGround
    beforeAll(async () => {
      cloud = await cloudStage({ environments: ['staging', ...environments], script })
      cluster = await startPostgres()
      ground = await serverGround(cloud, await cluster.createDatabase(), environments)
    })
    afterAll(async () => {
      await ground?.close()
      await cluster?.stop()
      await cloud?.close()
    })
    tests(() => ground)
  })
}

export interface ServerOutcome {
  /** What of the promises was broken. */
  faults: string[]
  /** Deployments that had to be taken over. */
  continued: number
  /** From the signal until the last of the processes was gone. */
  endedMs: number
}

/** Deploys to every environment at once, ends a process of each role meanwhile, and looks at what is left. */
export async function killedServers(ground: ServerGround, killing: ServerKilling): Promise<ServerOutcome> {
  const { database, url, environments, cloud } = ground
  const number = ++ground.releases
  const source = manifest(ground)
  ground.repository.commit(`Release ${number}`, { 'kiban.yml': source, ...folders(number) })
  const first = await started(database, await release(database, number, source))
  const roles = killing.roles === 'together' ? (['all', 'all'] as const) : (['api', 'worker', 'api', 'worker'] as const)
  const servers = await Promise.all(roles.map((role) => serverProcess(role, { DATABASE_URL: url, KIBAN_SECRET_KEY: SECRET_KEY })))
  const [ending, staying] = [servers.slice(0, servers.length / 2), servers.slice(servers.length / 2)]
  const answering = servers.filter((_, at) => roles[at] !== 'worker')
  const reading = new AbortController()
  try {
    await allEnded(database)
    const before = await storedFaults(database, first, 'succeeded')
    if (before.length > 0) return { faults: before, continued: 0, endedMs: 0 }
    if (killing.of === 'commit') await catalogued(answering[0], ground)
    const newest = await newestSeq(database)
    const heard = heardEvents(answering, ground.token, newest, reading.signal)
    const [{ codes, ms }, ids] = await Promise.all([
      reached(database, newest + killing.afterEvents).then(() => end(ending, killing.signal)),
      Promise.all(environments.map((environment, at) => deployment(answering, at, environment, killing, ground))),
    ])
    await allEnded(database)
    await allHeard(database, heard)
    const kept = await Promise.all(ids.map((id) => brokenPromises(cloud, database, id, 'succeeded')))
    const told = [...twice(ids), ...(await timelineFaults(database, newest, heard)), ...staying.flatMap(brokenInLog)]
    const code = killing.signal === 'SIGTERM' ? 0 : null
    if (codes.some((one) => one !== code)) told.push(`they ended with ${codes.join(' and ')}`)
    return { faults: [...kept.flat(), ...told], continued: await takenOver(database, ids), endedMs: ms }
  } finally {
    reading.abort()
    await Promise.all(servers.map((server) => server.close()))
  }
}

/** JSON is YAML. */
function manifest({ environments, subnet }: ServerGround): string {
  const network = { subnets: [subnet] }
  return JSON.stringify({
    product: 'bookshop',
    account: '123456789012',
    region: 'ap-northeast-1',
    environments: Object.fromEntries(['staging', ...environments].map((name) => [name, {}])),
    services: {
      api: { build: './api', before: ['migrate'], count: 2, network },
      web: { build: './web', count: 2, network },
    },
    tasks: { migrate: { service: 'api', command: ['node', 'migrate.ts'] } },
  })
}

const folders = (number: number): Record<string, string> =>
  Object.fromEntries(
    ['api', 'web'].flatMap((service) => [
      [`${service}/Dockerfile`, 'FROM node:24\nCOPY release.txt .\nCMD ["node", "-e", "setInterval(() => {}, 1000)"]\n'],
      [`${service}/release.txt`, `${number}\n`],
    ]),
  )

async function catalogued(server: ServerProcess | undefined, { token, repository }: ServerGround): Promise<void> {
  const answer = await fetch(`${server?.url}/api/v1/products`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ repository: repository.folder }),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

/** Asks one server after another, by one key, until one has answered. */
async function deployment(
  servers: readonly ServerProcess[],
  first: number,
  environment: string,
  { of }: ServerKilling,
  { token, releases }: ServerGround,
): Promise<string> {
  const [noun, input] = of === 'commit' ? ['deployments', {}] : ['promotions', { from: 'staging' }]
  for (const end = Date.now() + PATIENCE_MS, at = { next: first }; Date.now() < end; at.next++) {
    const answer = await fetch(
      `${servers[at.next % servers.length]?.url}/api/v1/products/bookshop/environments/${environment}/${noun}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': `${releases} ${environment}`,
        },
        body: JSON.stringify({ ...input, detach: true }),
      },
    ).catch(() => undefined)
    const body = (await answer?.json().catch(() => undefined)) as { deployment?: { id: string } } | undefined
    if (answer?.ok && body?.deployment) return body.deployment.id
    if (answer && body && answer.status !== 503) throw new Error(`${answer.status} ${JSON.stringify(body)}`)
    await wait(100)
  }
  throw new Error(`Nobody answered for ${environment}`)
}

/** The numbers of all events after one, as a reader hears them who comes back to another server when one is gone. */
function heardEvents(servers: readonly ServerProcess[], token: string, after: number, signal: AbortSignal): number[] {
  const heard: number[] = []
  const read = async (at: number) => {
    const last = String(heard.at(-1) ?? after)
    const answer = await fetch(`${servers[at % servers.length]?.url}/api/v1/timeline/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'last-event-id': last },
      signal,
    })
    const messages = answer.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
    for await (const { id } of messages ?? []) if (id) heard.push(Number(id))
  }
  const follow = async () => {
    for (let at = 0; !signal.aborted; at++) {
      await read(at).catch(() => {})
      await wait(100)
    }
  }
  follow()
  return heard
}

async function end(servers: readonly ServerProcess[], signal: ServerKilling['signal']) {
  const began = performance.now()
  for (const server of servers) server.end(signal)
  const codes = await Promise.all(servers.map(({ ended }) => ended))
  return { codes, ms: performance.now() - began }
}

async function allEnded(database: Database): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; (await openDeployments(database)).length > 0; await wait(200))
    if (Date.now() > end) throw new Error(`Still open: ${(await openDeployments(database)).join(', ')}`)
}

async function reached(database: Database, seq: number): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; (await newestSeq(database)) < seq; await wait(20))
    if (Date.now() > end) throw new Error(`Event ${seq} was never written`)
}

async function allHeard(database: Database, heard: readonly number[]): Promise<void> {
  const newest = await newestSeq(database)
  for (const end = Date.now() + PATIENCE_MS; (heard.at(-1) ?? 0) < newest && Date.now() < end; ) await wait(100)
}

async function newestSeq(database: Database): Promise<number> {
  const [row] = await database.query<{ seq: number }>('select coalesce(max(seq), 0) as seq from events')
  return row?.seq ?? 0
}

/** Whoever drives a deployment begins a new epoch of it. */
const takenOver = async (database: Database, ids: readonly string[]): Promise<number> =>
  (await database.query('select 1 from deploy_deployments where id = any ($1) and epoch > 1', [ids])).length

const twice = (ids: readonly string[]): string[] =>
  new Set(ids).size === ids.length ? [] : [`${ids.length} requests started ${new Set(ids).size} deployments`]

/** Every event was heard, once, in its order. */
async function timelineFaults(database: Database, after: number, heard: readonly number[]): Promise<string[]> {
  const rows = await database.query<{ seq: number }>('select seq from events where seq > $1 order by seq', [after])
  const missed = rows.map(({ seq }) => seq).filter((seq) => !heard.includes(seq))
  const again = heard.filter((seq, at) => seq <= (heard[at - 1] ?? after))
  return [
    ...(missed.length > 0 ? [`of the events up to ${rows.at(-1)?.seq} the reader never heard ${missed}`] : []),
    ...(again.length > 0 ? [`the reader heard these again, or late: ${again}`] : []),
  ]
}

const brokenInLog = ({ log }: ServerProcess): string[] =>
  log.filter(({ severity }) => severity === 'ERROR').map((record) => `an error that nobody expected: ${JSON.stringify(record)}`)
