import type { CreateServiceRequest, RegisterTaskDefinitionRequest, RunTaskRequest } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { behind, outcome, register, told, web, webTasks } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

const LAUNCH_MS = 60_000

interface Machine {
  id: string
  zone?: string
  cpu?: number
  memory?: number
  attributes?: { name: string; value: string }[]
}

/** Registers a machine as the agent of an EC2 instance does; gives its ARN. */
async function machine(stage: Stage, { id, zone = 'ap-northeast-1a', cpu = 1024, memory = 2048, attributes }: Machine) {
  const { containerInstance } = await stage.api.RegisterContainerInstance({
    cluster: 'demo',
    instanceIdentityDocument: JSON.stringify({ instanceId: id, instanceType: 't3.small', availabilityZone: zone }),
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: cpu },
      { name: 'MEMORY', type: 'INTEGER', integerValue: memory },
    ],
    attributes,
  })
  return containerInstance?.containerInstanceArn ?? ''
}

const onInstances = (
  more: Partial<RegisterTaskDefinitionRequest> = {},
  hostPort = 0,
): Partial<RegisterTaskDefinitionRequest> => ({
  ...{ networkMode: 'bridge', requiresCompatibilities: ['EC2'] },
  containerDefinitions: [{ name: 'web', image: 'registry.test/web:v1', portMappings: [{ containerPort: 80, hostPort }] }],
  ...more,
})

async function ready(machines: Machine[], definition = onInstances()): Promise<{ stage: Stage; machines: string[] }> {
  const stage = newStage()
  await stage.api.CreateCluster({ clusterName: 'demo' })
  const arns: string[] = []
  for (const each of machines) arns.push(await machine(stage, each))
  await register(stage, 'v1', definition)
  return { stage, machines: arns }
}

async function create(stage: Stage, more: Partial<CreateServiceRequest> = {}): Promise<void> {
  const usual = { cluster: 'demo', serviceName: 'web', taskDefinition: 'web', desiredCount: 2, launchType: 'EC2' as const }
  await stage.api.CreateService({ ...usual, ...more })
  await stage.clock.advance(LAUNCH_MS)
}

const run = (stage: Stage, more: Partial<RunTaskRequest> = {}) =>
  stage.api.RunTask({ cluster: 'demo', taskDefinition: 'web', launchType: 'EC2', ...more })

/** How many tasks of the service each machine has, in their order. */
async function spread({ stage, machines }: { stage: Stage; machines: string[] }): Promise<number[]> {
  const on = (await webTasks(stage)).map(({ containerInstanceArn }) => containerInstanceArn)
  return machines.map((arn) => on.filter((each) => each === arn).length)
}

const resource = (from: { name?: string; integerValue?: number; stringSetValue?: string[] }[] | undefined, name: string) => {
  const found = from?.find((each) => each.name === name)
  return found?.stringSetValue ?? found?.integerValue
}

describe('a container instance', () => {
  test('has less left with each task, and all of it when they have stopped', async () => {
    const { stage, machines } = await ready([{ id: 'i-1' }], onInstances({}, 8080))
    const left = async () => {
      const { containerInstances = [] } = await stage.api.DescribeContainerInstances({
        cluster: 'demo',
        containerInstances: machines,
      })
      const { remainingResources, runningTasksCount } = containerInstances[0] ?? {}
      const [cpu, memory] = [resource(remainingResources, 'CPU'), resource(remainingResources, 'MEMORY')]
      return { cpu, memory, holds8080: JSON.stringify(remainingResources).includes('"8080"'), runningTasksCount }
    }
    const { tasks = [] } = await run(stage)
    await stage.clock.advance(LAUNCH_MS)
    const one = await left()
    await stage.api.StopTask({ cluster: 'demo', task: tasks[0]?.taskArn })
    await stage.clock.advance(LAUNCH_MS)
    expect([one, await left()]).toEqual([
      { cpu: 768, memory: 1536, holds8080: true, runningTasksCount: 1 },
      { cpu: 1024, memory: 2048, holds8080: false, runningTasksCount: 0 },
    ])
  })

  test('is found by the query language, and described by its id', async () => {
    const { stage, machines } = await ready([
      { id: 'i-1', attributes: [{ name: 'disk', value: 'ssd' }] },
      { id: 'i-2', zone: 'ap-northeast-1c' },
    ])
    const found = async (filter: string) => {
      const { containerInstanceArns = [] } = await stage.api.ListContainerInstances({ cluster: 'demo', filter })
      return containerInstanceArns.map((arn) => machines.indexOf(arn) + 1).sort()
    }
    expect({
      byAttribute: await found('attribute:disk == ssd'),
      without: await found('attribute:disk !exists'),
      inZones: await found('attribute:ecs.availability-zone in [ap-northeast-1a, ap-northeast-1c] and agentConnected == true'),
      byPattern: await found('attribute:ecs.instance-type =~ t3.* and not (ec2InstanceId == i-2)'),
      wrong: await found('attribute:disk === ssd').catch(({ code }) => code),
    }).toEqual({ byAttribute: [1], without: [2], inZones: [1, 2], byPattern: [1], wrong: 'InvalidParameterException' })
    const described = await stage.api.DescribeContainerInstances({
      cluster: 'demo',
      containerInstances: [machines[0]?.split('/').at(-1) ?? '', 'none'],
    })
    expect(described).toMatchObject({ containerInstances: [{ ec2InstanceId: 'i-1' }], failures: [{ reason: 'MISSING' }] })
  })

  test('that runs tasks is deregistered only by force, which ends them', async () => {
    const { stage, machines } = await ready([{ id: 'i-1' }])
    const { tasks = [] } = await run(stage)
    await stage.clock.advance(LAUNCH_MS)
    const asked = { cluster: 'demo', containerInstance: machines[0] }
    expect(await outcome(stage.api.DeregisterContainerInstance(asked))).toBe(
      'InvalidParameterException: Found running tasks on the instance.',
    )
    await stage.api.DeregisterContainerInstance({ ...asked, force: true })
    await stage.clock.advance(LAUNCH_MS)
    const ended = await stage.api.DescribeTasks({ cluster: 'demo', tasks: [tasks[0]?.taskArn ?? ''] })
    expect(ended.tasks?.[0]).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'Host EC2 (instance i-1) terminated.' })
  })

  test('that drains has its service tasks replaced first, and its standalone ones left', async () => {
    const at = await ready([{ id: 'i-1' }, { id: 'i-2' }])
    await create(at.stage, { placementStrategy: [{ type: 'spread', field: 'instanceId' }] })
    const { tasks = [] } = await run(at.stage, {
      placementConstraints: [{ type: 'memberOf', expression: 'ec2InstanceId == i-1' }],
    })
    await at.stage.clock.advance(LAUNCH_MS)
    const containerInstances = at.machines.slice(0, 1)
    await at.stage.api.UpdateContainerInstancesState({ cluster: 'demo', containerInstances, status: 'DRAINING' })
    await at.stage.clock.advance(2 * LAUNCH_MS)
    const alone = await at.stage.api.DescribeTasks({ cluster: 'demo', tasks: [tasks[0]?.taskArn ?? ''] })
    expect({
      spread: await spread(at),
      running: (await web(at.stage)).runningCount,
      alone: alone.tasks?.[0]?.lastStatus,
    }).toEqual({
      spread: [0, 2],
      running: 2,
      alone: 'RUNNING',
    })
  })

  test('keeps a cluster from being deleted', async () => {
    const { stage } = await ready([{ id: 'i-1' }])
    expect(await outcome(stage.api.DeleteCluster({ cluster: 'demo' }))).toMatch('ClusterContainsContainerInstancesException')
  })
})

describe('placement', () => {
  const four: Machine[] = [
    { id: 'i-1' },
    { id: 'i-2', memory: 1024 },
    { id: 'i-3', zone: 'ap-northeast-1c' },
    { id: 'i-4', zone: 'ap-northeast-1c' },
  ]

  test.each<[how: string, more: Partial<CreateServiceRequest>, expected: number[]]>([
    ['over the zones when nothing is said', { desiredCount: 2 }, [1, 0, 1, 0]],
    ['over the instances', { desiredCount: 4, placementStrategy: [{ type: 'spread', field: 'instanceId' }] }, [1, 1, 1, 1]],
    ['packed by memory', { desiredCount: 3, placementStrategy: [{ type: 'binpack', field: 'memory' }] }, [1, 2, 0, 0]],
    [
      'over the zones, and packed in each',
      {
        desiredCount: 4,
        placementStrategy: [
          { type: 'spread', field: 'attribute:ecs.availability-zone' },
          { type: 'binpack', field: 'memory' },
        ],
      },
      [0, 2, 2, 0],
    ],
    ['one on each instance', { desiredCount: 4, placementConstraints: [{ type: 'distinctInstance' }] }, [1, 1, 1, 1]],
    [
      'where a query says',
      {
        desiredCount: 2,
        placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.availability-zone == ap-northeast-1c' }],
      },
      [0, 0, 1, 1],
    ],
  ])('%s', async (_, more, expected) => {
    const at = await ready(four)
    await create(at.stage, more)
    const found = await spread(at)
    // Where zones are equal, either instance of one will do.
    const zones = (counts: number[]) => [(counts[0] ?? 0) + (counts[1] ?? 0), (counts[2] ?? 0) + (counts[3] ?? 0)]
    if (!more.placementStrategy && !more.placementConstraints) expect(zones(found)).toEqual(zones(expected))
    else if (more.placementConstraints?.[0]?.type === 'memberOf') expect(zones(found)).toEqual(zones(expected))
    else expect(found).toEqual(expected)
  })

  test('at random is somewhere with room', async () => {
    const at = await ready(four)
    await create(at.stage, { desiredCount: 8, placementStrategy: [{ type: 'random' }] })
    expect((await spread(at)).reduce((sum, count) => sum + count)).toBe(8)
  })

  test('of a task with an address of its own is in the zone of its instance', async () => {
    const at = await ready([{ id: 'i-3', zone: 'ap-northeast-1c' }], { requiresCompatibilities: ['EC2'] })
    const subnets = (...names: string[]) => ({ awsvpcConfiguration: { subnets: names } })
    const { tasks = [] } = await run(at.stage, { networkConfiguration: subnets('subnet-a', 'subnet-c') })
    const elsewhere = await run(at.stage, { networkConfiguration: subnets('subnet-a') })
    expect({ zone: tasks[0]?.availabilityZone, subnet: tasks[0]?.attachments?.[0]?.details?.[0]?.value, elsewhere }).toEqual({
      zone: 'ap-northeast-1c',
      subnet: 'subnet-c',
      elsewhere: { tasks: [], failures: [{ arn: at.machines[0], reason: 'LOCATION' }] },
    })
  })

  test.each<[reason: string, definition: Partial<RegisterTaskDefinitionRequest>, more: Partial<RunTaskRequest>, event: string]>([
    ['RESOURCE:CPU', onInstances({ cpu: '2048' }), {}, 'has insufficient CPU units available'],
    ['RESOURCE:MEMORY', onInstances({ memory: '4096' }), {}, 'has insufficient memory available'],
    ['RESOURCE:PORTS', onInstances({}, 22), {}, 'is already using a port required by your task'],
    [
      'ATTRIBUTE',
      onInstances({ runtimePlatform: { cpuArchitecture: 'ARM64' } }),
      {},
      'is missing an attribute required by your task',
    ],
    [
      'MemberOf placement constraint unsatisfied.',
      onInstances(),
      { placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }] },
      'encountered error "MemberOf placement constraint unsatisfied."',
    ],
  ])('%s is a failure of RunTask for each instance, and an event of a service', async (reason, definition, more, event) => {
    const { stage, machines } = await ready([{ id: 'i-1' }], definition)
    expect(await run(stage, { ...more, count: 2 })).toEqual({ tasks: [], failures: [{ arn: machines[0], reason }] })
    await create(stage, more as Partial<CreateServiceRequest>)
    expect(await told(stage)).toEqual([
      `was unable to place a task because no container instance met all of its requirements. The closest matching container-instance ${machines[0]?.split('/').at(-1)} ${event}.`,
    ])
  })

  test('waits for an agent that is away, and goes on when it is back', async () => {
    const { stage, machines } = await ready([{ id: 'i-1' }])
    stage.ecs.control.connectAgent(machines[0] ?? '', false)
    expect((await run(stage)).failures).toEqual([{ arn: machines[0], reason: 'AGENT' }])
    await create(stage)
    stage.ecs.control.connectAgent(machines[0] ?? '', true)
    await stage.clock.advance(LAUNCH_MS)
    expect((await web(stage)).runningCount).toBe(2)
  })

  test('without an instance in the cluster is refused, or waits for one', async () => {
    const { stage } = await ready([])
    expect(await outcome(run(stage))).toBe('InvalidParameterException: No Container Instances were found in your cluster.')
    await create(stage)
    const before = await told(stage)
    await machine(stage, { id: 'i-1' })
    await stage.clock.advance(LAUNCH_MS)
    expect({ before, running: (await web(stage)).runningCount }).toEqual({
      before: [
        'was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.',
      ],
      running: 2,
    })
  })

  test('a fixed host port lets one task run on each instance, so that a second one waits', async () => {
    const at = await ready([{ id: 'i-1' }], onInstances({}, 8080))
    await create(at.stage)
    expect({ spread: await spread(at), events: (await told(at.stage)).at(-1) }).toEqual({
      spread: [1],
      events: expect.stringContaining('is already using a port required by your task.'),
    })
  })
})

test('dynamic host ports differ on one host, are shown while the container runs, and are what the load balancer reaches', async () => {
  const at = await ready([{ id: 'i-1' }])
  const group = behind('web')
  at.stage.balancing.targetType = 'instance'
  await create(at.stage, { loadBalancers: group })
  const ports = (await webTasks(at.stage)).map(({ containers }) => containers?.[0]?.networkBindings?.[0])
  expect({
    ports: ports.map((each) => each?.hostPort).sort(),
    ids: at.stage.balancing.ids(group[0]?.targetGroupArn ?? ''),
  }).toEqual({
    ports: [32768, 32769],
    ids: ['i-1', 'i-1'],
  })
  at.stage.balancing.targetType = 'ip'
  const refused = outcome(
    at.stage.api.CreateService({
      ...{ cluster: 'demo', serviceName: 'other', taskDefinition: 'web', desiredCount: 1, launchType: 'EC2' },
      loadBalancers: group,
    }),
  )
  expect(await refused).toContain('has target type ip, which is incompatible with the bridge network mode')
})

test('instances are there again after a restart, with room for the tasks that start anew', async () => {
  const at = await ready([{ id: 'i-1', memory: 1024 }])
  await create(at.stage)
  const after = at.stage.restart()
  await after.ecs.ready
  await after.clock.advance(2 * LAUNCH_MS)
  expect(await spread({ stage: after, machines: at.machines })).toEqual([2])
})
