// Deployments while AWS is slow to tell, slow to take, loses answers, or is gone for a while.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { advance } from '../../src/capabilities/deploy/advance.ts'
import { findDeployment } from '../../src/capabilities/deploy/deployment-store.ts'
import type { FaultRules } from '../../src/sandbox/faults.ts'
import { seeded } from '../chance.ts'
import { closeEngine, type DeployStage, deployEngine, deployed, deployStage, release, started } from '../deploy-stage.ts'
import { brokenPromises } from './aftermath.ts'
import { wireTo } from './wire.ts'

const PATIENCE_MS = 600_000
const never = new AbortController().signal

let stage: DeployStage
beforeEach(async () => {
  stage = await deployStage()
  migrateQuickly()
})
afterEach(() => stage.close())

const migrateQuickly = () => stage.act((task) => (task.group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : {}))

/** A first deployment and an update, both in this weather. */
async function twice(rules: FaultRules): Promise<string[]> {
  const { database } = stage.engine
  const wrong: string[] = []
  for (const number of [1, 2]) {
    stage.sandbox.faults.set(rules)
    const { id } = await deployed(stage.engine, await release(database, number))
    stage.sandbox.faults.clear()
    wrong.push(...(await brokenPromises(stage, database, id, 'succeeded')))
  }
  return wrong
}

/** A deployment of which one service fails, in this weather: the other goes back. */
async function failing(rules: FaultRules): Promise<string[]> {
  const { database } = stage.engine
  await deployed(stage.engine, await release(database, 1))
  stage.act((task) => {
    if (task.group.startsWith('family:')) return { exits: { after: 50, code: 0 } }
    const isBad = task.group.endsWith('-web') && task.containers[0]?.image?.endsWith('2')
    return isBad ? { startAfter: 500, failsToStart: 'CannotPullContainerError: not found' } : {}
  })
  stage.sandbox.faults.set(rules)
  const { id } = await deployed(stage.engine, await release(database, 2))
  stage.sandbox.faults.clear()
  return brokenPromises(stage, database, id, 'rolled-back')
}

const weather: Record<string, FaultRules> = {
  'one call a second to ECS': { 'ecs:*': { throttle: { rate: 1 } } },
  'one call a second to all of AWS': { '*': { throttle: { rate: 1 } } },
  'reads that are 2 s behind': { '*': { lag: 2_000 } },
  'one call a second, and reads that are 2 s behind': { 'ecs:*': { throttle: { rate: 1 }, lag: 2_000 } },
  'every third request refused with a 503': { '*': { failure: { probability: 0.33 } } },
  'every fifth answer lost': { 'ecs:*': { failure: { probability: 0.2, when: 'after' } } },
  'answers that take up to 2 s': { '*': { latency: [100, 2_000] } },
}

describe.each(Object.entries(weather))('with %s', (_, rules) => {
  test(
    'deployments succeed, and nothing is done twice',
    async () => {
      expect(await twice(rules)).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a deployment that fails goes back',
    async () => {
      expect(await failing(rules)).toEqual([])
    },
    PATIENCE_MS,
  )
})

test(
  'connections that break on the way there and back change nothing in the end',
  async () => {
    const wire = await wireTo(stage.sandbox.endpoint)
    const chance = seeded(3)
    const lost = async () => 'lost' as const
    wire.decide = () => (chance() < 0.15 ? { going: lost } : chance() < 0.15 ? { coming: lost } : undefined)
    process.env.AWS_ENDPOINT_URL = wire.endpoint
    const { database } = stage.engine
    const engine = await deployEngine(database)
    for (const number of [1, 2, 3]) {
      const { id } = await deployed(engine, await release(database, number))
      expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
    }
    await closeEngine(engine)
    await wire.close()
  },
  PATIENCE_MS,
)

test(
  'a registration that is still under way when another fails is not repeated',
  async () => {
    const wire = await wireTo(stage.sandbox.endpoint)
    let count = 0
    // Longer than ECS is given to show what it was told.
    const untilAnotherOr = async (ms: number) => {
      for (const begun = performance.now(); count < 3 && performance.now() - begun < ms; ) await wait(50)
      return undefined
    }
    wire.decide = (passing) => {
      if (passing !== 'ecs:RegisterTaskDefinition') return undefined
      count++
      if (count === 1) return { going: () => untilAnotherOr(8_000) }
      return count === 2 ? { going: async () => 'lost' } : undefined
    }
    process.env.AWS_ENDPOINT_URL = wire.endpoint
    const { database } = stage.engine
    const engine = await deployEngine(database)
    const { id } = await deployed(engine, await release(database, 1))
    expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
    await closeEngine(engine)
    await wire.close()
  },
  PATIENCE_MS,
)

test.each(['migrating', 'rolling', 'verifying'] as const)(
  'a cloud that goes away in the state %s and comes back is waited for',
  async (state) => {
    const folder = await mkdtemp(join(tmpdir(), 'kiban-weather-'))
    await stage.close()
    stage = await deployStage({ state: folder })
    stage.act((task) => (task.group.startsWith('family:') ? { exits: { after: 3_000, code: 0 } } : { startAfter: 2_000 }))
    const { database } = stage.engine
    const id = await started(database, await release(database, 1))
    const end = advance(stage.engine, id, never)
    await expect.poll(async () => (await findDeployment(database, id))?.state, { timeout: 60_000, interval: 5 }).toBe(state)
    // Longer than anything is asked again for before AWS was told something.
    await stage.restart(25_000)
    await end
    expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
    await rm(folder, { recursive: true, force: true })
  },
  PATIENCE_MS,
)
