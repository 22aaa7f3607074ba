import { expect, test } from 'vitest'
import { behind, webTasks } from '../service-for-tests.ts'
import { steadyStory } from './story-for-tests.ts'

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`

test('steady → rolling ok', async () => {
  const story = await steadyStory()
  await story.update('v2')
  expect(await story.tale(120)).toEqual({
    moments: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
      '14s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '54s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
      '69s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2',
    ],
    events: [
      'has started 2 tasks: (task) (task).',
      'has stopped 2 running tasks: (task) (task).',
      '(deployment v2) deployment completed.',
      'has reached a steady state.',
    ],
    bus: [
      'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
      'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
      'SERVICE_STEADY_STATE',
    ],
    history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
  })
})

test('rolling stuck', async () => {
  const story = await steadyStory({ service: { deploymentConfiguration: { minimumHealthyPercent: 75, maximumPercent: 100 } } })
  await story.update('v2')
  expect(await story.tale(24 * 3600, { every: 60 })).toEqual({
    moments: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '60s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
    ],
    events: [
      // At once, and again every six hours.
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
    ],
    bus: ['SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.'],
    history: ['v2: IN_PROGRESS', 'v1: SUCCESSFUL'],
  })
  story.begin()
  await story.set({ deploymentConfiguration: { maximumPercent: 150 } })
  expect(await story.tale(240)).toEqual({
    moments: [
      '0s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+1/2 | v1 ACTIVE COMPLETED 2+0/2',
      '13s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 1+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '53s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 1+1/2 | v1 ACTIVE COMPLETED 1+0/1',
      '66s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 1+0/1',
      '106s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
      '121s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2',
    ],
    events: [
      'has started 1 tasks: (task).',
      'has stopped 1 running tasks: (task).',
      'has started 1 tasks: (task).',
      'has stopped 1 running tasks: (task).',
      '(deployment v2) deployment completed.',
      'has reached a steady state.',
    ],
    bus: ['SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.', 'SERVICE_STEADY_STATE'],
    history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
  })
})

test('slow start vs grace period', async () => {
  const story = await steadyStory({ service: { loadBalancers: behind('web'), healthCheckGracePeriodSeconds: 0 } })
  // Answers its checks 90 s after it was registered, and has failed two of them before.
  story.stage.balancing.fate = () => [
    { after: 30_000, state: 'unhealthy' },
    { after: 90_000, state: 'healthy' },
  ]
  await story.update('v2', { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } })
  expect(await story.tale(180)).toEqual({
    moments: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '17s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '44s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '60s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 2/3 MONITORING',
      '87s STOPPED | v2 PRIMARY FAILED 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 3/3 TRIGGERED',
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
    ],
    bus: [
      'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
      'SERVICE_DEPLOYMENT_FAILED: ECS deployment circuit breaker: tasks failed to start.',
    ],
    history: ['v2: STOPPED: Service deployment stopped because the circuit breaker threshold was exceeded.', 'v1: SUCCESSFUL'],
  })
  story.begin()
  await story.update('v3', { healthCheckGracePeriodSeconds: 100 })
  expect(await story.tale(240)).toEqual({
    moments: [
      '0s PENDING | v3 PRIMARY IN_PROGRESS 0+0/2 | v2 ACTIVE FAILED 0+0/0 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '1s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '17s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 0/3 MONITORING',
      '104s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0 | breaker 0/3 MONITORING',
      '124s SUCCESSFUL | v3 PRIMARY COMPLETED 2+0/2 | breaker 0/3 MONITORING_COMPLETE',
    ],
    events: [
      'has started 2 tasks: (task) (task).',
      'registered 1 targets in (target-group web)',
      'registered 1 targets in (target-group web)',
      'has stopped 2 running tasks: (task) (task).',
      'deregistered 1 targets in (target-group web)',
      'has begun draining connections on 1 tasks.',
      'deregistered 1 targets in (target-group web)',
      'has begun draining connections on 1 tasks.',
      '(deployment v3) deployment completed.',
      'has reached a steady state.',
    ],
    bus: [
      'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v3 in progress.',
      'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v3 completed.',
      'SERVICE_STEADY_STATE',
    ],
    history: [
      'v3: SUCCESSFUL',
      'v2: STOPPED: Service deployment stopped because the circuit breaker threshold was exceeded.',
      'v1: SUCCESSFUL',
    ],
  })
})

test('superseded mid-flight (3 revisions)', async () => {
  const story = await steadyStory({ service: { deploymentConfiguration: { maximumPercent: 300 } } })
  await story.update('v2')
  const first = await story.play(20)
  await story.update('v3')
  expect({ first, later: await story.tale(120) }).toEqual({
    first: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
      '14s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
    ],
    later: {
      moments: [
        '20s PENDING | v3 PRIMARY IN_PROGRESS 0+0/2 | v2 ACTIVE IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '21s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 0+2/2 | v2 ACTIVE IN_PROGRESS 0+0/0 | v1 ACTIVE COMPLETED 2+0/2',
        '34s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE IN_PROGRESS 0+0/0 | v1 ACTIVE COMPLETED 2+0/2',
        '36s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '74s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
        '89s SUCCESSFUL | v3 PRIMARY COMPLETED 2+0/2',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'has stopped 2 running tasks: (task) (task).',
        'has started 2 tasks: (task) (task).',
        'has stopped 2 running tasks: (task) (task).',
        '(deployment v3) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v3 in progress.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v3 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: [
        'v3: SUCCESSFUL',
        'v2: STOPPED: Service deployment was superseded by a newer service deployment.',
        'v1: SUCCESSFUL',
      ],
    },
  })
})

test('autoscaling changes desired mid-deploy (threshold moves)', async () => {
  const story = await steadyStory({
    script: ({ containers }) =>
      containers[0]?.image.endsWith(':v2') ? { startAfter: 10_000, failsToStart: 'CannotPullContainerError: gone' } : {},
    service: { desiredCount: 6, deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } },
  })
  await story.update('v2', { deploymentConfiguration: { maximumPercent: 120 } })
  const first = await story.play(60)
  story.stage.ecs.setDesiredCount('demo', 'web', 12)
  expect({ first, later: await story.tale(300) }).toEqual({
    first: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/6 | v1 ACTIVE COMPLETED 6+0/6 | breaker 0/3 MONITORING',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+1/6 | v1 ACTIVE COMPLETED 6+0/6 | breaker 0/3 MONITORING',
      '24s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+1/6 | v1 ACTIVE COMPLETED 6+0/6 | breaker 1/3 MONITORING',
      '47s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+1/6 | v1 ACTIVE COMPLETED 6+0/6 | breaker 2/3 MONITORING',
    ],
    later: {
      moments: [
        '60s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+1/12 | v1 ACTIVE COMPLETED 6+0/6 | breaker 2/6 MONITORING',
        '61s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+8/12 | v1 ACTIVE COMPLETED 6+0/6 | breaker 2/6 MONITORING',
        '70s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+8/12 | v1 ACTIVE COMPLETED 6+0/6 | breaker 3/6 MONITORING',
        '83s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 6+6/12 | v2 ACTIVE FAILED 0+0/0 | breaker 6/6 TRIGGERED',
        '96s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 12+0/12 | v2 ACTIVE FAILED 0+0/0 | breaker 6/6 TRIGGERED',
        '98s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 12+0/12 | breaker 6/6 TRIGGERED',
        '136s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 12+0/12 | breaker 6/6 TRIGGERED',
      ],
      events: [
        'has started 1 tasks: (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'has started 1 tasks: (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'has started 1 tasks: (task).',
        'has started 7 tasks: (task) (task) (task) (task) (task) (task) (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'has started 1 tasks: (task).',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        'was unable to place a task. Reason: CannotPullContainerError: gone.',
        '(deployment v2) deployment failed: tasks failed to start.',
        'rolling back to deployment v1.',
        'stopped 1 pending tasks.',
        'has started 6 tasks: (task) (task) (task) (task) (task) (task).',
        '(deployment v1) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DESIRED_COUNT_UPDATED',
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

test('early success DEFERRED', async () => {
  const story = await steadyStory({
    service: {
      desiredCount: 4,
      deploymentConfiguration: {
        minimumHealthyPercent: 50,
        maximumPercent: 100,
        earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: 'DEFERRED' },
      },
    },
  })
  await story.update('v2')
  expect(await story.tale(180)).toEqual({
    moments: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/4 | v1 ACTIVE COMPLETED 4+0/4',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/4 | v1 ACTIVE COMPLETED 2+0/2',
      '14s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/4 | v1 ACTIVE COMPLETED 2+0/2',
      '54s SUCCESSFUL | v2 PRIMARY IN_PROGRESS 2+2/4 | v1 ACTIVE COMPLETED 0+0/0',
      '67s SUCCESSFUL | v2 PRIMARY IN_PROGRESS 4+0/4 | v1 ACTIVE COMPLETED 0+0/0',
      '69s SUCCESSFUL | v2 PRIMARY IN_PROGRESS 4+0/4',
      '107s SUCCESSFUL | v2 PRIMARY COMPLETED 4+0/4',
    ],
    events: [
      'has stopped 2 running tasks: (task) (task).',
      'has started 2 tasks: (task) (task).',
      'has stopped 2 running tasks: (task) (task).',
      'has started 2 tasks: (task) (task).',
      '(deployment v2) deployment completed.',
      'has reached a steady state.',
    ],
    bus: [
      'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
      'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
      'SERVICE_STEADY_STATE',
    ],
    history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
  })
})

test('protected tasks', async () => {
  const story = await steadyStory()
  const tasks = (await webTasks(story.stage)).map(({ taskArn = '' }) => taskArn)
  await story.stage.api.UpdateTaskProtection({ cluster: 'demo', tasks, protectionEnabled: true, expiresInMinutes: 10 })
  await story.update('v2')
  expect(await story.tale(900, { every: 10 })).toEqual({
    moments: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '10s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2',
      '20s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
      '600s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0',
      '620s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2',
    ],
    events: [
      'has started 2 tasks: (task) (task).',
      'was unable to reach steady state because task set (v1) was unable to scale in. Reason: The number of protected tasks are more than the desired count of tasks.',
      'has stopped 2 running tasks: (task) (task).',
      '(deployment v2) deployment completed.',
      'has reached a steady state.',
    ],
    bus: [
      'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
      'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
      'SERVICE_STEADY_STATE',
    ],
    history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
  })
})

test('AZ imbalance', async () => {
  const story = await steadyStory({
    subnets: { 'subnet-a': { zone: 'ap-northeast-1a', free: 10 }, 'subnet-c': { zone: 'ap-northeast-1c', free: 0 } },
    service: { desiredCount: 4 },
  })
  const zones = async () => (await webTasks(story.stage)).map(({ availabilityZone = '' }) => availabilityZone.at(-1)).sort()
  const before = await zones()
  story.stage.network.free.set('subnet-c', 10)
  expect({ before, ...(await story.tale(900)), after: await zones() }).toEqual({
    before: ['a', 'a', 'a', 'a'],
    moments: [
      '0s SUCCESSFUL | v1 PRIMARY COMPLETED 4+0/4',
      '234s SUCCESSFUL | v1 PRIMARY COMPLETED 4+1/4',
      '247s SUCCESSFUL | v1 PRIMARY COMPLETED 5+0/4',
      '287s SUCCESSFUL | v1 PRIMARY COMPLETED 4+1/4',
      '300s SUCCESSFUL | v1 PRIMARY COMPLETED 5+0/4',
      '340s SUCCESSFUL | v1 PRIMARY COMPLETED 4+0/4',
    ],
    events: [
      'is not AZ balanced with 4 tasks in ap-northeast-1a, 0 tasks in ap-northeast-1c. AZ Rebalancing in progress.',
      'has started 1 tasks in ap-northeast-1c to AZ Rebalance: (task).',
      'has stopped 1 running tasks in ap-northeast-1a due to AZ rebalancing: (task).',
      'has reached a steady state.',
      'is not AZ balanced with 3 tasks in ap-northeast-1a, 1 tasks in ap-northeast-1c. AZ Rebalancing in progress.',
      'has started 1 tasks in ap-northeast-1c to AZ Rebalance: (task).',
      'has stopped 1 running tasks in ap-northeast-1a due to AZ rebalancing: (task).',
      'is AZ balanced with 2 tasks in ap-northeast-1a, 2 tasks in ap-northeast-1c.',
      'has reached a steady state.',
    ],
    bus: [
      'SERVICE_REBALANCING_STARTED',
      'SERVICE_STEADY_STATE',
      'SERVICE_REBALANCING_STARTED',
      'SERVICE_REBALANCING_COMPLETED',
      'SERVICE_STEADY_STATE',
    ],
    history: ['v1: SUCCESSFUL'],
    after: ['a', 'a', 'c', 'c'],
  })
})

test('digest pinning', async () => {
  let digest = digestOf('a')
  const story = await steadyStory({ script: () => ({ digest }) })
  const images = () => story.stage.runtime.plans.map(({ containers }) => containers[0]?.image)
  const described = async () => {
    const { services = [] } = await story.stage.api.DescribeServices({ cluster: 'demo', services: ['web'] })
    const arns = services[0]?.currentServiceRevisions?.map(({ arn = '' }) => arn) ?? []
    const { serviceRevisions = [] } = await story.stage.api.DescribeServiceRevisions({ serviceRevisionArns: arns })
    return serviceRevisions.flatMap(({ containerImages }) => containerImages)
  }
  const first = await described()
  digest = digestOf('b')
  await story.set({ desiredCount: 3 })
  await story.play(60)
  const scaled = { images: images(), described: await described() }
  await story.set({ forceNewDeployment: true })
  await story.play(120)
  expect({ first, scaled, renewed: { images: images().slice(3), described: await described() } }).toEqual({
    first: [
      {
        containerName: 'web',
        image: 'registry.test/web:v1',
        imageDigest: 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      },
    ],
    scaled: {
      described: [
        {
          containerName: 'web',
          image: 'registry.test/web:v1',
          imageDigest: 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
        },
      ],
      images: [
        'registry.test/web:v1',
        'registry.test/web:v1',
        'registry.test/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      ],
    },
    renewed: {
      described: [
        {
          containerName: 'web',
          image: 'registry.test/web:v1',
          imageDigest: 'sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
        },
      ],
      images: ['registry.test/web:v1', 'registry.test/web:v1', 'registry.test/web:v1'],
    },
  })
})
