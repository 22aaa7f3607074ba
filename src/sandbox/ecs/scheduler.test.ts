import { expect, test } from 'vitest'
import { createWeb, told, web } from './service-for-tests.ts'
import { newStage } from './stage-for-tests.ts'

const MINUTES = 60_000

test('a new service starts its tasks and is steady when they have settled', async () => {
  const stage = newStage()
  await createWeb(stage)
  await stage.clock.advance(2 * MINUTES)
  const { status, runningCount, pendingCount, deployments } = await web(stage)
  expect({ status, runningCount, pendingCount }).toEqual({ status: 'ACTIVE', runningCount: 2, pendingCount: 0 })
  expect(deployments?.map((each) => [each.status, each.rolloutState])).toEqual([['PRIMARY', 'COMPLETED']])
  const id = deployments?.[0]?.id
  expect(await told(stage)).toEqual([
    'has started 2 tasks: (task) (task).',
    `(deployment ${id}) deployment completed.`,
    'has reached a steady state.',
  ])
})
