// The sandbox's own clock may be hurried, though clients read times of the wall clock; and its process may be stopped for a while.
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../core/manual-clock.ts'
import { behind, createWeb, newest, register, web, webTasks } from './service-for-tests.ts'
import { groupArn, newStage } from './stage-for-tests.ts'

const FACTOR = 10
const MINUTE_MS = 60_000
const shifted = behind('blue').map((balancer) => ({
  ...balancer,
  advancedConfiguration: {
    alternateTargetGroupArn: groupArn('green'),
    productionListenerRule: 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/web/1/2/3',
    roleArn: 'arn:aws:iam::123456789012:role/ecs',
  },
}))
const hurried = () => newStage({ clock: new ManualClock(undefined, FACTOR) })

test('a protection is over when it says, and what waited for it goes on', async () => {
  const stage = hurried()
  await createWeb(stage)
  await stage.clock.advance(2 * MINUTE_MS)
  const tasks = (await webTasks(stage)).map(({ taskArn = '' }) => taskArn)
  const began = stage.clock.now()
  const { protectedTasks } = await stage.api.UpdateTaskProtection({
    cluster: 'demo',
    tasks,
    protectionEnabled: true,
    expiresInMinutes: 10,
  })
  await stage.api.UpdateService({ cluster: 'demo', service: 'web', desiredCount: 1 })
  const counts = []
  for (const ms of [10 * MINUTE_MS - 1000, 2000]) {
    await stage.clock.advance(ms)
    counts.push((await webTasks(stage)).length)
  }
  expect({ says: protectedTasks?.map(({ expirationDate }) => (expirationDate?.getTime() ?? 0) - began), counts }).toEqual({
    says: [MINUTE_MS, MINUTE_MS],
    counts: [2, 1],
  })
})

test.each([
  ['in one go', []],
  ['with a restart in between', [3 * MINUTE_MS]],
])('a pause and a bake last as long as they say, %s', async (_, restarts) => {
  let stage = hurried()
  await createWeb(stage, {
    loadBalancers: shifted,
    deploymentConfiguration: {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 10,
      lifecycleHooks: [
        {
          targetType: 'PAUSE',
          lifecycleStages: ['POST_SCALE_UP'],
          timeoutConfiguration: { timeoutInMinutes: 10, action: 'CONTINUE' },
        },
      ],
    },
  })
  await stage.clock.advance(15 * MINUTE_MS)
  const taskDefinition = await register(stage, 'v2')
  await stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition })
  const stages = new Map<string, { began: number; expires: number | undefined }>()
  for (let second = 0; second < 30 * 60; second++) {
    await stage.clock.advance(1000)
    const { lifecycleStage = '-', lifecycleHookDetails: [hook] = [] } = await newest(stage)
    const now = stage.clock.elapsed()
    const current = stages.get(lifecycleStage)
    if (!current)
      stages.set(lifecycleStage, {
        began: now,
        expires: hook?.expiresAt && Math.round((hook.expiresAt.getTime() - stage.clock.now()) / 1000),
      })
    else if (restarts.includes(now - current.began) && ['POST_SCALE_UP', 'BAKE_TIME'].includes(lifecycleStage)) {
      stage = stage.restart()
      await stage.ecs.ready
    }
  }
  const lasted = (from: string, to: string) =>
    Math.round(((stages.get(to)?.began ?? 0) - (stages.get(from)?.began ?? 0)) / MINUTE_MS)
  expect({
    pause: lasted('POST_SCALE_UP', 'BAKE_TIME'),
    says: stages.get('POST_SCALE_UP')?.expires,
    bake: lasted('BAKE_TIME', 'CLEAN_UP'),
    end: (await newest(stage)).status,
  }).toEqual({ pause: 10, says: 60, bake: 10, end: 'SUCCESSFUL' })
})

test.each<DeploymentConfiguration>([
  { strategy: 'ROLLING', deploymentCircuitBreaker: { enable: true, rollback: true } },
  { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 },
  { strategy: 'CANARY' },
  { strategy: 'LINEAR', linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 1 } },
])('a process that is stopped now and then rolls out all the same: $strategy', async (deploymentConfiguration) => {
  const pauses = fc.array(fc.integer({ min: 0, max: 5 * MINUTE_MS }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(pauses, async (stops) => {
      const stage = newStage()
      await createWeb(stage, { loadBalancers: shifted, deploymentConfiguration })
      await stage.clock.advance(30 * MINUTE_MS)
      const taskDefinition = await register(stage, 'v2')
      await stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition })
      for (const ms of stops) {
        await stage.clock.leap(ms)
        await stage.clock.advance(1000)
      }
      await stage.clock.advance(60 * MINUTE_MS)
      const tasks = await webTasks(stage)
      const { deployments = [] } = await web(stage)
      expect({
        end: (await newest(stage)).status,
        tasks: tasks.map((task) => `${task.taskDefinitionArn === taskDefinition} ${task.lastStatus}`),
        deployments: deployments.map(({ rolloutState, failedTasks }) => `${rolloutState} ${failedTasks}`),
      }).toEqual({ end: 'SUCCESSFUL', tasks: ['true RUNNING', 'true RUNNING'], deployments: ['COMPLETED 0'] })
    }),
    { numRuns: 25 },
  )
})
