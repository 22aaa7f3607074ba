// A rollout that never comes to rest, on a real server: 200 tasks that start, become healthy and fail, and 1,000 lines of
// their logs a second. The sandbox's tasks follow a script; all between it and the browser is as people have it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { ECS } from '@aws-sdk/client-ecs'
import { ENVIRONMENT, infrastructure } from './kiban-deployer.ts'
import { type SandboxInChild, sandboxInChild } from './sandbox-in-child.ts'
import { pushedImage } from './sandbox-memory.ts'
import { benchServer } from './server.ts'

export interface Rate {
  tasks: number
  linesPerSecond: number
}
export const BUSY: Rate = { tasks: 200, linesPerSecond: 1_000 }
/** As a product has it on an ordinary day. */
export const CALM: Rate = { tasks: 20, linesPerSecond: 10 }

const PRODUCT = 'busy'
const SERVICE = 'web'
const WRITE_EVERY_MS = 100
/** How many tasks write at a time. */
const WRITERS = 5
const TASKS_EVERY_MS = 1_000
/** Never are all tasks well at the same time, so that the rollout goes on; and always some are, so that it is not given up. */
const PACE = {
  startAfter: [500, 6_000],
  lives: [1_500, 15_000],
  timings: { settling: 300, deploymentPending: 50, provisioning: 300, pending: 300, activating: 50, deprovisioning: 1_000 },
} as const

export interface BusyRollout {
  /** Where the server is. */
  url: string
  /** What a browser must hold to be logged in. */
  cookie: { name: string; value: string; url: string }
  product: string
  /** The page of the rollout. */
  page: string
  pids: { server: number; sandbox: number }
  /** Lines that were written so far. */
  written(): number
  /** Calls to AWS since the last time that this was asked. */
  takeCalls(): Promise<Record<string, number>>
  close(): Promise<void>
}

export async function busyRollout(rate = BUSY): Promise<BusyRollout> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-busy-'))
  const sandbox = await sandboxInChild({
    scripted: true,
    startAfter: [...PACE.startAfter],
    lives: [...PACE.lives],
    timings: PACE.timings,
  })
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true }), () => sandbox.close()]
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each()
  }
  try {
    const repository = await productIn(folder, sandbox, rate)
    const server = await benchServer(folder, sandbox.env)
    closers.push(() => server.close())
    const { ask, cookie } = server.admin
    await ask('/products', { repository })
    const { deployment } = await ask(`/products/${PRODUCT}/environments/${ENVIRONMENT}/deployments`, { repository })
    const logs = logWriter(sandbox, rate)
    closers.push(() => logs.close())
    return {
      url: server.url,
      cookie,
      product: PRODUCT,
      page: `${server.url}/p/${PRODUCT}/deploys/${deployment.id}`,
      pids: { server: server.pid, sandbox: sandbox.pid },
      written: logs.written,
      takeCalls: sandbox.takeCalls,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function productIn(folder: string, sandbox: SandboxInChild, { tasks }: Rate): Promise<string> {
  const [subnets, image] = [await infrastructure(sandbox, PRODUCT, [SERVICE]), await pushedImage(sandbox.client)]
  const repository = join(folder, PRODUCT)
  mkdirSync(repository)
  writeFileSync(join(repository, 'kiban.yml'), manifest(subnets, image, tasks))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=aoi', '-c', 'user.email=aoi@example.com', ...args], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null' },
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'A release whose tasks fail after a while')
  return repository
}

const manifest = (subnets: readonly string[], image: string, tasks: number): string => `
product: ${PRODUCT}
account: "123456789012"
environments:
  ${ENVIRONMENT}: { network: { subnets: [${subnets.join(', ')}] } }
services:
  ${SERVICE}: { image: "${image}", count: ${tasks}, health: { command: ["true"] }, deploy: { deadline: 14d } }
`

/** Writes lines for the tasks that run, as their log driver would: a batch each tenth of a second. */
function logWriter(sandbox: SandboxInChild, { linesPerSecond }: Rate) {
  const [logs, ecs] = [new CloudWatchLogs(sandbox.client), new ECS(sandbox.client)]
  const streams = new Set<string>()
  const stop = new AbortController()
  let written = 0
  const tasksNow = async (): Promise<string[]> => {
    const name = `${PRODUCT}-${ENVIRONMENT}`
    const { taskArns = [] } = await ecs.listTasks({ cluster: name, family: `${name}-${SERVICE}` })
    return taskArns.map((arn) => arn.split('/').at(-1) ?? '')
  }
  const write = async (task: string, count: number) => {
    const stream = { logGroupName: `/${PRODUCT}/${ENVIRONMENT}/${SERVICE}`, logStreamName: `${SERVICE}/${SERVICE}/${task}` }
    if (!streams.has(task)) await logs.createLogStream(stream)
    streams.add(task)
    const timestamp = Date.now()
    const logEvents = Array.from({ length: count }, () => ({ timestamp, message: lineOf(written++) }))
    await logs.putLogEvents({ ...stream, logEvents })
  }
  const run = async () => {
    let tasks: string[] = []
    let [since, looked, due] = [performance.now(), Number.NEGATIVE_INFINITY, 0]
    while (!stop.signal.aborted) {
      const now = performance.now()
      if (now - looked > TASKS_EVERY_MS) {
        tasks = await tasksNow()
        looked = now
      }
      // By the clock, so that a machine that was busy for a while gets its lines all the same.
      if (tasks.length > 0) due += ((now - since) / 1000) * linesPerSecond
      since = now
      const each = Math.floor(due / WRITERS)
      due -= each * WRITERS
      const writers = tasks.slice(0, WRITERS)
      if (each > 0) await Promise.all(writers.map((task) => write(task, Math.floor((each * WRITERS) / writers.length))))
      await wait(WRITE_EVERY_MS)
    }
  }
  const running = run()
  // Told by `close`.
  running.catch(() => {})
  return {
    written: () => written,
    async close() {
      stop.abort()
      await running.finally(() => {
        for (const client of [logs, ecs]) client.destroy()
      })
    },
  }
}

/** As programs write them: mostly an access line in JSON, now and then a warning, and text that is no JSON. */
function lineOf(number: number): string {
  if (number % 50 === 0) return `worker ${number} took its place in the pool`
  const level = number % 97 === 0 ? 'error' : number % 31 === 0 ? 'warn' : 'info'
  const time = new Date().toISOString()
  return JSON.stringify({ time, level, message: 'GET /books', status: 200, ms: number % 90, request: `req-${number}`, number })
}
