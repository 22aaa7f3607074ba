// A sample of the weather that `script/faults` brings: a cloud that is slow to tell, slow to take, or gone for a while.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { advance } from '../../src/capabilities/deploy/advance.ts'
import { findDeployment } from '../../src/capabilities/deploy/deployment-store.ts'
import { type DeployStage, deployed, deployStage, quickTimings, release, started } from '../deploy-stage.ts'
import { brokenPromises } from './aftermath.ts'

let stage: DeployStage
afterEach(() => stage.close())

const migrateQuickly = () => stage.act((task) => (task.group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : {}))

test('reads that are 2 s behind and one registration a second leave a true verdict and no second of anything', async () => {
  stage = await deployStage()
  migrateQuickly()
  const { database } = stage.engine
  // The cluster stands for longer than reads are behind; only what the deployment itself makes is seen late.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  stage.sandbox.faults.set({ 'ecs:*': { lag: 2_000 }, 'ecs:RegisterTaskDefinition': { throttle: { rate: 1 }, lag: 2_000 } })
  const { id } = await deployed(stage.engine, await release(database, 1))
  stage.sandbox.faults.clear()
  expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
}, 120_000)

test('requests that take effect while their answers are lost are not repeated', async () => {
  stage = await deployStage()
  migrateQuickly()
  const { database } = stage.engine
  await deployed(stage.engine, await release(database, 1))
  const lost = { failure: { next: 1, when: 'after' as const } }
  stage.sandbox.faults.set({ 'ecs:RegisterTaskDefinition': lost, 'ecs:RunTask': lost, 'ecs:UpdateService': lost })
  const { id } = await deployed(stage.engine, await release(database, 2))
  expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
}, 120_000)

test('a cloud that goes away in mid-rollout and comes back is watched on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-weather-'))
  stage = await deployStage({ state: folder, timings: { ...quickTimings, settling: 3_000 } })
  migrateQuickly()
  const { database } = stage.engine
  const id = await started(database, await release(database, 1))
  const end = advance(stage.engine, id, new AbortController().signal)
  await expect.poll(async () => (await findDeployment(database, id))?.state, { timeout: 30_000 }).toBe('verifying')
  await stage.restart(2_000)
  await end
  expect(await brokenPromises(stage, database, id, 'succeeded')).toEqual([])
  await rm(folder, { recursive: true, force: true })
}, 120_000)
