// Every release of the bookshop that the other journeys do not bring out, by itself on one good release, while customers shop:
// each ends as its patch announces, for the reason that it announces.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endedAs, promisedOf } from '../../examples/bookshop/demo/deployments.ts'
import { startTraffic, type Traffic } from '../../examples/bookshop/load/traffic.ts'
import { commitRelease, type Release, releases, revertRelease } from '../../examples/bookshop/repository.ts'
import { scaledClock } from '../../src/core/clock.ts'
import { openShop, type Shop } from './shop.ts'
import type { Terminal } from './terminal.ts'

/** As in the demo: a task that flaps does so faster than its successor starts, which only the times of Fargate show. */
const TIME = { clock: scaledClock(10), tasks: {} }
/** Light, for the tasks and the commands take what a small machine has. */
const LOAD = { shoppers: 2, perSecond: 5 }

/** Services do not wait for one another, so that each row is a lane of its own: what is deployed where, one after the other. */
const lanes = [
  {
    environment: 'staging',
    service: 'api',
    names: ['04-health-404', '07-oom', '08-slow-start', '10-migration-fails', '18-health-500'],
  },
  {
    environment: 'staging',
    service: 'web',
    names: [
      '05-wrong-port',
      '06-missing-secret',
      '11-image-missing',
      '14-graviton',
      '15-command-not-found',
      '16-role-missing',
      '17-log-group-missing',
      '19-build-fails',
    ],
  },
  { environment: 'staging', service: 'worker', names: ['13-ignores-sigterm', '09-exits-zero'] },
  { environment: 'production', service: 'api', names: ['12-flapping'] },
]
/** In demo.test.ts, deploys.test.ts. */
const elsewhere = ['02-prices', '03-crash']

let shop: Shop
let terminal: Terminal
let commits: Record<string, string>
let customers: Traffic[]

beforeAll(async () => {
  shop = await openShop(['staging', 'production'], TIME)
  terminal = shop.terminal()
  for (const command of [['deploy', '--env', 'staging'], ['promote']]) {
    const ended = await terminal.run(...command, '--yes')
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  }
  commits = {}
  for (const { name } of releases()) {
    commits[name] = commitRelease(shop.repository, name)
    revertRelease(shop.repository)
  }
  customers = Object.values(shop.url).map((url) => startTraffic(url, LOAD))
})
afterAll(() => shop.close())

test('every release is brought out by some journey', () => {
  const here = lanes.flatMap(({ names }) => names)
  expect([...here, ...elsewhere].sort()).toEqual(releases().map(({ name }) => name))
})

test('each ends with the verdict and the cause that it announces, and no customer notices', async () => {
  const ended = await Promise.all(lanes.map((lane) => played(lane)))
  expect(ended.flat()).toEqual(
    lanes.flatMap(({ names }) => names.map((name) => ({ release: name, verdict: expect.any(String), kept: true }))),
  )
  const counts = await Promise.all(customers.map((traffic) => traffic.stop()))
  for (const { requests, failures } of counts) {
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
  }
})

async function played({ environment, service, names }: (typeof lanes)[number]): Promise<object[]> {
  const seen: object[] = []
  for (const name of names) {
    const promised = promisedOf(releases().find((release) => release.name === name) as Release)
    const where = ['--env', environment]
    const { code, stdout, stderr } = await terminal.run('deploy', service, ...where, '--ref', commits[name] ?? '', '--yes')
    const [{ deployments }] = await terminal.json('history', ...where, '--limit', '50')
    const deployment = deployments.find(({ commit }: { commit: string }) => commit === commits[name])
    const { release, verdict, cause, kept } = endedAs(promised, deployment, code ?? -1)
    seen.push({ release, verdict, kept, ...(kept ? {} : { cause, code, promised, said: stdout + stderr }) })
  }
  return seen
}
