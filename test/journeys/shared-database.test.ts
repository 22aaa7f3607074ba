// With DATABASE_URL several processes share the work: none owns it, and each acts with its own credentials.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitRelease } from '../../examples/bookshop/repository.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { testSandbox } from '../support.ts'
import { openShop, type Shop } from './shop.ts'

describe('on PostgreSQL', () => {
  if (postgresPrograms === undefined) {
    test.skip('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)', () => {})
    return
  }
  let cluster: PostgresCluster
  let shop: Shop
  let other: Sandbox
  let shared: { DATABASE_URL: string }
  beforeAll(async () => {
    cluster = await startPostgres()
    shared = { DATABASE_URL: await cluster.createDatabase() }
    shop = await openShop()
    other = await testSandbox()
  })
  afterAll(async () => {
    await shop.close()
    await other.close()
    await cluster.stop()
  })

  test('a process with credentials of another cloud leaves a deployment to the one that has the right ones', async () => {
    const right = shop.terminal(shared)
    expect(await right.run('deploy', 'worker', '--env', 'staging', '--yes')).toMatchObject({ code: 0 })
    // It stays for as long as it waits for the lock, and takes its part of the work meanwhile.
    expect((await right.run('lock', 'take', 'worker', '--env', 'staging')).code).toBe(0)
    const bystander = shop.terminal({ ...shared, ...other.env }).start('watch')
    const deploying = right.start('deploy', '--env', 'staging', '--force', '--yes')
    await deploying.says('Waiting for worker')
    const wrong = shop.terminal({ ...shared, ...other.env }).start('watch')
    expect((await right.run('lock', 'release', '--env', 'staging')).code).toBe(0)
    expect(await deploying.ended).toMatchObject({ code: 0 })
    expect(await wrong.ended).toMatchObject({ code: 0 })
    expect((await bystander.ended).code).toBe(0)
    expect(other.cloud.table('ecs.tasks').size + other.cloud.table('ecs.services').size).toBe(0)
  })

  test('when a process is killed another finishes its deployment, with one verdict', async () => {
    commitRelease(shop.repository, '02-prices')
    const first = shop.terminal(shared)
    const second = shop.terminal({ ...shared, KIBAN_ACTOR: 'haru' })
    const deploying = first.start('deploy', '--env', 'staging', '--yes')
    await deploying.says('Building')
    const watching = second.start('watch')
    await watching.says('Building')
    deploying.process.kill('SIGKILL')
    await deploying.ended
    const { code, stdout } = await watching.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/✔ dep_\w+ succeeded/)
    const [{ deployments }] = await first.json('history')
    expect(deployments.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    const [{ locks }] = await first.json('lock', 'list', '--env', 'staging')
    expect(locks).toEqual([])
  })
})
