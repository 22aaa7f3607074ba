import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { behind, createWeb, deployments, outcome, register, SUBNETS, web, webTasks } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

async function steady(service: Partial<CreateServiceRequest> = {}): Promise<Stage> {
  const stage = newStage()
  await createWeb(stage, service)
  await stage.clock.advance(120_000)
  return stage
}

const update = (stage: Stage, change: Partial<UpdateServiceRequest>) =>
  stage.api.UpdateService({ cluster: 'demo', service: 'web', ...change })

describe('UpdateService', () => {
  /** Fields of which the SDK says whether they trigger a new service deployment, with another value than the service has. */
  const changes: (Partial<UpdateServiceRequest> & { starts: boolean })[] = [
    { taskDefinition: 'web:2', starts: true },
    { taskDefinition: 'web:2', starts: false },
    { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-c'] } }, starts: true },
    { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-c'] } }, starts: false },
    { platformVersion: '1.4.0', starts: true },
    { loadBalancers: behind('web'), starts: true },
    { loadBalancers: [], starts: true },
    { serviceRegistries: [{ registryArn: 'arn:aws:servicediscovery:ap-northeast-1:123456789012:service/srv-1' }], starts: true },
    { serviceConnectConfiguration: { enabled: true, namespace: 'demo' }, starts: true },
    {
      volumeConfigurations: [{ name: 'data', managedEBSVolume: { roleArn: 'arn:aws:iam::123456789012:role/ebs', sizeInGiB: 1 } }],
      starts: true,
    },
    // Clients say null to leave it as it is; the SDK's types do not know that.
    { volumeConfigurations: null as never, starts: false },
    {
      vpcLatticeConfigurations: [
        {
          portName: 'http',
          roleArn: 'arn:aws:iam::123456789012:role/lattice',
          targetGroupArn: 'arn:aws:vpc-lattice:ap-northeast-1:123456789012:targetgroup/tg-0123456789abcdef0',
        },
      ],
      starts: true,
    },
    { forceNewDeployment: true, starts: true },
    { forceNewDeployment: false, starts: false },
    { desiredCount: 3, starts: false },
    { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }], starts: false },
    { capacityProviderStrategy: [], starts: false },
    { deploymentConfiguration: { minimumHealthyPercent: 50 }, starts: false },
    { availabilityZoneRebalancing: 'DISABLED', starts: false },
    { placementConstraints: [], starts: false },
    { placementStrategy: [], starts: false },
    { healthCheckGracePeriodSeconds: 60, starts: false },
    { enableExecuteCommand: true, starts: false },
    { enableECSManagedTags: true, starts: false },
    { propagateTags: 'SERVICE', starts: false },
  ]

  test('starts a deployment for what a revision is made of, and for nothing else', async () => {
    const stage = await steady()
    await stage.api.PutClusterCapacityProviders({
      cluster: 'demo',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    })
    await register(stage, 'v2')
    const found: typeof changes = []
    for (const { starts: _, ...change } of changes) {
      const before = (await web(stage)).currentServiceDeployment
      await update(stage, change)
      found.push({ ...change, starts: (await web(stage)).currentServiceDeployment !== before })
      await stage.clock.advance(300_000)
    }
    expect(found).toEqual(changes)
  })

  test('answers with the new PRIMARY before the old deployment, and with the service deployment that it began', async () => {
    const stage = await steady()
    await register(stage, 'v2')
    const { service } = await update(stage, { taskDefinition: 'web' })
    const [begun] = await deployments(stage)
    expect({
      deployments: service?.deployments?.map(({ status, rolloutState, taskDefinition }) => [
        status,
        rolloutState,
        taskDefinition?.split('/')[1],
      ]),
      current: service?.currentServiceDeployment,
    }).toEqual({
      deployments: [
        ['PRIMARY', 'IN_PROGRESS', 'web:2'],
        ['ACTIVE', 'COMPLETED', 'web:1'],
      ],
      current: begun?.serviceDeploymentArn,
    })
  })

  test('goes back from capacity providers to the launch type when it is given none', async () => {
    const stage = await steady()
    await stage.api.PutClusterCapacityProviders({
      cluster: 'demo',
      capacityProviders: ['FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    })
    const seen = []
    for (const capacityProviderStrategy of [[{ capacityProvider: 'FARGATE_SPOT', weight: 1 }], []]) {
      await update(stage, { capacityProviderStrategy, forceNewDeployment: true })
      await stage.clock.advance(120_000)
      const { launchType, capacityProviderStrategy: strategy } = await web(stage)
      const tasks = await webTasks(stage)
      seen.push({ launchType, strategy, tasks: tasks.map(({ capacityProviderName }) => capacityProviderName) })
    }
    expect(seen).toEqual([
      {
        launchType: undefined,
        strategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
        tasks: ['FARGATE_SPOT', 'FARGATE_SPOT'],
      },
      { launchType: 'FARGATE', strategy: undefined, tasks: [undefined, undefined] },
    ])
  })

  test('begins one deployment for each of two updates of the same moment, and the second supersedes the first', async () => {
    const stage = await steady()
    await register(stage, 'v2')
    await register(stage, 'v3')
    await Promise.all([update(stage, { taskDefinition: 'web:2' }), update(stage, { taskDefinition: 'web:3' })])
    await stage.clock.advance(180_000)
    expect({
      history: (await deployments(stage)).map(({ status, statusReason }) => `${status} ${statusReason ?? ''}`.trim()),
      tasks: (await webTasks(stage)).map(({ taskDefinitionArn }) => taskDefinitionArn?.split('/')[1]),
    }).toEqual({
      history: ['SUCCESSFUL', 'STOPPED Service deployment was superseded by a newer service deployment.', 'SUCCESSFUL'],
      tasks: ['web:3', 'web:3'],
    })
  })
})

describe('the deployment configuration', () => {
  const BREAKER = {
    enable: false,
    rollback: false,
    resetOnHealthyTask: true,
    thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 50 },
  }
  const HOOK = {
    hookTargetArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:check',
    roleArn: 'arn:aws:iam::123456789012:role/hook',
    lifecycleStages: ['POST_SCALE_UP' as const],
  }

  test('of a new service is filled in with the defaults of ECS', async () => {
    const filled = async (deploymentConfiguration: CreateServiceRequest['deploymentConfiguration']) =>
      (await web(await steady({ deploymentConfiguration }))).deploymentConfiguration
    const common = { maximumPercent: 200, minimumHealthyPercent: 100, deploymentCircuitBreaker: BREAKER }
    expect({
      none: await filled(undefined),
      canary: await filled({ strategy: 'CANARY', lifecycleHooks: [HOOK] }),
      linear: await filled({ strategy: 'LINEAR', deploymentCircuitBreaker: { enable: true, rollback: true } }),
    }).toEqual({
      none: { ...common, strategy: 'ROLLING', bakeTimeInMinutes: 0 },
      canary: {
        ...common,
        strategy: 'CANARY',
        bakeTimeInMinutes: 0,
        canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 10 },
        lifecycleHooks: [
          { ...HOOK, targetType: 'AWS_LAMBDA', timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK' } },
        ],
      },
      linear: {
        ...common,
        strategy: 'LINEAR',
        bakeTimeInMinutes: 0,
        deploymentCircuitBreaker: { ...BREAKER, enable: true, rollback: true },
        linearConfiguration: { stepPercent: 10, stepBakeTimeInMinutes: 6 },
      },
    })
  })

  test('keeps what an update does not name, and may change its strategy', async () => {
    const stage = await steady({ deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } })
    const seen = []
    for (const deploymentConfiguration of [
      { minimumHealthyPercent: 50 },
      { strategy: 'BLUE_GREEN' as const, bakeTimeInMinutes: 5 },
      { strategy: 'ROLLING' as const },
    ]) {
      const { service } = await update(stage, { deploymentConfiguration })
      const { strategy, bakeTimeInMinutes, minimumHealthyPercent, deploymentCircuitBreaker } =
        service?.deploymentConfiguration ?? {}
      seen.push([strategy, bakeTimeInMinutes, minimumHealthyPercent, deploymentCircuitBreaker?.rollback])
    }
    expect(seen).toEqual([
      ['ROLLING', 0, 50, true],
      ['BLUE_GREEN', 5, 50, true],
      ['ROLLING', 0, 50, true],
    ])
  })
})

describe('CreateService', () => {
  const create = (stage: Stage, more: Partial<CreateServiceRequest> = {}) =>
    outcome(
      stage.api
        .CreateService({
          cluster: 'demo',
          serviceName: 'web',
          taskDefinition: 'web',
          desiredCount: 2,
          networkConfiguration: SUBNETS,
          ...more,
        })
        .then(({ service }) => service?.serviceArn),
    )

  test('gives the service again that the same token made, and refuses its name to others', async () => {
    const stage = await steady({ clientToken: 'once' })
    const { serviceArn } = await web(stage)
    expect([await create(stage, { clientToken: 'once' }), await create(stage, { clientToken: 'twice' })]).toEqual([
      serviceArn,
      'InvalidParameterException: Creation of service was not idempotent.',
    ])
    expect(await deployments(stage)).toHaveLength(1)
  })

  test('takes the name of a service that is gone, but not of one that drains', async () => {
    const stage = await steady()
    const { serviceArn } = await web(stage)
    await stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true })
    const draining = await create(stage)
    await stage.clock.advance(60_000)
    expect([draining, await create(stage)]).toEqual([
      'InvalidParameterException: Unable to Start a service that is still Draining.',
      serviceArn,
    ])
    await stage.clock.advance(120_000)
    const { status, runningCount, events = [] } = await web(stage)
    expect({ status, runningCount, events: events.length, deployments: (await deployments(stage)).length }).toEqual({
      status: 'ACTIVE',
      runningCount: 2,
      events: 3,
      deployments: 1,
    })
  })

  const hook = (more: object) => ({ deploymentConfiguration: { lifecycleHooks: [more] } as never })
  const LAMBDA = { hookTargetArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:f', roleArn: 'role' }
  const refusals: [refused: string, more: Partial<CreateServiceRequest>, why: string][] = [
    ['a name that is too long', { serviceName: 'w'.repeat(256) }, 'ClientException: Service name contains invalid characters.'],
    ['a cluster that is none', { cluster: 'other' }, 'ClusterNotFoundException: Cluster not found.'],
    ['a definition that is none', { taskDefinition: 'other' }, 'ClientException: TaskDefinition not found.'],
    [
      'a platform that is none',
      { platformVersion: '9.9.9' },
      "PlatformUnknownException: The specified platform version doesn't exist.",
    ],
    ['a negative count', { desiredCount: -1 }, 'InvalidParameterException: Desired count must be at least 0.'],
    [
      'a token that is too long',
      { clientToken: 't'.repeat(37) },
      'InvalidParameterException: clientToken must have between 1 and 36 printable ASCII characters without spaces.',
    ],
    [
      'more than fifty tags',
      { tags: Array.from({ length: 51 }, (_, at) => ({ key: `k${at}`, value: '' })) },
      'InvalidParameterException: Number of tags exceeds the maximum allowed.',
    ],
    [
      'a key that is too long',
      { tags: [{ key: 'k'.repeat(129), value: '' }] },
      'InvalidParameterException: A tag key must have between 1 and 128 characters.',
    ],
    [
      'a value that is too long',
      { tags: [{ key: 'k', value: 'v'.repeat(257) }] },
      'InvalidParameterException: A tag value must have at most 256 characters.',
    ],
    [
      'a tag of AWS',
      { tags: [{ key: 'aws:team', value: 'a' }] },
      'InvalidParameterException: System tags cannot be added, updated or deleted.',
    ],
    [
      'a deployment that could never move',
      { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    ],
    [
      'a breaker that tolerates more than all',
      {
        deploymentConfiguration: {
          deploymentCircuitBreaker: {
            enable: true,
            rollback: true,
            thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 101 },
          },
        },
      },
      'InvalidParameterException: Invalid value 101 for a circuit breaker threshold of type BOUNDED_PERCENT.',
    ],
    [
      'early success below the minimum',
      {
        deploymentConfiguration: {
          earlySuccessCriteria: { enable: true, healthyPercent: 99, sourceServiceRevisionCleanup: 'BLOCKING' },
        },
      },
      'InvalidParameterException: healthyPercent must be greater than or equal to minimumHealthyPercent.',
    ],
    [
      'blue/green without a bake',
      { deploymentConfiguration: { strategy: 'BLUE_GREEN' } },
      'InvalidParameterException: bakeTimeInMinutes must be provided when the deployment strategy is BLUE_GREEN.',
    ],
    [
      'a bake of more than a day',
      { deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1441 } },
      'InvalidParameterException: bakeTimeInMinutes must be an integer between 0 and 1440.',
    ],
    [
      'a canary of nothing',
      { deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 0 } } },
      'InvalidParameterException: canaryPercent must be a multiple of 0.1 between 0.1 and 100.0.',
    ],
    [
      'a canary that bakes for more than a day',
      { deploymentConfiguration: { strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 1441 } } },
      'InvalidParameterException: canaryBakeTimeInMinutes must be an integer between 0 and 1440.',
    ],
    [
      'steps that are too small',
      { deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 2.9 } } },
      'InvalidParameterException: stepPercent must be a multiple of 0.1 between 3.0 and 100.0.',
    ],
    [
      'steps that bake for less than nothing',
      { deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepBakeTimeInMinutes: -1 } } },
      'InvalidParameterException: stepBakeTimeInMinutes must be an integer between 0 and 1440.',
    ],
    [
      'a hook while tasks start',
      hook({ ...LAMBDA, lifecycleStages: ['SCALE_UP'] }),
      'InvalidParameterException: Lifecycle hooks cannot be configured at the SCALE_UP stage.',
    ],
    [
      'a hook in the bake',
      hook({ ...LAMBDA, lifecycleStages: ['BAKE_TIME'] }),
      'InvalidParameterException: Lifecycle hooks cannot be configured at the BAKE_TIME stage.',
    ],
    [
      'a hook after everything',
      hook({ ...LAMBDA, lifecycleStages: ['CLEAN_UP'] }),
      'InvalidParameterException: Lifecycle hooks cannot be configured at the CLEAN_UP stage.',
    ],
    [
      'a pause while traffic shifts',
      hook({ targetType: 'PAUSE', lifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT'] }),
      'InvalidParameterException: PAUSE hooks cannot be configured at the PRODUCTION_TRAFFIC_SHIFT stage.',
    ],
    [
      'a hook that waits for more than two weeks',
      hook({ ...LAMBDA, lifecycleStages: ['PRE_SCALE_UP'], timeoutConfiguration: { timeoutInMinutes: 20_161 } }),
      'InvalidParameterException: timeoutInMinutes must be between 1 and 20160.',
    ],
  ]
  test.each(refusals)('refuses %s', async (_, more, why) => {
    const stage = await steady()
    expect(await create(stage, { serviceName: 'new', ...more })).toBe(why)
    expect((await stage.api.ListServices({ cluster: 'demo' })).serviceArns).toHaveLength(1)
  })

  test('takes the longest names and tags that there are', async () => {
    const stage = newStage()
    const clusterName = 'c'.repeat(255)
    const serviceName = 's'.repeat(255)
    const family = 'f'.repeat(255)
    await stage.api.CreateCluster({ clusterName })
    await register(stage, 'v1', { containerDefinitions: [{ name: 'c'.repeat(255), image: 'registry.test/web' }] }, family)
    const tags = Array.from({ length: 50 }, (_, at) => ({ key: String(at).padEnd(128, 'k'), value: 'v'.repeat(256) }))
    await create(stage, { cluster: clusterName, serviceName, taskDefinition: family, tags, propagateTags: 'SERVICE' })
    await stage.clock.advance(120_000)
    const { services } = await stage.api.DescribeServices({ cluster: clusterName, services: [serviceName], include: ['TAGS'] })
    const { taskArns = [] } = await stage.api.ListTasks({ cluster: clusterName, serviceName })
    const { tasks } = await stage.api.DescribeTasks({ cluster: clusterName, tasks: taskArns, include: ['TAGS'] })
    expect({
      running: services?.[0]?.runningCount,
      rollout: services?.[0]?.deployments?.[0]?.rolloutState,
      tags: services?.[0]?.tags,
      tagsOfTasks: tasks?.map((task) => task.tags),
    }).toEqual({ running: 2, rollout: 'COMPLETED', tags, tagsOfTasks: [tags, tags] })
  })
})

describe('DeleteService', () => {
  test('drains until the last task is STOPPING; the cluster waits until it has STOPPED', async () => {
    const stage = await steady({ loadBalancers: behind('web') })
    await update(stage, { forceNewDeployment: true })
    await stage.clock.advance(20_000)
    const tasks = (await webTasks(stage)).map(({ taskArn = '' }) => taskArn)
    await stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true })
    const seen: string[] = []
    for (let second = 0; second <= 60; second++) {
      const { status, runningCount, pendingCount, deployments: left = [] } = await web(stage)
      const states = (await stage.api.DescribeTasks({ cluster: 'demo', tasks })).tasks?.map(({ lastStatus }) => lastStatus)
      const listed = (await stage.api.ListServices({ cluster: 'demo' })).serviceArns?.length
      const cluster = await outcome(stage.api.DeleteCluster({ cluster: 'demo' }))
      const deletion = typeof cluster === 'string' ? cluster.split('Exception')[0] : cluster.cluster?.status
      const line = `${status} ${runningCount}+${pendingCount} of ${left.length}, ${listed} listed, ${states?.join(' ')}: ${deletion}`
      if (line !== seen.at(-1)) seen.push(line)
      if (deletion === 'INACTIVE') break
      await stage.clock.advance(1000)
    }
    expect(seen).toEqual([
      'DRAINING 4+0 of 2, 0 listed, RUNNING RUNNING RUNNING RUNNING: ClusterContainsServices',
      'DRAINING 0+0 of 2, 0 listed, DEACTIVATING DEACTIVATING DEACTIVATING DEACTIVATING: ClusterContainsServices',
      'INACTIVE 0+0 of 0, 0 listed, DEPROVISIONING DEPROVISIONING DEPROVISIONING DEPROVISIONING: ClusterContainsTasks',
      'INACTIVE 0+0 of 0, 0 listed, STOPPED STOPPED STOPPED STOPPED: INACTIVE',
    ])
  })

  test('stops the deployment under way, and leaves neither task nor deployment', async () => {
    const stage = await steady()
    await register(stage, 'v2')
    await update(stage, { taskDefinition: 'web:2' })
    await stage.clock.advance(20_000)
    const [current] = await deployments(stage)
    await stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true })
    const serviceDeploymentArns = [current?.serviceDeploymentArn ?? '']
    const stopped = (await stage.api.DescribeServiceDeployments({ serviceDeploymentArns })).serviceDeployments?.[0]
    await stage.clock.advance(120_000)
    const afterwards = await stage.api.DescribeServiceDeployments({ serviceDeploymentArns })
    expect({
      stopped: `${stopped?.status}: ${stopped?.statusReason}`,
      afterwards,
      running: stage.runtime.running.size,
      free: [...stage.network.free.values()],
    }).toEqual({
      stopped: 'STOPPED: Service was deleted.',
      afterwards: { serviceDeployments: [], failures: [{ arn: serviceDeploymentArns[0], reason: 'MISSING' }] },
      running: 0,
      free: [200, 200],
    })
  })

  test('wants force for a service that is scaled above 0, and answers when asked again', async () => {
    const stage = await steady()
    const remove = async (force = false) => {
      const answer = await outcome(stage.api.DeleteService({ cluster: 'demo', service: 'web', force }))
      return typeof answer === 'string' ? answer : answer.service?.status
    }
    const seen = [await remove(), await remove(true), await remove()]
    await stage.clock.advance(60_000)
    seen.push(await remove())
    const change = await outcome(update(stage, { desiredCount: 1 }))
    expect({ seen, change, other: await outcome(stage.api.DeleteService({ cluster: 'demo', service: 'other' })) }).toEqual({
      seen: [
        'InvalidParameterException: The service cannot be stopped while it is scaled above 0.',
        'DRAINING',
        'DRAINING',
        'INACTIVE',
      ],
      change: 'ServiceNotActiveException: Service was not ACTIVE.',
      other: 'ServiceNotFoundException: Service not found.',
    })
  })
})

describe('reading services', () => {
  test('describes ten at once and says which are missing', async () => {
    const stage = await steady()
    const names = ['web', ...Array.from({ length: 10 }, (_, at) => `other-${at}`)]
    const { services, failures } = await stage.api.DescribeServices({ cluster: 'demo', services: names.slice(0, 10) })
    expect(services?.map(({ serviceName }) => serviceName)).toEqual(['web'])
    expect(failures).toEqual(
      names.slice(1, 10).map((name) => ({
        arn: `arn:aws:ecs:ap-northeast-1:123456789012:service/demo/${name}`,
        reason: 'MISSING',
      })),
    )
    expect(await outcome(stage.api.DescribeServices({ cluster: 'demo', services: names }))).toBe(
      'InvalidParameterException: Services cannot have more than 10 elements.',
    )
    expect(await outcome(stage.api.DescribeServices({ cluster: 'other', services: ['web'] }))).toBe(
      'ClusterNotFoundException: Cluster not found.',
    )
  })

  test('lists ten a page unless asked otherwise, of one cluster', async () => {
    const stage = newStage()
    await stage.api.CreateCluster({ clusterName: 'other' })
    await createWeb(stage, { desiredCount: 0 })
    const taskDefinition = 'web'
    for (let at = 0; at < 11; at++) {
      const serviceName = `more-${String(at).padStart(2, '0')}`
      await stage.api.CreateService({
        cluster: at === 10 ? 'other' : 'demo',
        serviceName,
        taskDefinition,
        desiredCount: 0,
        networkConfiguration: SUBNETS,
      })
    }
    const first = await stage.api.ListServices({ cluster: 'demo' })
    const second = await stage.api.ListServices({ cluster: 'demo', nextToken: first.nextToken })
    const all = await stage.api.ListServices({ cluster: 'demo', maxResults: 100 })
    expect([first.serviceArns?.length, second.serviceArns?.length, second.nextToken]).toEqual([10, 1, undefined])
    expect(all.serviceArns).toEqual([...(first.serviceArns ?? []), ...(second.serviceArns ?? [])])
    expect(await outcome(stage.api.ListServices({ cluster: 'demo', maxResults: 101 }))).toBe(
      'InvalidParameterException: maxResults must be between 1 and 100.',
    )
  })
})
