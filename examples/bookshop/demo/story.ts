// The demo from its first scene to its last: a cloud, a product, a good release, a bad one, and the way back.
import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import type { Block } from '../../../src/core/view.ts'
import type { LoadOptions } from '../load/load.ts'
import type { FailedRequest, Summary } from '../load/tally.ts'
import { startTraffic, type Traffic } from '../load/traffic.ts'
import { commitRelease, createRepository, releases, revertRelease } from '../repository.ts'
import { type Ended, endedAs, type Promised, promisedGood, promisedOf } from './deployments.ts'
import { runKiban } from './run-kiban.ts'
import type { Screen } from './screen.ts'
import { shopTrouble } from './shop-log.ts'
import type { Stage } from './stage.ts'
import { words } from './words.ts'

const LOAD = { shoppers: 4, perSecond: 20 } satisfies LoadOptions
const COUNT_MS = 250
/** No deployment of the shop takes so long, even where it times out. */
const LONGEST_MS = 300_000
const FIRST = '01-open'
const GOOD = '02-prices'

/** What has happened so far. */
export interface Told {
  url: string | undefined
  traffic: Traffic | undefined
  deployments: Ended[]
}

export interface Plot {
  /** How many times as fast the sandbox's services wait. */
  speed: number
  /** The releases that go wrong. */
  bad: string[]
}

/** How many deployments the story has: the first, a good one, the bad ones and the way back. */
export const deploymentsOf = (bad: readonly string[]): number => bad.length + 3

/** Plays every scene; what it leaves is written to `told` as it happens. */
export async function tell(plot: Plot, stage: Stage, screen: Screen, told: Told, signal: AbortSignal): Promise<void> {
  const deploy = deployer(stage, screen, told, signal)
  const url = await until(signal, cloud(plot.speed, stage, screen))
  told.url = url
  product(stage, screen)

  screen.scene(words.firstTitle)
  await until(signal, stage.warm)
  if (!(await deploy('deploy', promisedGood(FIRST)))) return
  screen.show([{ kind: 'line', line: words.open(url), mark: 'good' }])
  told.traffic = startTraffic(url, LOAD)
  screen.show([{ kind: 'line', line: words.customers(LOAD.shoppers, LOAD.perSecond), mark: 'good' }])
  const uncount = countBelow(screen, told.traffic)

  screen.scene(words.goodTitle)
  release(GOOD, 'store/migrations', stage, screen)
  await deploy('deploy', promisedOf(found(GOOD)))

  for (const bad of plot.bad) {
    screen.scene(words.badTitle)
    release(bad, '.', stage, screen)
    await deploy('deploy', promisedOf(found(bad)))
    screen.show([{ kind: 'line', line: words.reverted(revertRelease(stage.repository).slice(0, 12)), mark: 'muted' }])
  }

  screen.scene(words.rollbackTitle)
  screen.show([{ kind: 'line', line: words.rollbackWhy }])
  await deploy('rollback', promisedGood(FIRST))
  uncount()
}

/** Gives up waiting when somebody asks for an end. */
async function until<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function cloud(speed: number, stage: Stage, screen: Screen): Promise<string> {
  screen.scene(words.cloudTitle)
  screen.command(['kiban', 'sandbox', '--speed', String(speed)])
  screen.show([
    { kind: 'line', line: words.cloudUp(stage.env.AWS_ENDPOINT_URL ?? ''), mark: 'good' },
    { kind: 'line', line: words.cloudSpeed(speed), mark: 'muted' },
  ])
  const environments = await stage.makeCloud()
  const made = environments.flatMap((environment) => environment.made.filter(({ isNew }) => isNew))
  screen.show([{ kind: 'line', line: words.cloudMade(made.length), mark: 'good' }])
  return environments.find(({ environment }) => environment === 'staging')?.url ?? ''
}

function product({ repository }: Stage, screen: Screen): void {
  screen.scene(words.productTitle)
  const commit = createRepository(repository)
  screen.show([
    { kind: 'line', line: words.productIs('api, web, worker'), mark: 'muted' },
    { kind: 'line', line: words.committed(commit.slice(0, 12), 'Open the bookshop'), mark: 'good' },
  ])
}

/** Commits a release and shows the lines that it adds in a folder. */
function release(name: string, folder: string, { repository }: Stage, screen: Screen): void {
  const { title } = found(name)
  const commit = commitRelease(repository, name)
  const shown = execFileSync('git', ['show', '--unified=0', '--format=', commit, '--', folder], {
    cwd: repository,
    encoding: 'utf8',
  })
  screen.show([
    { kind: 'line', line: words.committed(commit.slice(0, 12), title), mark: 'good' },
    { kind: 'diff', indent: 2, rows: changedLines(shown) },
  ])
}

function changedLines(diff: string): Extract<Block, { kind: 'diff' }>['rows'] {
  const changed = diff.split('\n').filter((line) => /^[-+](?![-+]{2} )/.test(line) && line.length > 1)
  return changed.map((line) => ({ sign: line[0] as '+' | '-', line: line.slice(1) }))
}

function found(name: string) {
  const release = releases().find((one) => one.name === name)
  if (!release) throw new Error(`There is no release ${name}`)
  return release
}

/** Runs a deployment and says what the customers saw of it; gives whether it ended as promised. */
function deployer(stage: Stage, screen: Screen, told: Told, signal: AbortSignal) {
  return async (verb: 'deploy' | 'rollback', promised: Promised): Promise<boolean> => {
    signal.throwIfAborted()
    const argv = [verb, '--env', 'staging', '--yes']
    const begun = Date.now()
    await told.traffic?.lap()
    screen.command(['kiban', ...argv])
    const exitCode = await runKiban(argv, stage, screen, AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]))
    const ended = endedAs(promised, await stage.newestDeployment(), exitCode)
    told.deployments.push(ended)
    const lap = await told.traffic?.lap()
    screen.show([...(lap ? meanwhile(lap) : []), ...(lap?.failed ? await troubles(begun) : []), kept(promised, ended)])
    return ended.kept
  }
}

/** Keeps the count of all requests in sight; gives the way to stop. */
function countBelow(screen: Screen, traffic: Traffic): () => void {
  let on = true
  const count = async () => {
    while (on) {
      const { requests, failed } = await traffic.total()
      if (on) screen.footer([{ text: '●', tone: failed === 0 ? 'good' : 'bad' }, ' ', words.customersSoFar(requests, failed)])
      await wait(COUNT_MS, undefined, { ref: false })
    }
  }
  // Whatever ends the traffic is told by whoever asks for a lap.
  count().catch(() => {})
  return () => {
    on = false
    screen.footer(undefined)
  }
}

function meanwhile({ requests, failed, p50, p99, failures }: Summary): Block[] {
  if (failed === 0) return [{ kind: 'line', line: words.meanwhile(requests, p50, p99), mark: 'good' }]
  return [{ kind: 'line', line: words.meanwhileFailed(requests, failed), mark: 'bad' }, ...failedRequests(failures)]
}

/** What the shop's own log has to say about it. */
async function troubles(since: number): Promise<Block[]> {
  const lines = await shopTrouble(since)
  return lines.map(({ at, service, text }) => ({
    kind: 'line',
    indent: 4,
    line: [{ time: at, tone: 'muted' }, '  ', { text: service, tone: 'muted' }, '  ', text],
  }))
}

export const failedRequests = (failures: readonly FailedRequest[]): Block[] =>
  failures.map(({ at, request, reason }) => ({ kind: 'line', indent: 4, line: [{ time: at }, '  ', request, '  ', reason] }))

function kept(promised: Promised, { verdict, cause, exitCode, kept }: Ended): Block {
  if (kept) return { kind: 'line', line: words.asPromised(exitCode, cause ?? undefined), mark: 'good' }
  const name = (verdict: string | null, cause: string | null) => [verdict ?? '?', cause].filter(Boolean).join(', ')
  const was = `${name(verdict, cause)} (${exitCode})`
  return { kind: 'line', line: words.notAsPromised(was, name(promised.verdict, promised.cause)), mark: 'bad' }
}
