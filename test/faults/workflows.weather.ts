// A workflow's process is killed at every step, on PGlite and on PostgreSQL.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudStage, cloudStage } from '../deploy-stage.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { type Ground, groundOn, settled } from './kill.ts'
import { script } from './product.ts'
import { killedWorkflow, workflowKillings, workflowKillingText } from './workflow-kill.ts'

const databases = postgresPrograms === undefined ? ['PGlite'] : ['PGlite', 'PostgreSQL']

describe.each(databases)('on %s', (name) => {
  let cloud: CloudStage
  let cluster: PostgresCluster | undefined
  let ground: Ground
  beforeAll(async () => {
    cloud = await cloudStage({ environments: ['staging'], script })
    cluster = name === 'PostgreSQL' ? await startPostgres() : undefined
    ground = await groundOn(cloud, 'staging', await cluster?.createDatabase())
    await settled(ground)
  }, 180_000)
  afterAll(async () => {
    await ground?.close()
    await cluster?.stop()
    await cloud?.close()
  })

  test.each(workflowKillings.map((killing) => [workflowKillingText(killing), killing] as const))(
    'a workflow whose process is killed is finished by the next (%s)',
    async (_, killing) => {
      expect(await killedWorkflow(ground, killing)).toMatchObject({ faults: [] })
    },
    180_000,
  )
})
