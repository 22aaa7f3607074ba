// Twenty services brought out at once by one run of a workflow, beside twenty deployments of one service each.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultRules } from '../src/sandbox/faults.ts'
import { type Used, usedWell } from './measuring/child.ts'
import { ENVIRONMENT, gitIn, infrastructure, KIBAN, manifest } from './measuring/kiban-deployer.ts'
import { alternate, benchFlags, type Cell, machine, ratioOf, report, summary, type Table } from './measuring/measure.ts'
import { type SandboxInChild, sandboxInChild } from './measuring/sandbox-in-child.ts'
import { pushedImage } from './measuring/sandbox-memory.ts'

const flags = benchFlags(`bench/workflows.ts
Brings out twenty services at once, in real time: one run of a workflow, and twenty deployments of a service each that are
started together, every one with a database of its own, as jobs of a CI have. Once as fast as the sandbox answers, once with
the rates that ECS grants an account: wall time, calls to AWS and how many of them were throttled, processor time, memory.`)

const COUNT = flags.quick ? 2 : 20
const ROUNDS = flags.quick ? 1 : 5
const NOTHING = { settling: 0, deploymentPending: 0, provisioning: 0, pending: 0, activating: 0, deprovisioning: 0 }

/**
 * Calls a second and at once, for an account in a Region. RegisterTaskDefinition as its users have measured it; the others as AWS
 * grants them to APIs of their kind. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
 */
const rates: FaultRules = {
  'ecs:RegisterTaskDefinition': { throttle: { rate: 1, burst: 20 } },
  'ecs:UpdateService': { throttle: { rate: 5, burst: 50 } },
  'ecs:DescribeServices': { throttle: { rate: 20, burst: 100 } },
  'ecs:DescribeTasks': { throttle: { rate: 20, burst: 100 } },
  'ecs:DescribeServiceDeployments': { throttle: { rate: 20, burst: 100 } },
  'ecs:ListServiceDeployments': { throttle: { rate: 20, burst: 100 } },
  'ecs:DescribeTaskDefinition': { throttle: { rate: 20, burst: 100 } },
}

interface Sample {
  wall: number
  calls: number
  throttled: number
  cpu: number | undefined
  peak: number | undefined
}

const on = machine()
const tables: Table[] = []
tables.push(await measured('as fast as it answers', undefined))
tables.push(await measured('with the rates of an account', rates))
report('workflows', tables, on, flags)

async function measured(title: string, faults: FaultRules | undefined): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'))
  const sandbox = await sandboxInChild({ scripted: true, timings: NOTHING, faults })
  try {
    const product = await bookshop(sandbox, folder)
    // The services are made, and every cache is filled.
    await product.together()
    await product.apart()
    const run = (bring: () => Promise<Used[]>) => () => sampled(sandbox, bring)
    const samples = await alternate({ 'one workflow': run(product.together), 'separate deployments': run(product.apart) }, ROUNDS)
    return tableOf(title, samples)
  } finally {
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function sampled(sandbox: SandboxInChild, bring: () => Promise<Used[]>): Promise<Sample> {
  await sandbox.takeCalls()
  await sandbox.takeThrottled()
  const begun = performance.now()
  const used = await bring()
  const wall = (performance.now() - begun) / 1000
  const sum = (of: Record<string, number>) => Object.values(of).reduce((total, count) => total + count, 0)
  const all = (of: (one: Used) => number | undefined) => used.reduce((total, one) => total + (of(one) ?? Number.NaN), 0)
  return {
    wall,
    calls: sum(await sandbox.takeCalls()),
    throttled: sum(await sandbox.takeThrottled()),
    cpu: all(({ cpuMs }) => cpuMs) / 1000,
    peak: all(({ peakMiB }) => peakMiB),
  }
}

/** A product of services of two tasks; each way of bringing a release out commits one first. */
async function bookshop(sandbox: SandboxInChild, folder: string) {
  const names = Array.from({ length: COUNT }, (_, at) => `web-${String(at).padStart(2, '0')}`)
  const subnets = await infrastructure(sandbox, 'bookshop', names)
  const image = await pushedImage(sandbox.client)
  const repository = join(folder, 'bookshop')
  mkdirSync(repository)
  const envOf = (data: string) => ({
    ...sandbox.env,
    KIBAN_BUILDER: 'process',
    PATH: process.env.PATH,
    HOME: folder,
    NODE_COMPILE_CACHE: join(folder, 'compile'),
    XDG_DATA_HOME: join(folder, 'data', data),
    GIT_CONFIG_GLOBAL: '/dev/null',
  })
  const git = gitIn(repository, envOf('git'))
  git('init', '--quiet', '--initial-branch=main')
  let number = 0
  const commit = () => {
    const workflows = `workflows: { release: { steps: [{ deploy: [${names.join(', ')}] }] } }\n`
    writeFileSync(join(repository, 'kiban.yml'), manifest('bookshop', names, { subnets, image, number: ++number }) + workflows)
    git('add', '.')
    git('commit', '--quiet', '--message', `Release ${number}`)
  }
  const kiban = (data: string, ...argv: string[]) =>
    usedWell([KIBAN, ...argv, '--env', ENVIRONMENT, '--yes', '--json'], { env: envOf(data), cwd: repository })
  return {
    async together(): Promise<Used[]> {
      commit()
      return [await kiban('together', 'workflow', 'run', 'release')]
    },
    async apart(): Promise<Used[]> {
      commit()
      return Promise.all(names.map((name) => kiban(name, 'deploy', name)))
    },
  }
}

function tableOf(title: string, samples: Record<string, Sample[]>): Table {
  const apart = samples['separate deployments'] ?? []
  const of = (runs: readonly Sample[], what: keyof Sample) => runs.map((one) => one[what] ?? Number.NaN)
  const ratio = (runs: readonly Sample[], what: keyof Sample) => ratioOf(of(runs, what), of(apart, what))
  return {
    title: `${COUNT} services at once, ${title}`,
    columns: ['by', 'wall, s', 'ratio', 'AWS calls', 'ratio', 'throttled', 'CPU, s', 'ratio', 'peak MiB', 'runs'],
    rows: Object.entries(samples).map(([by, runs]): Cell[] => [
      by,
      summary(of(runs, 'wall')).median,
      ratio(runs, 'wall'),
      summary(of(runs, 'calls')).median,
      ratio(runs, 'calls'),
      summary(of(runs, 'throttled')).median,
      summary(of(runs, 'cpu')).median,
      ratio(runs, 'cpu'),
      summary(of(runs, 'peak')).median,
      runs.length,
    ]),
  }
}
