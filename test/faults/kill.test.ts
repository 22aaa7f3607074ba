// A sample of what `script/faults` does a hundred times on each database.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudStage, cloudStage } from '../deploy-stage.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { type Ground, groundOn, killedDeployment, settled } from './kill.ts'
import { type Killing, killingText } from './moment.ts'
import { script } from './product.ts'

let cloud: CloudStage
beforeAll(async () => {
  cloud = await cloudStage({ environments: ['staging', 'production'], script })
})
afterAll(() => cloud.close())

const sample: Killing[] = [
  { course: 'update', moments: [{ call: 'registry:PUT manifests', nth: 1, request: 'late' }], heir: 'later' },
  { course: 'restore', moments: [{ call: 'ecs:UpdateService', nth: 3, request: 'lost' }], heir: 'beside' },
]

const named = (killings: Killing[]): [string, Killing][] => killings.map((killing) => [killingText(killing), killing])

describe('on PGlite', () => {
  let ground: Ground
  beforeAll(async () => {
    ground = await groundOn(cloud, 'staging', undefined)
    await settled(ground)
  }, 180_000)
  afterAll(() => ground.close())

  test.each(named(sample))(
    'a deployment whose process is killed is finished by the next (%s)',
    async (_, killing) => {
      expect(await killedDeployment(ground, killing)).toMatchObject({ kills: 1, faults: [] })
    },
    180_000,
  )
})

describe('on PostgreSQL', () => {
  if (postgresPrograms === undefined) {
    test.skip('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)', () => {})
    return
  }
  let cluster: PostgresCluster
  beforeAll(async () => {
    cluster = await startPostgres()
  })
  afterAll(() => cluster.stop())

  test('a first deployment whose process is killed is finished by another', async () => {
    const ground = await groundOn(cloud, 'production', await cluster.createDatabase())
    try {
      const killing: Killing = {
        course: 'create',
        moments: [{ call: 'ecs:CreateService', nth: 1, request: 'answered' }],
        heir: 'later',
      }
      expect(await killedDeployment(ground, killing)).toMatchObject({ kills: 1, faults: [] })
    } finally {
      await ground.close()
    }
  }, 180_000)
})
