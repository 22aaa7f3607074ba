// A sample of what `script/faults --weather workflows` does at every step of a workflow.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudStage, cloudStage } from '../deploy-stage.ts'
import { type Ground, groundOn, settled } from './kill.ts'
import { script } from './product.ts'
import { killedWorkflow, type WorkflowKilling, workflowKillingText } from './workflow-kill.ts'

const sample: WorkflowKilling[] = [
  { course: 'update', moment: { call: 'ecs:RunTask', nth: 1, request: 'answered' } },
  { course: 'restore', moment: { state: 'returning' } },
]

describe('on PGlite', () => {
  let cloud: CloudStage
  let ground: Ground
  beforeAll(async () => {
    cloud = await cloudStage({ environments: ['staging'], script })
    ground = await groundOn(cloud, 'staging', undefined)
    await settled(ground)
  }, 180_000)
  afterAll(async () => {
    await ground?.close()
    await cloud?.close()
  })

  test.each(sample.map((killing) => [workflowKillingText(killing), killing] as const))(
    'a workflow whose process is killed is finished by the next (%s)',
    async (_, killing) => {
      expect(await killedWorkflow(ground, killing)).toEqual({ kills: 1, faults: [] })
    },
    180_000,
  )
})
