// A task run whose process is killed at each of its steps, before and after what it stores there, and is finished by the next.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployStage, deployed, deployStage, release } from '../../../../test/deploy-stage.ts'
import { dyingDatabase } from '../../../../test/dying-database.ts'
import type { Actor } from '../../../core/actor.ts'
import { newId } from '../../../core/ids.ts'
import { advanceRun } from './advance-run.ts'
import { findRun } from './run-store.ts'
import { startRun } from './start-run.ts'

let stage: DeployStage
beforeAll(async () => {
  stage = await deployStage({
    environments: ['staging'],
    script: ({ group }) => (group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : {}),
  })
  expect(await deployed(stage.engine, await release(stage.engine.database, 1))).toMatchObject({ verdict: 'succeeded' })
})
afterAll(() => stage.close())

const never = new AbortController().signal
const aoi: Actor = { kind: 'user', name: 'aoi', grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'cli' }
const wanted = {
  ...{ product: 'bookshop', environment: 'staging', name: 'migrate', schedule: false, release: undefined, command: undefined },
  ...{ count: undefined, size: undefined, env: {}, timeoutSeconds: undefined, reason: undefined, breakGlass: false },
}
const begin = () => startRun(stage.engine, { actor: aoi, requestId: newId('req'), signal: never }, wanted)

const startedBy = (id: string) =>
  [...stage.sandbox.cloud.table<{ startedBy?: string }>('ecs.tasks').values()].filter((task) => task.startedBy?.includes(id))

test.each(['before', 'after'] as const)(
  'killed %s each thing that it stores, a run starts its task once and ends',
  async (when) => {
    const states = new Set<string>()
    for (let at = 0; ; at++) {
      const id = await begin()
      const killed = new AbortController()
      const engine = { ...stage.engine, database: dyingDatabase(stage.engine.database, { at, when, killed }) }
      await advanceRun(engine, id, killed.signal).catch((error: unknown) => {
        if (!killed.signal.aborted) throw error
      })
      states.add((await findRun(stage.engine.database, id))?.state ?? '')
      if (killed.signal.aborted) await advanceRun(stage.engine, id, never)
      expect(await findRun(stage.engine.database, id)).toMatchObject({ state: 'done', verdict: 'succeeded', exitCode: 0 })
      expect(startedBy(id)).toHaveLength(1)
      if (!killed.signal.aborted) break
    }
    expect([...states].sort()).toEqual(expect.arrayContaining(['approved', 'done', 'running']))
  },
)
