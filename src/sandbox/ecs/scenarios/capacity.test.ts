import { describe, expect, test } from 'vitest'
import { webTasks } from '../service-for-tests.ts'
import { newStory, type Story, steadyStory } from './story-for-tests.ts'

const stopped = async (story: Story) =>
  [
    ...new Set((await webTasks(story.stage, 'STOPPED')).map(({ stopCode, stoppedReason }) => `${stopCode}: ${stoppedReason}`)),
  ].map((line) => story.named(line))

test('Spot interruption', async () => {
  const story = await steadyStory({
    providers: ['FARGATE', 'FARGATE_SPOT'],
    service: { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] },
  })
  const [task] = await webTasks(story.stage)
  expect(story.stage.ecs.control.interruptSpot(task?.taskArn ?? '')).toBe(true)
  expect({ ...(await story.tale(120)), stopped: await stopped(story) }).toEqual({
    moments: [
      '0s SUCCESSFUL | v1 PRIMARY COMPLETED 1+0/2',
      '1s SUCCESSFUL | v1 PRIMARY COMPLETED 1+1/2',
      '13s SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2',
    ],
    events: ['has started 1 tasks: (task).', 'has reached a steady state.'],
    bus: ['SERVICE_STEADY_STATE'],
    history: ['v1: SUCCESSFUL'],
    stopped: ['SpotInterruption: Your Spot Task was interrupted.'],
  })
})

describe('image pull/secret errors', () => {
  const failing = (reason: string) =>
    steadyStory({
      script: ({ containers }) => (containers[0]?.image.endsWith(':v2') ? { startAfter: 10_000, failsToStart: reason } : {}),
      service: { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } },
    })

  test('image pull', async () => {
    const story = await failing('CannotPullContainerError: pull image manifest has been retried 1 time(s): not found')
    await story.update('v2')
    expect({ ...(await story.tale(120)), stopped: await stopped(story) }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '24s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '47s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
        '62s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found.',
        'was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found.',
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found.',
        'was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found.',
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
      stopped: ['TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found'],
    })
  })

  test('secret', async () => {
    const story = await failing('ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters')
    await story.update('v2')
    expect({ ...(await story.tale(120)), stopped: await stopped(story) }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '24s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '47s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
        '62s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters.',
        'was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters.',
        'has started 2 tasks: (task) (task).',
        'was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters.',
        'was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters.',
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
      stopped: ['TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: invalid parameters'],
    })
  })
})

describe('capacity/IP/vCPU shortage', () => {
  test('capacity', async () => {
    const story = await steadyStory()
    story.stage.ecs.control.setCapacity('FARGATE', false)
    await story.update('v2')
    const first = await story.tale(300)
    story.stage.ecs.control.setCapacity('FARGATE', true)
    expect({ first, later: await story.play(120) }).toEqual({
      first: {
        moments: [
          '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
          '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        ],
        events: [
          'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.',
        ],
        bus: [
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
          'SERVICE_TASK_PLACEMENT_FAILURE: RESOURCE:FARGATE',
        ],
        history: ['v2: IN_PROGRESS', 'v1: SUCCESSFUL'],
      },
      later: [
        '300s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '301s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
        '313s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '353s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
        '368s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2',
      ],
    })
  })

  test('IP', async () => {
    const story = await steadyStory({
      subnets: { 'subnet-a': { zone: 'ap-northeast-1a', free: 1 }, 'subnet-c': { zone: 'ap-northeast-1c', free: 1 } },
      service: { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } },
    })
    await story.update('v2')
    expect({ ...(await story.tale(180)), stopped: await stopped(story) }).toEqual({
      moments: [
        '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
        '9s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
        '17s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | breaker 3/3 TRIGGERED',
        '32s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        "was unable to place a task. Reason: Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet.",
        "was unable to place a task. Reason: Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet.",
        'has started 2 tasks: (task) (task).',
        "was unable to place a task. Reason: Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet.",
        "was unable to place a task. Reason: Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet.",
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
      stopped: [
        "TaskFailedToStart: Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet",
      ],
    })
  })

  test('vCPU', async () => {
    const story = await newStory({ service: { desiredCount: 4 } })
    story.stage.ecs.control.limitVcpus(0.5)
    const first = await story.tale(60)
    story.stage.ecs.control.limitVcpus(undefined)
    expect({ first, later: await story.play(120) }).toEqual({
      first: {
        moments: [
          '0s PENDING | v1 PRIMARY IN_PROGRESS 0+0/4',
          '1s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 0+2/4',
          '14s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/4',
        ],
        events: [
          'has started 2 tasks: (task) (task).',
          "was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
        ],
        bus: ['SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v1 in progress.', 'SERVICE_TASK_PLACEMENT_FAILURE: RESOURCE:CPU'],
        history: ['v1: IN_PROGRESS'],
      },
      later: [
        '60s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/4',
        '61s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+2/4',
        '73s IN_PROGRESS | v1 PRIMARY IN_PROGRESS 4+0/4',
        '113s SUCCESSFUL | v1 PRIMARY COMPLETED 4+0/4',
      ],
    })
  })
})
