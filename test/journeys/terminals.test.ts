// Several terminals on one data folder: one owns the database, the others are its clients, and all just work.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitRelease, revertRelease } from '../../examples/bookshop/repository.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

test('a second terminal looks on while the first deploys, and both see the verdict', async () => {
  const [first, second] = [shop.terminal(), shop.terminal({ KIBAN_ACTOR: 'haru' })]
  const deploying = first.start('deploy', '--env', 'staging', '--yes')
  await deploying.says('api')
  const [status] = await second.json('status')
  expect(status.environments).toMatchObject([{ environment: 'staging', open: [{ createdBy: 'aoi' }] }])
  const watching = second.start('watch')
  const [deployed, watched] = [await deploying.ended, await watching.ended]
  expect(deployed).toMatchObject({ code: 0 })
  expect(watched).toMatchObject({ code: 0 })
  expect(watched.stdout).toMatch(/dep_\w+ succeeded/)
  expect((await fetch(`${shop.url.staging}/`)).status).toBe(200)
})

test('when the owner is killed in mid-rollout its client goes on, and tells the verdict', async () => {
  commitRelease(shop.repository, '02-prices')
  const [first, second] = [shop.terminal(), shop.terminal({ KIBAN_ACTOR: 'haru' })]
  const owner = first.start('deploy', '--env', 'staging', '--yes')
  await owner.says('Building api')
  const client = second.start('watch', '--json')
  await client.says(/"state":"(rolling|verifying)"/)
  owner.process.kill('SIGKILL')
  expect((await owner.ended).code).toBe(null)
  const { code, stdout } = await client.ended
  expect(code).toBe(0)
  const items = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(items.at(-1).deployment).toMatchObject({ state: 'done', verdict: 'succeeded', createdBy: 'aoi' })
  // Each event once, across the death of the owner.
  const seqs = items.flatMap(({ events }) => events.map(({ seq }: { seq: number }) => seq))
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  const [{ deployments }] = await first.json('history')
  expect(deployments.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['succeeded', 'succeeded'])
})

test('Ctrl-C stops watching, and says how to come back; the next command goes on and says so', async () => {
  const terminal = shop.terminal()
  const deploying = terminal.start('deploy', '--env', 'staging', '--force', '--yes')
  await deploying.says('migrate ended')
  deploying.process.kill('SIGINT')
  const { code, stderr } = await deploying.ended
  expect(code).toBe(130)
  const id = /dep_\w+/.exec(stderr)?.[0] ?? ''
  expect(stderr).toContain(`kiban watch ${id}`)
  expect(stderr).toContain(`kiban cancel --env staging ${id}`)
  const stranger = shop.terminal({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' })
  const { stderr: said } = await stranger.run('history')
  expect(said).toContain(`An earlier kiban left ${id}, which waits: `)
  expect(said).not.toContain('Going on')
  const watched = await terminal.run('watch', id)
  expect(watched.stderr).toContain(`Going on with ${id}, which an earlier kiban left`)
  expect(watched).toMatchObject({ code: 0 })
})

test('a deployment that another terminal cancels goes back, and whoever watches it is told', async () => {
  // It would listen after five minutes.
  commitRelease(shop.repository, '08-slow-start')
  const [first, second] = [shop.terminal(), shop.terminal({ KIBAN_ACTOR: 'haru' })]
  const deploying = first.start('deploy', '--env', 'staging', '--yes')
  await deploying.says('migrate ended')
  const cancelled = await second.run('cancel', '--env', 'staging', '--yes')
  expect(cancelled).toMatchObject({ code: 0 })
  const { code, stdout } = await deploying.ended
  expect(code).toBe(12)
  expect(stdout).toMatch(/dep_\w+ stopped/)
  expect(await second.run('cancel', '--env', 'staging', '--yes')).toMatchObject({ code: 4 })
  revertRelease(shop.repository)
})

test('what another terminal locked waits, says for whom, and goes on when it is released', async () => {
  const [aoi, haru] = [shop.terminal(), shop.terminal({ KIBAN_ACTOR: 'haru' })]
  expect(await haru.run('lock', 'take', 'web', '--env', 'staging', '--reason', 'sale')).toMatchObject({ code: 0 })
  expect(await aoi.run('lock', 'release', 'web', '--env', 'staging')).toMatchObject({ code: 5, stdout: '' })
  const deploying = aoi.start('deploy', 'web', '--env', 'staging', '--force', '--yes')
  await deploying.says('haru')
  await deploying.says('sale')
  const [{ locks }] = await haru.json('lock', 'list', '--env', 'staging')
  expect(locks).toMatchObject([{ service: 'web', actor: 'haru', reason: 'sale', waiters: [{ actor: 'aoi' }] }])
  expect(await haru.run('lock', 'release', '--env', 'staging')).toMatchObject({ code: 0 })
  expect(await deploying.ended).toMatchObject({ code: 0 })
})
