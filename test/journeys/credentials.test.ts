// Terminals with different AWS environments on one data folder: each acts with its own credentials, and no other.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitRelease } from '../../examples/bookshop/repository.ts'
import { scaledClock } from '../../src/core/clock.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { quickTimings } from '../deploy-stage.ts'
import { testSandbox } from '../support.ts'
import { makeCloud, openShop, type Shop } from './shop.ts'

/** The shop's own cloud, and another one that looks just like it. */
let shop: Shop
let other: Sandbox
beforeAll(async () => {
  shop = await openShop()
  other = await testSandbox({ clock: scaledClock(5), tasks: { timings: quickTimings } })
  await makeCloud('staging', join(shop.folder, 'other-books'), { ...shop.env, ...other.env })
})
afterAll(async () => {
  await shop.close()
  await other.close()
})

const servicesOf = (sandbox: Sandbox) => [...sandbox.cloud.table<{ name: string }>('ecs.services').keys()].length
const writesOf = (sandbox: Sandbox) => sandbox.cloud.table('ecs.tasks').size

test('two terminals deploy at the same time, each to its own cloud, through one owner', async () => {
  const [here, there] = [shop.terminal(), shop.terminal(other.env)]
  const first = here.start('deploy', 'api', '--env', 'staging', '--yes')
  await first.says('api')
  // The same product and environment: the second waits for its turn, then rolls in the other cloud.
  const second = there.start('deploy', 'web', '--env', 'staging', '--yes')
  expect(await first.ended).toMatchObject({ code: 0 })
  expect(await second.ended).toMatchObject({ code: 0 })
  expect([servicesOf(shop.sandbox), servicesOf(other)]).toEqual([1, 1])
})

test('whoever continues with credentials of another cloud writes nothing, says so and waits for the right ones', async () => {
  commitRelease(shop.repository, '02-prices')
  const right = shop.terminal()
  const deploying = right.start('deploy', 'worker', '--env', 'staging', '--yes')
  await deploying.says('Building')
  deploying.process.kill('SIGKILL')
  await deploying.ended
  const [{ deployments }] = await shop.terminal(other.env).json('history')
  const { id } = deployments[0]

  const [before, tasks] = [servicesOf(other), writesOf(other)]
  const wrong = shop.terminal(other.env).start('watch', id)
  await wrong.says('and the credentials here are of')
  await wrong.says(`kiban watch ${id}`)
  const stored = await shop.terminal(other.env).json('status')
  expect(stored[0].environments[0].open).toMatchObject([{ id }])
  expect([servicesOf(other), writesOf(other)]).toEqual([before, tasks])

  // The right ones come from another terminal, to the process that has the wrong ones.
  const brought = shop.terminal().start('watch', id)
  expect(await brought.ended).toMatchObject({ code: 0 })
  expect(await wrong.ended).toMatchObject({ code: 0 })
  expect([servicesOf(shop.sandbox), servicesOf(other)]).toEqual([2, before])
})

test('what waits for credentials can be cancelled without them, before it has begun', async () => {
  commitRelease(shop.repository, '13-ignores-sigterm')
  const deploying = shop.terminal().start('deploy', 'web', '--env', 'staging', '--yes')
  await deploying.says('Building')
  deploying.process.kill('SIGKILL')
  await deploying.ended
  const wrong = shop.terminal(other.env)
  expect(await wrong.run('cancel', '--env', 'staging', '--yes')).toMatchObject({ code: 0 })
  const [{ deployments }] = await wrong.json('history')
  expect(deployments[0]).toMatchObject({ verdict: 'stopped', cancel: { by: 'aoi' } })
})

test('without credentials, without a region, or with nobody at the endpoint, the error says the next step', async () => {
  const bare = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' }
  expect(await shop.terminal(bare).run('deploy', '--env', 'staging', '--yes')).toMatchObject({ code: 3, stdout: '' })
  const down = await shop.terminal({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }).run('plan', '--env', 'staging')
  expect(down).toMatchObject({ code: 6, stdout: '' })
  const wrongKeys = await shop.terminal({ AWS_SECRET_ACCESS_KEY: 'wrong' }).run('plan', '--env', 'staging')
  expect(wrongKeys).toMatchObject({ code: 3, stdout: '' })
  for (const { stderr } of [down, wrongKeys]) expect(stderr).toMatch(/^✖ .+\n {2}Do {2}.+\n$/)
})
