// The sandbox itself, killed: nothing that it acknowledged is lost, no process of a task is left, and it comes back as it was.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { processesMarked } from '../../src/sandbox/runtime/process-table.ts'
import { keptTables } from '../../src/sandbox/table.ts'
import { pushTestImage } from '../image.ts'

const PATIENCE_MS = 300_000
const TASKS = 10

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-state-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(process.platform !== 'linux')('a sandbox with ten tasks at work', () => {
  let port: number
  let sandbox: ChildProcess
  let client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  /** In the environment of every process of a task. */
  let mark: string
  beforeEach(async () => {
    port = await freePort()
    mark = randomUUID()
    await up()
    await withTasks()
  })
  afterEach(async () => {
    sandbox.kill('SIGTERM')
    await once(sandbox, 'exit')
    expect(processesMarked(mark)).toEqual([])
  })

  const begin = () => {
    sandbox = spawn(
      join(import.meta.dirname, '../../bin/kiban'),
      ['sandbox', '--port', String(port), '--state', folder, '--speed', '10'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
  }

  async function up(): Promise<void> {
    begin()
    const variables: Record<string, string> = {}
    for await (const line of createInterface({ input: sandbox.stdout as NodeJS.ReadableStream })) {
      const [name = '', value = ''] = line.split(/=(.*)/s, 2)
      variables[name] = value
      if (name === 'KIBAN_BUILDER') break
    }
    const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = variables
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID ?? '', secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '' }
    client = { endpoint: AWS_ENDPOINT_URL ?? '', region: AWS_REGION ?? '', credentials }
  }

  async function killed(): Promise<void> {
    sandbox.kill('SIGKILL')
    await once(sandbox, 'exit')
  }

  async function withTasks(): Promise<void> {
    const [ecs, ecr, ec2] = [new ECS(client), new ECR(client), new EC2(client)]
    const image = await pushTestImage(ecr, 'shop', {
      files: { 'run.sh': '#!/bin/sh\nwhile :; do sleep 1; done\n' },
      command: ['/app/run.sh'],
    })
    const { Subnets: [subnet] = [] } = await ec2.describeSubnets({})
    await ecs.createCluster({ clusterName: 'shop' })
    await ecs.registerTaskDefinition({
      family: 'shop',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'app', image, environment: [{ name: 'MARK', value: mark }] }],
    })
    await ecs.createService({
      cluster: 'shop',
      serviceName: 'web',
      taskDefinition: 'shop',
      desiredCount: TASKS,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet?.SubnetId ?? ''] } },
    })
    for (const one of [ecr, ec2, ecs]) one.destroy()
    await allAtWork()
  }

  /** As ECS tells it, and as the machine does: each task is a shell and, most of the time, a sleep. */
  async function allAtWork(): Promise<void> {
    const ecs = new ECS(client)
    const service = async () => (await ecs.describeServices({ cluster: 'shop', services: ['web'] })).services?.[0]
    await expect.poll(async () => (await service())?.runningCount, { timeout: 120_000, interval: 200 }).toBe(TASKS)
    await expect.poll(shells, { timeout: 30_000, interval: 200 }).toHaveLength(TASKS)
    ecs.destroy()
  }

  const shells = () =>
    processesMarked(mark).filter((pid) =>
      spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes('run.sh'),
    )

  const noneLeft = () => expect.poll(() => processesMarked(mark), { timeout: 10_000, interval: 50 }).toEqual([])

  test(
    'that is killed leaves none of their processes, and starts them again',
    async () => {
      for (let round = 0; round < 3; round++) {
        await killed()
        await noneLeft()
        await up()
        await allAtWork()
      }
    },
    PATIENCE_MS,
  )

  test(
    'that is killed again and again while it starts comes back with each of them once',
    async () => {
      await killed()
      for (let kill = 0; kill < 20; kill++) {
        begin()
        await wait(200 + Math.random() * 2_500)
        await killed()
      }
      await up()
      await allAtWork()
      await wait(3_000)
      expect(shells()).toHaveLength(TASKS)
    },
    PATIENCE_MS,
  )

  test(
    'that is killed together with what watches over it ends what was left when it comes back',
    async () => {
      const left = shells()
      const watchdogs = spawnSync('pgrep', ['-P', String(sandbox.pid), '-f', 'kiban-watchdog'], {
        encoding: 'utf8',
      }).stdout.trim()
      expect(watchdogs).not.toBe('')
      spawnSync('kill', ['-KILL', ...watchdogs.split('\n'), String(sandbox.pid)])
      await once(sandbox, 'exit')
      expect(shells()).toHaveLength(TASKS)
      await up()
      await allAtWork()
      expect(shells().filter((pid) => left.includes(pid))).toEqual([])
    },
    PATIENCE_MS,
  )
})

test(
  'of fifty kills in the middle of a write each leaves the whole of it or nothing',
  async () => {
    const writer = `
    import { keptTables } from ${JSON.stringify(new URL('../../src/sandbox/table.ts', import.meta.url).href)}
    const tables = await keptTables(${JSON.stringify(folder)}, () => process.exit(9))
    const table = tables.table('things')
    for (let round = table.get('0')?.round ?? 0; ; round++) {
      for (let key = 0; key < 20; key++) table.set(String(key), { round, ballast: new Uint8Array(Math.random() * 20_000) })
      await tables.commit()
      process.stdout.write(round + '\\n')
    }`
    let told = -1
    for (let kill = 0; kill < 50; kill++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writer], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      const afterMs = Math.random() * 60
      for await (const line of createInterface({ input: child.stdout })) {
        told = Number(line)
        setTimeout(() => child.kill('SIGKILL'), afterMs)
      }
      expect(await ended).toEqual([null, 'SIGKILL'])
      const tables = await keptTables(folder, (error) => {
        throw error
      })
      const rounds = new Set([...tables.table<{ round: number }>('things').values()].map(({ round }) => round))
      await tables.close()
      expect([kill, rounds.size]).toEqual([kill, 1])
      expect([...rounds][0]).toBeGreaterThanOrEqual(told)
    }
  },
  PATIENCE_MS,
)

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
