import type { CreateServiceRequest, DeploymentConfiguration, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { type Story, steadyStory } from './scenarios/story-for-tests.ts'
import type { Script } from './scripted-runtime.ts'
import { behind, newest } from './service-for-tests.ts'
import { groupArn } from './stage-for-tests.ts'

const FUNCTION = 'arn:aws:lambda:ap-northeast-1:123456789012:function:check'
const ROLE = 'arn:aws:iam::123456789012:role/ecs'
const missing: Script = { startAfter: 5000, failsToStart: 'CannotPullContainerError: gone' }
const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } }
const shifting: Partial<CreateServiceRequest> = {
  loadBalancers: behind('blue').map((balancer) => ({
    ...balancer,
    advancedConfiguration: { alternateTargetGroupArn: groupArn('green'), productionListenerRule: 'arn:rule/1', roleArn: ROLE },
  })),
}

const END_SECONDS = 450

interface Case {
  service?: Partial<CreateServiceRequest>
  configuration?: DeploymentConfiguration
  update?: Partial<UpdateServiceRequest>
  /** What tasks of v2 do. */
  script?: Script
  /** What is done beside the update, by second. */
  acts?: Record<number, (story: Story) => unknown>
}

const stop = async ({ stage }: Story) =>
  stage.api.StopServiceDeployment({ serviceDeploymentArn: (await newest(stage)).serviceDeploymentArn })

const answer = (action: 'CONTINUE' | 'ROLLBACK') => async (story: Story) => {
  const { serviceDeploymentArn, lifecycleHookDetails: [hook] = [] } = await newest(story.stage)
  await story.stage.api.ContinueServiceDeployment({ serviceDeploymentArn, hookId: hook?.hookId, action })
}

const CASES: Record<string, Case> = {
  'a rolling update': {},
  'a rolling update that is rolled back': { configuration: breaker, script: missing },
  'a rolling update that stalls': {
    configuration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    script: missing,
  },
  'a rolling update that is stopped': { acts: { 20: stop } },
  'a rolling update that is superseded': { acts: { 30: (story) => story.update('v3') } },
  'a rolling update that was rolled back before the next': {
    configuration: breaker,
    script: missing,
    acts: { 250: (story) => story.update('v3') },
  },
  'early success': {
    configuration: {
      minimumHealthyPercent: 50,
      earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: 'DEFERRED' },
    },
  },
  'alarms that bake': { configuration: { alarms: { alarmNames: ['errors'], enable: true, rollback: true } } },
  'an alarm that rings': {
    configuration: { alarms: { alarmNames: ['errors'], enable: true, rollback: true } },
    acts: { 120: ({ stage }) => stage.alarms.set('errors', 'ALARM') },
  },
  'blue/green': { service: shifting, configuration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 } },
  'blue/green that is stopped while it bakes': {
    service: shifting,
    configuration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 3 },
    acts: { 200: stop },
  },
  'a canary': {
    service: shifting,
    configuration: {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 1 },
      bakeTimeInMinutes: 1,
    },
  },
  'linear, with hooks at every step': {
    service: shifting,
    configuration: {
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 },
      bakeTimeInMinutes: 1,
      lifecycleHooks: [
        { hookTargetArn: FUNCTION, roleArn: ROLE, lifecycleStages: ['POST_SCALE_UP', 'PRE_PRODUCTION_TRAFFIC_SHIFT'] },
      ],
    },
  },
  'a pause that is answered': {
    service: shifting,
    configuration: {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1,
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
    },
    acts: { 100: answer('CONTINUE') },
  },
  'a pause that expires': {
    service: shifting,
    configuration: {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1,
      lifecycleHooks: [
        {
          targetType: 'PAUSE',
          lifecycleStages: ['POST_SCALE_UP'],
          timeoutConfiguration: { timeoutInMinutes: 2, action: 'ROLLBACK' },
        },
      ],
    },
  },
  'a service that is deleted': {
    acts: { 30: ({ stage }) => stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true }) },
  },
}

async function listed({ stage }: Story) {
  const { taskArns = [] } = await stage.api.ListTasks({ cluster: 'demo', family: 'web' })
  if (taskArns.length === 0) return []
  return (await stage.api.DescribeTasks({ cluster: 'demo', tasks: taskArns })).tasks ?? []
}

/** Plays a case to its end; its sandbox is killed at the second `killedAt`, and comes back at once. */
async function played(of: Case, killedAt?: number) {
  const story = await steadyStory({
    script: ({ revision }) => (revision === 2 ? (of.script ?? {}) : {}),
    service: of.service,
  })
  story.stage.functions.set(FUNCTION, () => ({ hookStatus: 'SUCCEEDED' }))
  if (of.configuration) await story.set({ deploymentConfiguration: of.configuration })
  story.begin()
  await story.update('v2', of.update)
  const moments: number[] = []
  let last = ''
  let now = 0
  const until = async (second: number) => {
    await story.stage.clock.advance((second - now) * 1000)
    now = second
  }
  const acts = Object.keys(of.acts ?? {}).map(Number)
  // Only the story that nobody kills is watched second by second.
  const every = Array.from({ length: END_SECONDS }, (_, second) => second)
  const stops = killedAt === undefined ? every : [...new Set([...acts, killedAt])].sort((a, b) => a - b)
  for (const second of stops) {
    await until(second)
    await of.acts?.[second]?.(story)
    if (second === killedAt) {
      story.stage = story.stage.restart()
      await story.stage.ecs.ready
    }
    const moment = killedAt === undefined ? await story.moment() : last
    if (moment !== last) moments.push(second)
    last = moment
  }
  await until(END_SECONDS)
  // What a restart held up.
  await story.stage.clock.advance(600_000)
  const tasks = (await listed(story)).map(
    ({ lastStatus, containers }) => `${containers?.[0]?.image?.split(':').at(-1)} ${lastStatus}`,
  )
  const end = {
    moment: await story.moment(),
    history: await story.history(),
    tasks,
    weights: story.stage.balancing.weights.at(-1),
  }
  return { end, moments }
}

describe('a sandbox that is killed at any moment ends as it would have ended', () => {
  for (const [name, of] of Object.entries(CASES))
    test(name, async () => {
      const whole = await played(of)
      const ends: Record<number, unknown> = {}
      // At each change, and in the midst of what follows it.
      const times = new Set(whole.moments.flatMap((second) => [second, second + 3]))
      for (const second of times) ends[second] = (await played(of, second)).end
      expect(ends).toEqual(Object.fromEntries([...times].map((second) => [second, whole.end])))
    })
})

test('an alarm that rang while the sandbox was away fails the deployment when it is back', async () => {
  const story = await steadyStory()
  await story.update('v2', {
    deploymentConfiguration: { alarms: { alarmNames: ['errors'], enable: true, rollback: true } },
  })
  await story.play(30)
  const { alarms } = story.stage
  story.stage = story.stage.restart(() => alarms.set('errors', 'ALARM'))
  await story.stage.ecs.ready
  await story.play(120)
  expect(await story.history()).toEqual([
    'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because the CloudWatch alarm errors went into the ALARM state.',
    'v1: SUCCESSFUL',
  ])
})
