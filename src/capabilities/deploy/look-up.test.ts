import { afterAll, beforeAll, expect, test } from 'vitest'
import { release, started } from '../../../test/deploy-stage.ts'
import type { Database } from '../../database/database.ts'
import { openDatabase } from '../../database/open-database.ts'
import { deployments, releases, status } from './look-up.ts'

const COUNT = 7
let database: Database
const ids: string[] = []

beforeAll(async () => {
  database = await openDatabase({})
  for (let number = 1; number <= COUNT; number++) {
    const of = await release(database, number)
    const odd = number % 2 === 1
    // Two at a time were asked for in the same millisecond.
    const createdAt = Date.parse('2026-11-25T09:00:00Z') + Math.floor(number / 2)
    const environment = odd ? 'staging' : 'production'
    ids.push(
      await started(database, of, { environment, createdAt, createdBy: odd ? 'aoi' : 'umi', services: odd ? ['web'] : [] }),
    )
  }
  await database.query(`update deploy_deployments set state = 'done', verdict = 'failed' where id = $1`, [ids[2]])
  await database.query(
    `insert into deploy_rollouts (deployment_id, service, action, cluster, name) values ($1, 'api', 'update', 'c', 'n'), ($1, 'web', 'for-task', 'c', 'n')`,
    [ids[1]],
  )
  await started(database, await release(database, 8), { product: 'toyshop' })
})
afterAll(() => database.close())

const of = async (filter: object) =>
  (await deployments(database, { product: 'bookshop', limit: 50, ...filter })).deployments.map(({ id }) => ids.indexOf(id) + 1)

test('deployments come page by page, the newest first, each once', async () => {
  const seen: string[] = []
  const sizes: number[] = []
  let cursor: string | undefined
  do {
    const page = await deployments(database, { product: 'bookshop', limit: 3, cursor })
    seen.push(...page.deployments.map(({ id }) => id))
    sizes.push(page.deployments.length)
    cursor = page.next
  } while (cursor)
  expect(sizes).toEqual([3, 3, 1])
  expect(new Set(seen)).toEqual(new Set(ids))
  expect(seen).toEqual((await deployments(database, { product: 'bookshop', limit: 50 })).deployments.map(({ id }) => id))
  expect([...seen].reverse()[0]).toBe(ids[0])
})

test('and by environment, service, person and verdict', async () => {
  expect((await of({ environment: 'production' })).sort()).toEqual([2, 4, 6])
  expect(await of({ service: 'api' })).toEqual([2])
  expect((await of({ service: 'web' })).sort()).toEqual([1, 3, 5, 7])
  expect((await of({ actor: 'umi' })).sort()).toEqual([2, 4, 6])
  expect(await of({ verdict: 'failed' })).toEqual([3])
})

test('releases come page by page as well', async () => {
  const first = await releases(database, { product: 'bookshop', limit: 5 })
  const rest = await releases(database, { product: 'bookshop', limit: 5, cursor: first.next })
  expect([first.releases.length, rest.releases.length, rest.next]).toEqual([5, 3, undefined])
  expect(new Set([...first.releases, ...rest.releases].map(({ id }) => id)).size).toBe(8)
  expect((await releases(database, { product: 'bookshop', ref: 'v1', limit: 5 })).releases).toEqual([])
})

test('a cursor of another product, or of nobody, is told as such', async () => {
  for (const cursor of [ids[0], 'x', "' or 1=1"])
    await expect(deployments(database, { product: 'toyshop', limit: 5, cursor })).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(releases(database, { product: 'bookshop', limit: 5, cursor: 'x' })).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

test("a status tells of each service's last rollout that went well, and of no one-off task's", async () => {
  const rolled = async (number: number, at: string, rollouts: [service: string, verdict: string, action?: string][]) => {
    const of = await release(database, number)
    const id = await started(database, of, { product: 'bookshop', environment: 'sandbox', createdAt: Date.parse(at) })
    for (const [service, verdict, action = 'update'] of rollouts)
      await database.query(
        `insert into deploy_rollouts (deployment_id, service, action, cluster, name, verdict, ended_at)
         values ($1, $2, $3, 'c', 'n', $4, $5::timestamptz)`,
        [id, service, action, verdict, at],
      )
    return { releaseId: of.id, commit: of.commit, deploymentId: id, since: Date.parse(at) }
  }
  const [first, noon, night] = ['2026-11-26T09:00:00Z', '2026-11-26T12:00:00Z', '2026-11-26T22:00:00Z'] as const
  const one = await rolled(21, first, [
    ['web', 'succeeded'],
    ['api', 'succeeded'],
  ])
  const two = await rolled(22, noon, [['web', 'succeeded']])
  await rolled(23, night, [
    ['web', 'rolled-back'],
    ['api', 'succeeded', 'for-task'],
  ])
  expect((await status(database, 'bookshop', 'sandbox')).environments.map(({ services }) => services)).toEqual([
    [
      { service: 'api', ...one },
      { service: 'web', ...two },
    ],
  ])
})
