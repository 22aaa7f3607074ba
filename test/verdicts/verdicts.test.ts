import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Script } from '../../src/sandbox/ecs/scripted-runtime.ts'
import { ecspressoDeploy, ecspressoWait } from './ecspresso.ts'
import { genovaJob, genovaTells } from './genova.ts'
import { servicesStable } from './services-stable.ts'
import { describedService, type Watched } from './tool.ts'
import { pause, type RolloutStage, reached, rolloutStage, setProtection, type Told, taskArns } from './watched-rollout.ts'

/** Long enough to be seen by everybody who looks. */
const SEEN_MS = 1500

const missing: Script = { startAfter: 100, failsToStart: 'CannotPullContainerError: not found' }
const sick: Script = { health: [{ after: SEEN_MS, is: 'UNHEALTHY' }] }
const slow: Script = { startAfter: 5_000 }
const stopFirst = '{ minimum_percent: 0, maximum_percent: 100 }'
const checked = ', containers: { web: { healthCheck: { command: [CMD, "true"] } } }'

let stage: RolloutStage
beforeAll(async () => {
  stage = await rolloutStage({
    'services-stable': servicesStable,
    'ecspresso wait': ecspressoWait,
    'ecspresso deploy': ecspressoDeploy,
    'genova, its job': genovaJob,
    'genova, what it tells': genovaTells,
  })
})
afterAll(() => stage.close())

const stop = async (at: Watched) => {
  const { currentServiceDeployment } = await describedService(at)
  await at.ecs.stopServiceDeployment({ serviceDeploymentArn: currentServiceDeployment })
}

const SCENARIOS: Record<string, () => Promise<Told>> = {
  'every task is replaced': async () => {
    await stage.good()
    return stage.deploy(undefined)
  },
  'tasks do not start; ECS rolls back': async () => {
    await stage.good()
    return stage.deploy(missing)
  },
  'old tasks stop first, new ones run and then fail their checks; ECS rolls back': async () => {
    await stage.good(stopFirst, checked)
    return stage.deploy(sick, { deploy: stopFirst, more: checked })
  },
  'a refresh of the same definition; ECS rolls back': async () => {
    await stage.good()
    stage.spoil({ ...missing, startAfter: SEEN_MS })
    return stage.refresh()
  },
  'somebody else stops it; ECS rolls back': async () => {
    await stage.good()
    return stage.deploy(slow, { meanwhile: stop })
  },
  'tasks do not start, and the circuit breaker may not roll back': async () => {
    await stage.good()
    return stage.deploy(missing, { deploy: '{ rollback: false }' })
  },
  'the rollback fails, too': async () => {
    await stage.good()
    stage.spoil(missing)
    return stage.deploy(missing, { deploy: stopFirst })
  },
  'somebody else deploys in the midst of it': async () => {
    await stage.good()
    const { cluster, service, definition } = await stage.at()
    const other = { cluster, service, taskDefinition: definition, forceNewDeployment: true }
    return stage.deploy(slow, { meanwhile: ({ ecs }) => ecs.updateService(other) })
  },
  'early success; old tasks go later': async () => {
    await stage.good()
    const old = await taskArns(await stage.at())
    return stage.deploy(undefined, {
      deploy: '{ early_success: { healthy_percent: 100, cleanup: deferred } }',
      async meanwhile(at) {
        await setProtection(at, old, true)
        await reached(at, 'SUCCESSFUL')
        await pause(SEEN_MS)
        await setProtection(at, old, false)
      },
    })
  },
}

for (const [name, play] of Object.entries(SCENARIOS))
  test(name, async () => {
    expect(await play()).toEqual(documented()[name])
  })

test('the page tells of these and no others', () => {
  expect(Object.keys(documented())).toEqual(Object.keys(SCENARIOS))
})

/** The table of the page, by its first column. */
function documented(): Record<string, Told> {
  const lines = readFileSync('docs/capabilities/verdicts.md', 'utf8').split('\n')
  const [head = [], , ...rows] = lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll(/[`*]/g, '').trim()),
    )
  return Object.fromEntries(
    rows.map(([what = '', ecs = '', kiban = '', ...told]) => [
      what,
      { ecs, kiban, tools: Object.fromEntries(head.slice(3).map((tool, index) => [tool, told[index] ?? ''])) },
    ]),
  )
}
