// Deployments on machines that go wrong: clocks that are set, a database that crashes, a process that is suspended, a full disk.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advance } from '../../src/capabilities/deploy/advance.ts'
import { type State, states } from '../../src/capabilities/deploy/deployment.ts'
import { findDeployment } from '../../src/capabilities/deploy/deployment-store.ts'
import type { Clock } from '../../src/core/clock.ts'
import { type CloudStage, cloudStage, deployStage, release, started } from '../deploy-stage.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { brokenPromises, faultsOf } from './aftermath.ts'
import { Crew, type Ground, groundOn, isIn, settled } from './kill.ts'
import { script } from './product.ts'

const PATIENCE_MS = 240_000
const HOUR_MS = 3_600_000

describe.each([3 * HOUR_MS, -3 * HOUR_MS])('a clock that is set by %s ms', (jump) => {
  test.each(['locked', 'migrating', 'rolling', 'verifying'] as const)(
    'in the state %s changes no verdict',
    async (state) => {
      const stage = await deployStage()
      stage.act(({ group }) => (group.startsWith('family:') ? { exits: { after: 1_000, code: 0 } } : { startAfter: 2_000 }))
      let offset = 0
      const clock: Clock = { ...stage.engine.clock, now: () => Date.now() + offset }
      const { database } = stage.engine
      const id = await started(database, await release(database, 1))
      const end = advance({ ...stage.engine, clock }, id, new AbortController().signal)
      await expect
        .poll(async () => states.indexOf((await findDeployment(database, id))?.state as State), { timeout: 60_000, interval: 5 })
        .toBeGreaterThanOrEqual(states.indexOf(state))
      offset = jump
      await end
      expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
      await stage.close()
    },
    PATIENCE_MS,
  )
})

describe('of a cloud', () => {
  let cloud: CloudStage
  let crew: Crew
  beforeAll(async () => {
    cloud = await cloudStage({ script, environments: ['staging', 'production'] })
  })
  afterAll(() => cloud.close())

  describe('PostgreSQL', () => {
    if (postgresPrograms === undefined) {
      test.skip('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)', () => {})
      return
    }
    let cluster: PostgresCluster
    let ground: Ground
    beforeAll(async () => {
      cluster = await startPostgres()
      ground = await groundOn(cloud, 'production', await cluster.createDatabase())
      await settled(ground)
    }, PATIENCE_MS)
    afterAll(async () => {
      await ground.close()
      await cluster.stop()
    })

    test(
      'has a build that is cancelled, and ends at once with all that it started',
      async () => {
        crew = new Crew(ground)
        ground.product.release('cancel', { buildMs: 600_000 })
        const deploying = crew.deploy()
        const id = (await deploying.item(() => true))?.deployment.id ?? ''
        await expect.poll(() => readdir(join(ground.data, 'builds')), { timeout: 60_000 }).toHaveLength(1)
        await wait(1_000)
        expect(await crew.cancel(id).ended).toBe(0)
        expect(await deploying.ended).toBe(12)
        expect(await faultsOf(ground, id, 'cancel')).toEqual([])
      },
      PATIENCE_MS,
    )

    test.each(['ecs:RegisterTaskDefinition', 'ecs:RunTask', 'ecs:UpdateService'])(
      'has a process that is suspended at %s, replaced, and wakes up',
      async (call) => {
        crew = new Crew(ground)
        ground.product.release('update')
        const sleeping = crew.deploy()
        ground.wire.decide = (passing) => {
          if (passing !== call) return undefined
          ground.wire.decide = () => undefined
          return {
            async going() {
              sleeping.send('SIGSTOP')
              return undefined
            },
          }
        }
        const id = (await sleeping.item(() => true))?.deployment.id ?? ''
        const other = crew.watch(id)
        expect(await other.ended).toBe(0)
        sleeping.send('SIGCONT')
        expect(await sleeping.ended).toBe(0)
        expect(await faultsOf(ground, id, 'update', { errors: true })).toEqual([])
        await crew.kill()
      },
      PATIENCE_MS,
    )

    test.each(['queued', 'registered', 'migrating', 'verifying'] as const)(
      'that crashes in the state %s is waited for',
      async (state) => {
        crew = new Crew(ground)
        ground.product.release('update')
        const deploying = crew.deploy()
        const item = await deploying.item(isIn(state))
        await cluster.crash()
        await wait(4_000)
        await cluster.start()
        expect([await deploying.ended, await deploying.stderr]).toEqual([0, ''])
        expect(await faultsOf(ground, item?.deployment.id ?? '', 'update', { errors: true })).toEqual([])
        await crew.kill()
      },
      PATIENCE_MS,
    )
  })
})
