// Rolling deployments in the sandbox's ECS without a wire: how many a second of processor time can simulate.
import { ManualClock } from '../../src/core/manual-clock.ts'
import { bareCloud } from '../../src/sandbox/bare-cloud.ts'
import type { Call } from '../../src/sandbox/cloud.ts'
import { type Ecs, ecs } from '../../src/sandbox/ecs/ecs.ts'
import { scriptedRuntime } from '../../src/sandbox/ecs/scripted-runtime.ts'

const ROLLOUT_MS = 10 * 60_000
const TASKS = 2

/** Rolls `services` services of two tasks `rounds` times, in the times of Fargate; gives the rollouts and the time they took. */
export async function simulatedRollouts({ services, rounds }: { services: number; rounds: number }) {
  const clock = new ManualClock()
  const cloud = cloudWithoutLimits(clock)
  const simulated = ecs(cloud, { runtime: scriptedRuntime(clock) })
  const { CreateCluster, CreateService, UpdateService, ListServiceDeployments } = calls(simulated)
  const names = Array.from({ length: services }, (_, at) => `web-${at}`)
  await CreateCluster({ clusterName: 'bench' })
  let taskDefinition = await registered(simulated)
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-c'] } }
  for (const serviceName of names) {
    await CreateService({ cluster: 'bench', serviceName, taskDefinition, desiredCount: TASKS, networkConfiguration })
  }
  clock.advanceSync(ROLLOUT_MS)

  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    taskDefinition = await registered(simulated)
    for (const service of names) await UpdateService({ cluster: 'bench', service, taskDefinition })
    clock.advanceSync(ROLLOUT_MS)
  }
  const { user, system } = process.cpuUsage(before)

  let rollouts = 0
  for (const service of names) {
    const { serviceDeployments = [] } = await ListServiceDeployments({ cluster: 'bench', service, maxResults: 100 })
    const successful = serviceDeployments.filter(({ status }) => status === 'SUCCESSFUL').length
    if (successful !== serviceDeployments.length) throw new Error(`Not every rollout of ${service} succeeded`)
    rollouts += rounds
  }
  await cloud.close()
  return { rollouts, cpuSeconds: (user + system) / 1e6, simulatedSeconds: (rounds * ROLLOUT_MS) / 1000 }
}

type Handlers = Required<Ecs['handlers']>

function calls({ handlers }: Ecs) {
  const call = { principal: { arn: 'arn:aws:iam::123456789012:user/bench' }, signal: new AbortController().signal } as Call
  const bound = <Name extends keyof Handlers>(name: Name) => {
    const run = handlers[name] as (input: object, call: Call) => ReturnType<Handlers[Name]>
    return async (input: Parameters<Handlers[Name]>[0]) => run(input, call)
  }
  return {
    CreateCluster: bound('CreateCluster'),
    RegisterTaskDefinition: bound('RegisterTaskDefinition'),
    CreateService: bound('CreateService'),
    UpdateService: bound('UpdateService'),
    ListServiceDeployments: bound('ListServiceDeployments'),
  }
}

async function registered(simulated: Ecs): Promise<string> {
  const { taskDefinition } = await calls(simulated).RegisterTaskDefinition({
    family: 'web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'web', image: 'bench/web:1', portMappings: [{ containerPort: 8080 }] }],
  })
  return taskDefinition?.taskDefinitionArn ?? ''
}

/** Neighbours that let everything be: what is measured is the scheduler. */
function cloudWithoutLimits(clock: ManualClock) {
  let addresses = 0
  return bareCloud({
    clock,
    roles: {
      exists: () => true,
      trusts: () => true,
      allows: () => true,
      assume: () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't', expiration: new Date(0) }),
    },
    bus: { put: () => {} },
    alarms: { state: () => undefined, watch: () => () => {} },
    balancing: {
      targetGroup: () => undefined,
      register: () => {},
      deregister: (_group, _target, drained) => drained(),
      health: () => undefined,
      watch: () => () => {},
      setWeights: () => {},
    },
    network: {
      vpcExists: () => true,
      vpcOf: () => 'vpc-1',
      subnetExists: () => true,
      securityGroupExists: () => true,
      freeAddresses: () => 1_000_000,
      availabilityZone: (subnet) => `ap-northeast-1${subnet.at(-1)}`,
      allocate() {
        addresses++
        return { address: `10.0.${addresses >> 8}.${addresses & 255}`, networkInterfaceId: `eni-${addresses}`, macAddress: '' }
      },
      release: () => {},
      admits: () => true,
      letsOut: () => true,
    },
  })
}
