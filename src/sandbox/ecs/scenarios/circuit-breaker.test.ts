import { describe, expect, test } from 'vitest'
import { behind } from '../service-for-tests.ts'
import { newStory, steadyStory } from './story-for-tests.ts'

/** `web:v2` crashes before it is RUNNING, 10 s after it was asked to start. */
const crashing = ({ containers }: { containers: { image: string }[] }) =>
  containers[0]?.image.endsWith(':v2') ? { startAfter: 10_000, failsToStart: 'CannotStartContainerError: exec format error' } : {}

const breaker = (more: { rollback: boolean; resetOnHealthyTask?: boolean }) => ({
  deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, ...more } },
})

describe('crash before RUNNING (breaker stage 1)', () => {
  test('with rollback', async () => {
    const story = await steadyStory({ script: crashing, service: breaker({ rollback: true }) })
    await story.update('v2')
    expect(await story.tale(120)).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '24s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '47s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
        '62s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        '(deployment v2) deployment failed: tasks failed to start.',
        'rolling back to deployment v1.',
        '(deployment v1) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_FAILED: ECS deployment circuit breaker: tasks failed to start.',
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment circuit breaker: rolling back to deploymentId v1.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: [
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because the circuit breaker threshold was exceeded.',
        'v1: SUCCESSFUL',
      ],
    })
  })

  test('without rollback', async () => {
    const story = await steadyStory({ script: crashing, service: breaker({ rollback: false }) })
    await story.update('v2')
    expect(await story.tale(120)).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '24s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '47s STOPPED | v2 PRIMARY FAILED 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        'was unable to place a task. Reason: CannotStartContainerError: exec format error.',
        '(deployment v2) deployment failed: tasks failed to start.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_FAILED: ECS deployment circuit breaker: tasks failed to start.',
      ],
      history: ['v2: STOPPED: Service deployment stopped because the circuit breaker threshold was exceeded.', 'v1: SUCCESSFUL'],
    })
  })

  test('with no COMPLETED', async () => {
    const story = await newStory({
      script: () => ({ startAfter: 10_000, failsToStart: 'CannotPullContainerError: gone' }),
      service: breaker({ rollback: true }),
    })
    expect(await story.tale(600)).toEqual({
      moments: [
        '0s PENDING | v1 PRIMARY IN_PROGRESS 0+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 0+2/2 | breaker 0/3 MONITORING',
        '24s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 0+2/2 | breaker 2/3 MONITORING',
        '47s ROLLBACK_FAILED | v1 PRIMARY FAILED 0+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        '(deployment v1) deployment failed: tasks failed to start.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v1 in progress.',
        'SERVICE_DEPLOYMENT_FAILED: ECS deployment circuit breaker: tasks failed to start.',
      ],
      history: ['v1: ROLLBACK_FAILED: No rollback candidate was found to run the rollback.'],
    })
  })
})

describe('fails ELB check', () => {
  const balanced = (more: Parameters<typeof breaker>[0]) => ({
    service: { ...breaker(more), loadBalancers: behind('web'), availabilityZoneRebalancing: 'DISABLED' as const },
  })

  test('stage 2', async () => {
    const story = await steadyStory(balanced({ rollback: true }))
    story.stage.balancing.fate = () => [{ after: 20_000, state: 'unhealthy' }]
    await story.update('v2')
    const failing = await story.play(80)
    story.stage.balancing.fate = undefined
    expect({ failing, later: await story.tale(120) }).toEqual({
      failing: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '17s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '34s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '50s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '67s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
      ],
      later: {
        moments: [
          '80s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
          '87s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
        ],
        events: [
          'has started 2 tasks: (task) (task).',
          'registered 1 targets in (target-group web)',
          'registered 1 targets in (target-group web)',
          '(task) (port 80) is unhealthy in (target-group web) due to (reason Health checks failed).',
          '(task) (port 80) is unhealthy in (target-group web) due to (reason Health checks failed).',
          'has stopped 2 running tasks: (task) (task).',
          'deregistered 1 targets in (target-group web)',
          'has begun draining connections on 1 tasks.',
          'deregistered 1 targets in (target-group web)',
          'has begun draining connections on 1 tasks.',
          'has started 2 tasks: (task) (task).',
          'registered 1 targets in (target-group web)',
          'registered 1 targets in (target-group web)',
          '(task) (port 80) is unhealthy in (target-group web) due to (reason Health checks failed).',
          '(task) (port 80) is unhealthy in (target-group web) due to (reason Health checks failed).',
          'has stopped 2 running tasks: (task) (task).',
          'deregistered 1 targets in (target-group web)',
          'has begun draining connections on 1 tasks.',
          'deregistered 1 targets in (target-group web)',
          'has begun draining connections on 1 tasks.',
          '(deployment v2) deployment failed: tasks failed to start.',
          'rolling back to deployment v1.',
          '(deployment v1) deployment completed.',
          'has reached a steady state.',
        ],
        bus: [
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
          'SERVICE_DEPLOYMENT_FAILED: ECS deployment circuit breaker: tasks failed to start.',
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment circuit breaker: rolling back to deploymentId v1.',
          'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
          'SERVICE_STEADY_STATE',
        ],
        history: [
          'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because the circuit breaker threshold was exceeded.',
          'v1: SUCCESSFUL',
        ],
      },
    })
  })

  /** Of the targets of v2, each third is healthy at once, and the others fail. */
  const flapping = () => {
    let made = 0
    return () => [{ after: 20_000, state: made++ % 3 === 2 ? ('healthy' as const) : ('unhealthy' as const) }]
  }

  test('flapping, reset', async () => {
    const story = await steadyStory(balanced({ rollback: false }))
    story.stage.balancing.fate = flapping()
    await story.update('v2')
    expect(await story.play(600)).toEqual([
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '17s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '34s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '50s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '67s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 1+1/2 | v1 ACTIVE COMPLETED 1+0/1 | breaker 1/3 MONITORING',
      '83s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 1+0/1 | breaker 1/3 MONITORING',
      '100s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+1/2 | v1 ACTIVE COMPLETED 1+0/1 | breaker 1/3 MONITORING',
      '116s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 3+0/2 | v1 ACTIVE COMPLETED 1+0/1 | breaker 1/3 MONITORING',
      '133s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0 | breaker 1/3 MONITORING',
      '153s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2 | breaker 1/3 MONITORING_COMPLETE',
    ])
    expect(await story.history()).toEqual(['v2: SUCCESSFUL', 'v1: SUCCESSFUL'])
  })

  test('flapping, cumulative', async () => {
    const story = await steadyStory(balanced({ rollback: false, resetOnHealthyTask: false }))
    story.stage.balancing.fate = flapping()
    await story.update('v2')
    expect(await story.play(600)).toEqual([
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '17s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '34s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '50s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '67s STOPPED | v2 PRIMARY FAILED 1+0/2 | v1 ACTIVE COMPLETED 1+0/1 | breaker 3/3 TRIGGERED',
    ])
    expect(await story.history()).toEqual([
      'v2: STOPPED: Service deployment stopped because the circuit breaker threshold was exceeded.',
      'v1: SUCCESSFUL',
    ])
  })
})
