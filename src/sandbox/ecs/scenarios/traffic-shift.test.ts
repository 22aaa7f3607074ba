import type { DeploymentConfiguration, DeploymentLifecycleHook } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { newest } from '../service-for-tests.ts'
import { groupArn } from '../stage-for-tests.ts'
import { type Story, steadyStory } from './story-for-tests.ts'

const RULE = 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/web/1/2/production'
const TEST_RULE = 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/web/1/2/test'
const FUNCTION = 'arn:aws:lambda:ap-northeast-1:123456789012:function:check'
const ROLE = 'arn:aws:iam::123456789012:role/hooks'

/** A service between the target groups blue and green, steady on `v1` in blue. */
async function shiftingStory(configuration: DeploymentConfiguration): Promise<Story> {
  const story = await steadyStory({
    service: {
      loadBalancers: [
        {
          targetGroupArn: groupArn('blue'),
          containerName: 'web',
          containerPort: 80,
          advancedConfiguration: {
            alternateTargetGroupArn: groupArn('green'),
            productionListenerRule: RULE,
            testListenerRule: TEST_RULE,
            roleArn: ROLE,
          },
        },
      ],
    },
  })
  await story.set({ deploymentConfiguration: { bakeTimeInMinutes: 1, ...configuration } })
  story.begin()
  return story
}

/** What the listener rules were told: `production green 5 blue 95`. */
const weights = (story: Story) =>
  story.stage.balancing.weights.map(
    ({ rule, weights }) => `${rule.split('/').at(-1)} ${Object.entries(weights).flat().join(' ')}`,
  )

describe('canary/linear weights per stage', () => {
  test('canary', async () => {
    const story = await shiftingStory({
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 2 },
    })
    await story.update('v2')
    expect({ ...(await story.tale(360)), weights: weights(story) }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 5% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '144s IN_PROGRESS BAKE_TIME 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '204s IN_PROGRESS CLEAN_UP 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
        '224s SUCCESSFUL CLEAN_UP 100% | v2 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'registered 1 targets in (target-group green)',
        'registered 1 targets in (target-group green)',
        'has stopped 2 running tasks: (task) (task).',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        '(deployment v2) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
      weights: ['test green 100 blue 0', 'production green 5 blue 95', 'production green 100 blue 0'],
    })
  })

  test('linear', async () => {
    const story = await shiftingStory({
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 33.3, stepBakeTimeInMinutes: 1 },
    })
    await story.update('v2')
    expect({ ...(await story.tale(400)), weights: weights(story) }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 33.3% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '84s IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 66.6% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '144s IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 99.9% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '204s IN_PROGRESS BAKE_TIME 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '264s IN_PROGRESS CLEAN_UP 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
        '284s SUCCESSFUL CLEAN_UP 100% | v2 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'registered 1 targets in (target-group green)',
        'registered 1 targets in (target-group green)',
        'has stopped 2 running tasks: (task) (task).',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        '(deployment v2) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
      weights: [
        'test green 100 blue 0',
        'production green 333 blue 666',
        'production green 665 blue 334',
        'production green 998 blue 1',
        'production green 100 blue 0',
      ],
    })
  })
})

const hooked = (lifecycleHooks: DeploymentLifecycleHook[]) => shiftingStory({ strategy: 'BLUE_GREEN', lifecycleHooks })

describe('Lambda hook FAILED/IN_PROGRESS/error/timeout', () => {
  const hook = (minutes?: number): DeploymentLifecycleHook => ({
    hookTargetArn: FUNCTION,
    roleArn: ROLE,
    lifecycleStages: ['POST_SCALE_UP'],
    ...(minutes === undefined ? {} : { timeoutConfiguration: { timeoutInMinutes: minutes, action: 'ROLLBACK' } }),
  })

  test('FAILED', async () => {
    const story = await hooked([hook()])
    story.stage.functions.set(FUNCTION, () => ({ hookStatus: 'FAILED' }))
    await story.update('v2')
    expect(await story.tale(120)).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s ROLLBACK_IN_PROGRESS POST_SCALE_UP 0% | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
        '44s ROLLBACK_SUCCESSFUL POST_SCALE_UP 0% | v1 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'registered 1 targets in (target-group green)',
        'registered 1 targets in (target-group green)',
        '(deployment v2) deployment failed: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target check returned FAILED status.',
        'rolling back to deployment v1.',
        'has stopped 2 running tasks: (task) (task).',
        'deregistered 1 targets in (target-group green)',
        'has begun draining connections on 1 tasks.',
        'deregistered 1 targets in (target-group green)',
        'has begun draining connections on 1 tasks.',
        '(deployment v1) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'HOOK_IN_PROGRESS: POST_SCALE_UP',
        'HOOK_FAILED: POST_SCALE_UP',
        'SERVICE_DEPLOYMENT_FAILED: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target check returned FAILED status.',
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment: rolling back to deploymentId v1.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: [
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target check returned FAILED status.',
        'v1: SUCCESSFUL',
      ],
    })
  })

  test('IN_PROGRESS', async () => {
    const story = await hooked([hook()])
    const asked: number[] = []
    story.stage.functions.set(FUNCTION, () => {
      asked.push(story.seconds)
      return [{ hookStatus: 'IN_PROGRESS' }, { hookStatus: 'IN_PROGRESS', callBackDelay: 7 }, { hookStatus: 'SUCCEEDED' }][
        asked.length - 1
      ]
    })
    await story.update('v2')
    expect({ ...(await story.tale(240)), asked }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS POST_SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '61s IN_PROGRESS BAKE_TIME 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '121s IN_PROGRESS CLEAN_UP 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
        '141s SUCCESSFUL CLEAN_UP 100% | v2 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'registered 1 targets in (target-group green)',
        'registered 1 targets in (target-group green)',
        'has stopped 2 running tasks: (task) (task).',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        'deregistered 1 targets in (target-group blue)',
        'has begun draining connections on 1 tasks.',
        '(deployment v2) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'HOOK_IN_PROGRESS: POST_SCALE_UP',
        'HOOK_SUCCEEDED: POST_SCALE_UP',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
      asked: [24, 54, 61],
    })
  })

  test('error', async () => {
    const story = await hooked([hook()])
    story.stage.functions.set(FUNCTION, () => {
      throw new Error('boom')
    })
    await story.update('v2')
    await story.play(120)
    const thrown = await story.history()
    story.stage.functions.set(FUNCTION, () => ({ status: 'fine' }))
    await story.update('v3')
    await story.play(120)
    expect({ thrown, unparsed: await story.history() }).toEqual({
      thrown: [
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target check failed: boom',
        'v1: SUCCESSFUL',
      ],
      unparsed: [
        'v3: ROLLBACK_SUCCESSFUL: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. ECS was unable to parse the response from check due to: HookStatus must not be null.',
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target check failed: boom',
        'v1: SUCCESSFUL',
      ],
    })
  })

  test('timeout', async () => {
    const story = await hooked([hook(2)])
    story.stage.functions.set(FUNCTION, () => ({ hookStatus: 'IN_PROGRESS' }))
    await story.update('v2')
    expect(await story.tale(240)).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS POST_SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '144s ROLLBACK_IN_PROGRESS POST_SCALE_UP 0% | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
        '164s ROLLBACK_SUCCESSFUL POST_SCALE_UP 0% | v1 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'registered 1 targets in (target-group green)',
        'registered 1 targets in (target-group green)',
        '(deployment v2) deployment failed: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook check timed out.',
        'rolling back to deployment v1.',
        'has stopped 2 running tasks: (task) (task).',
        'deregistered 1 targets in (target-group green)',
        'has begun draining connections on 1 tasks.',
        'deregistered 1 targets in (target-group green)',
        'has begun draining connections on 1 tasks.',
        '(deployment v1) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'HOOK_IN_PROGRESS: POST_SCALE_UP',
        'HOOK_TIMED_OUT: POST_SCALE_UP',
        'SERVICE_DEPLOYMENT_FAILED: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook check timed out.',
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment: rolling back to deploymentId v1.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: [
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook check timed out.',
        'v1: SUCCESSFUL',
      ],
    })
  })
})

describe('PAUSE continue/rollback/expire', () => {
  const pause = (action: 'CONTINUE' | 'ROLLBACK' = 'ROLLBACK'): DeploymentLifecycleHook => ({
    targetType: 'PAUSE',
    lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'],
    timeoutConfiguration: { timeoutInMinutes: 5, action },
  })

  const answered = async (action: 'CONTINUE' | 'ROLLBACK') => {
    const story = await hooked([pause()])
    await story.update('v2')
    const waiting = await story.play(120)
    const { serviceDeploymentArn, lifecycleHookDetails: [hook] = [] } = await newest(story.stage)
    const answer = { serviceDeploymentArn, hookId: hook?.hookId, action }
    await story.stage.api.ContinueServiceDeployment(answer)
    await expect(story.stage.api.ContinueServiceDeployment(answer)).rejects.toThrow()
    return { hook: { ...hook, hookId: hook?.hookId?.slice(0, 10) }, waiting, later: await story.tale(180) }
  }

  test('continue', async () => {
    expect(await answered('CONTINUE')).toEqual({
      waiting: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      ],
      hook: {
        expiresAt: new Date('2026-01-01T00:07:24.000Z'),
        hookId: 'ecs-pause-',
        status: 'AWAITING_ACTION',
        targetType: 'PAUSE',
        timeoutAction: 'ROLLBACK',
      },
      later: {
        moments: [
          '120s IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '121s IN_PROGRESS BAKE_TIME 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '180s IN_PROGRESS CLEAN_UP 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
          '200s SUCCESSFUL CLEAN_UP 100% | v2 PRIMARY COMPLETED 2+0/2',
        ],
        events: [
          'has started 2 tasks: (task) (task).',
          'registered 1 targets in (target-group green)',
          'registered 1 targets in (target-group green)',
          'has stopped 2 running tasks: (task) (task).',
          'deregistered 1 targets in (target-group blue)',
          'has begun draining connections on 1 tasks.',
          'deregistered 1 targets in (target-group blue)',
          'has begun draining connections on 1 tasks.',
          '(deployment v2) deployment completed.',
          'has reached a steady state.',
        ],
        bus: [
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
          'HOOK_AWAITING_ACTION: PRE_PRODUCTION_TRAFFIC_SHIFT',
          'HOOK_SUCCEEDED: PRE_PRODUCTION_TRAFFIC_SHIFT',
          'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
          'SERVICE_STEADY_STATE',
        ],
        history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
      },
    })
  })

  test('rollback', async () => {
    expect(await answered('ROLLBACK')).toEqual({
      waiting: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '24s IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      ],
      hook: {
        expiresAt: new Date('2026-01-01T00:07:24.000Z'),
        hookId: 'ecs-pause-',
        status: 'AWAITING_ACTION',
        targetType: 'PAUSE',
        timeoutAction: 'ROLLBACK',
      },
      later: {
        moments: [
          '120s ROLLBACK_IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 2+0/0',
          '121s ROLLBACK_IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
          '140s ROLLBACK_SUCCESSFUL PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v1 PRIMARY COMPLETED 2+0/2',
        ],
        events: [
          'has started 2 tasks: (task) (task).',
          'registered 1 targets in (target-group green)',
          'registered 1 targets in (target-group green)',
          '(deployment v2) deployment failed: Service deployment rolled back because PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook ecs-pause was rolled back.',
          'rolling back to deployment v1.',
          'has stopped 2 running tasks: (task) (task).',
          'deregistered 1 targets in (target-group green)',
          'has begun draining connections on 1 tasks.',
          'deregistered 1 targets in (target-group green)',
          'has begun draining connections on 1 tasks.',
          '(deployment v1) deployment completed.',
          'has reached a steady state.',
        ],
        bus: [
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
          'HOOK_AWAITING_ACTION: PRE_PRODUCTION_TRAFFIC_SHIFT',
          'HOOK_FAILED: PRE_PRODUCTION_TRAFFIC_SHIFT',
          'SERVICE_DEPLOYMENT_FAILED: Service deployment rolled back because PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook ecs-pause was rolled back.',
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment: rolling back to deploymentId v1.',
          'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
          'SERVICE_STEADY_STATE',
        ],
        history: [
          'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook ecs-pause was rolled back.',
          'v1: SUCCESSFUL',
        ],
      },
    })
  })

  test('expire', async () => {
    const stories = await Promise.all([hooked([pause('ROLLBACK')]), hooked([pause('CONTINUE')])])
    const told = []
    for (const story of stories) {
      await story.update('v2')
      told.push({ moments: (await story.play(500)).slice(-6), history: await story.history() })
    }
    expect(told).toEqual([
      {
        moments: [
          '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
          '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '24s IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '324s ROLLBACK_IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
          '344s ROLLBACK_SUCCESSFUL PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v1 PRIMARY COMPLETED 2+0/2',
        ],
        history: [
          'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook ecs-pause timed out.',
          'v1: SUCCESSFUL',
        ],
      },
      {
        moments: [
          '1s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
          '17s IN_PROGRESS SCALE_UP 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '24s IN_PROGRESS PRE_PRODUCTION_TRAFFIC_SHIFT 0% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '324s IN_PROGRESS BAKE_TIME 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '384s IN_PROGRESS CLEAN_UP 100% | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
          '404s SUCCESSFUL CLEAN_UP 100% | v2 PRIMARY COMPLETED 2+0/2',
        ],
        history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
      },
    ])
  })
})
