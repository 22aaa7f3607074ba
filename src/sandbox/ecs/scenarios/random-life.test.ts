import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isStuck } from '../rolling.ts'
import { deployments, newest, web, webTasks } from '../service-for-tests.ts'
import { groupArn } from '../stage-for-tests.ts'
import { type Act, anyActs, anyService, FATES, RandomLife } from './random-life-for-tests.ts'

const ENDED = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']
const RUNS = Number(process.env.RANDOM_LIVES ?? 25)

/** Nothing is left of a service but what its history keeps. */
async function deleted({ stage }: RandomLife) {
  await stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true })
  await stage.clock.advance(10 * 60_000)
  const { taskArns = [] } = await stage.api.ListTasks({ cluster: 'demo' })
  return {
    status: (await web(stage)).status,
    taskArns,
    running: [...stage.runtime.running],
    addresses: [...stage.network.free.values()],
    targets: ['web', 'blue', 'green'].flatMap((group) => stage.balancing.ids(groupArn(group))),
    timers: stage.clock.pending,
  }
}

const NOTHING = { status: 'INACTIVE', taskArns: [], running: [], addresses: [200, 200], targets: [], timers: 0 }

describe('whatever happens to a rolling service', () => {
  test('it never has too few healthy tasks nor too many, comes to rest, and leaves nothing when it is deleted', async () => {
    await fc.assert(
      fc.asyncProperty(anyService, anyActs, async (given, acts) => {
        const life = new RandomLife(given)
        await life.begin()
        await life.live(acts)
        expect(life.broken).toEqual([])
        const { status = '', deploymentCircuitBreaker } = await newest(life.stage)
        const fate = await life.target()
        const cannot = isStuck(life.desired, given.minimum, given.maximum)
        if (FATES[fate].isHealthy && !cannot) expect(ENDED).toContain(status)
        // What never runs is counted, and what ends by itself after it ran is not, where nothing checks its health.
        if (fate === 'missing' && deploymentCircuitBreaker?.status === 'MONITORING')
          expect(cannot || life.desired === 0).toBe(true)
        if (status === 'SUCCESSFUL' && FATES[fate].isHealthy) expect((await webTasks(life.stage)).length).toBe(life.desired)
        expect((await deployments(life.stage)).slice(1).every((each) => ENDED.includes(each.status ?? ''))).toBe(true)
        expect(await deleted(life)).toEqual(NOTHING)
      }),
      { numRuns: RUNS },
    )
  })
})

describe('whatever happens to a service that shifts traffic', () => {
  const anyStrategy = fc.constantFrom(
    { strategy: 'BLUE_GREEN' as const, bakeTimeInMinutes: 2 },
    {
      strategy: 'CANARY' as const,
      canaryConfiguration: { canaryPercent: 12.5, canaryBakeTimeInMinutes: 1 },
      bakeTimeInMinutes: 1,
    },
    { strategy: 'LINEAR' as const, linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 1 }, bakeTimeInMinutes: 0 },
  )
  const balanced = {
    targetGroupArn: groupArn('blue'),
    containerName: 'web',
    containerPort: 80,
    advancedConfiguration: {
      alternateTargetGroupArn: groupArn('green'),
      productionListenerRule: 'arn:rule/production',
      roleArn: 'arn:aws:iam::123456789012:role/balancing',
    },
  }

  test('its weights always sum to 100, it comes to rest, and its traffic is where its tasks are', async () => {
    await fc.assert(
      fc.asyncProperty(anyService, anyActs, anyStrategy, async (given, acts, deploymentConfiguration) => {
        const life = new RandomLife(given)
        await life.begin({ deploymentConfiguration, loadBalancers: [balanced] })
        await life.live(acts, async () => {
          const { lifecycleStage, targetServiceRevision: target, sourceServiceRevisions: sources = [] } = await newest(life.stage)
          if (lifecycleStage === undefined || sources.length === 0) return
          const weights = [target, ...sources].map((each) => each?.requestedProductionTrafficWeight ?? 0)
          expect(Math.round(10 * weights.reduce((sum, weight) => sum + weight, 0)) / 10).toBe(100)
        })
        expect(life.broken).toEqual([])
        const { status = '' } = await newest(life.stage)
        if (FATES[await life.target()].isHealthy) {
          expect(ENDED).toContain(status)
          const tasks = await webTasks(life.stage)
          if (status === 'SUCCESSFUL') {
            expect(tasks.length).toBe(life.desired)
            const [all] = Object.entries(life.stage.balancing.weights.at(-1)?.weights ?? {}).filter(([, weight]) => weight > 0)
            expect(life.stage.balancing.ids(groupArn(all?.[0] ?? 'blue')).length).toBe(life.desired)
          }
        }
        expect(await deleted(life)).toEqual(NOTHING)
      }),
      { numRuns: RUNS },
    )
  })

  test('its traffic never goes where no task is, while nobody kills tasks or scales them away', async () => {
    const isCalm = (act: Act) =>
      ['force', 'stop', 'jump'].includes(act.kind) || (act.kind === 'update' && act.fate !== 'crashing')
    const calm = anyActs.map((acts) => acts.filter(({ act }) => isCalm(act)))
    await fc.assert(
      fc.asyncProperty(anyService, calm, anyStrategy, async (given, acts, deploymentConfiguration) => {
        const life = new RandomLife({ ...given, desired: given.desired + 1, first: 'fine' })
        await life.begin({ deploymentConfiguration, loadBalancers: [balanced] })
        await life.live([{ after: 200, act: { kind: 'force' } }, ...acts], async () => {
          const { balancing } = life.stage
          const weights = Object.entries(balancing.weights.at(-1)?.weights ?? {})
          for (const [group, weight] of weights) if (weight > 0) expect(balancing.ids(groupArn(group)).length).toBeGreaterThan(0)
        })
      }),
      { numRuns: RUNS },
    )
  })
})
