// Container instances: the machines of a cluster's EC2 launch type. On AWS the agent of an EC2 instance registers it; here whoever
// has a machine to simulate calls RegisterContainerInstance as the agent does. Its tasks run where all tasks run.
import { randomBytes } from 'node:crypto'
import type { ContainerInstance, Failure, RegisterContainerInstanceRequest, Resource } from '@aws-sdk/client-ecs'
import { sortedBy } from '../page.ts'
import { ecsArn, lastPart, newTaskId, resourceOf } from './arn.ts'
import { type Context, clientError, clusterOf, type EcsHandlers, invalid, paged } from './context.ts'
import { type Engine, queue } from './engine.ts'
import { instancesOf, queriedInstance } from './instance-placement.ts'
import { instanceQuery } from './instance-query.ts'
import { RESERVED_PORTS, roomOn, tasksOn } from './instance-room.ts'
import type { ClusterRecord, ContainerInstanceRecord } from './state.ts'
import { checkTags } from './tags.ts'

const DESCRIBED_AT_ONCE = 100
const CHANGED_AT_ONCE = 10
const USUAL_TYPE = 't3.medium'

export function containerInstanceOperations({ engine }: Context): EcsHandlers {
  const keep = (record: ContainerInstanceRecord) => {
    record.version++
    engine.containerInstances.set(record.arn, record)
    return renderedInstance(engine, record)
  }
  const find = (cluster: ClusterRecord, name: string | undefined) => {
    if (!name) throw invalid('containerInstance can not be blank.')
    const record = engine.containerInstances.get(instanceArn(engine, cluster, name))
    return record?.status === 'INACTIVE' ? undefined : record
  }
  return {
    RegisterContainerInstance(input) {
      const cluster = clusterOf(engine, input.cluster)
      checkTags(input.tags)
      const earlier = input.containerInstanceArn === undefined ? undefined : find(cluster, input.containerInstanceArn)
      const record = earlier ?? newInstance(engine, cluster, input)
      Object.assign(record, { agentConnected: true, attributes: { ...record.attributes, ...attributesOf(input) } })
      const answer = keep(record)
      wake(engine, cluster.name)
      return { containerInstance: answer }
    },

    DeregisterContainerInstance({ cluster: name, containerInstance, force }) {
      const record = find(clusterOf(engine, name), containerInstance)
      if (!record) throw invalid('Referenced container instance not found.')
      const tasks = tasksOn(engine, record)
      if (tasks.length > 0 && !force) throw invalid('Found running tasks on the instance.')
      record.status = 'INACTIVE'
      record.agentConnected = false
      const answer = keep(record)
      for (const task of tasks) task.stop('TerminationNotice', `Host EC2 (instance ${record.ec2InstanceId}) terminated.`)
      return { containerInstance: answer }
    },

    DescribeContainerInstances({ cluster: name, containerInstances = [], include = [] }) {
      const cluster = clusterOf(engine, name)
      if (containerInstances.length === 0) throw invalid('Container instances cannot be empty.')
      if (containerInstances.length > DESCRIBED_AT_ONCE)
        throw invalid(`Container instances cannot have more than ${DESCRIBED_AT_ONCE} elements.`)
      return eachOf(engine, cluster, containerInstances, (record) => {
        return { ...renderedInstance(engine, record), tags: include.includes('TAGS') ? record.tags : [] }
      })
    },

    ListContainerInstances({ cluster: name, filter, status, ...input }) {
      const cluster = clusterOf(engine, name)
      const isAsked = filter === undefined ? () => true : instanceQuery(filter)
      const found = instancesOf(engine, cluster.name).filter(
        (record) => (status === undefined || record.status === status) && isAsked(queriedInstance(engine, record)),
      )
      const arns = sortedBy(
        found.map(({ arn }) => arn),
        String,
      )
      const { items, nextToken } = paged(arns, String, input, 100)
      return { containerInstanceArns: items, nextToken }
    },

    UpdateContainerInstancesState({ cluster: name, containerInstances = [], status }) {
      const cluster = clusterOf(engine, name)
      if (containerInstances.length === 0 || containerInstances.length > CHANGED_AT_ONCE)
        throw invalid(`Between 1 and ${CHANGED_AT_ONCE} container instances can be updated at once.`)
      if (status !== 'ACTIVE' && status !== 'DRAINING') throw invalid('Status must be ACTIVE or DRAINING.')
      const answer = eachOf(engine, cluster, containerInstances, (record) => {
        record.status = status
        // Services replace what runs there; what does not run yet is stopped at once; standalone tasks stay (SDK, UpdateContainerInstancesState).
        for (const task of tasksOn(engine, record)) task.leaving = status === 'DRAINING'
        return keep(record)
      })
      wake(engine, cluster.name)
      return answer
    },
  }
}

/** Waiting tasks are tried again at once when a cluster's instances change. */
export function wake(engine: Engine, cluster: string): void {
  for (const service of engine.services.values()) {
    if (service.record.cluster !== cluster) continue
    service.startsPausedUntil = 0
    queue(engine, service)
  }
}

function eachOf(
  engine: Engine,
  cluster: ClusterRecord,
  names: string[],
  answer: (record: ContainerInstanceRecord) => ContainerInstance,
): { containerInstances: ContainerInstance[]; failures: Failure[] } {
  const failures: Failure[] = []
  const containerInstances = names.flatMap((name) => {
    const arn = instanceArn(engine, cluster, name)
    const record = engine.containerInstances.get(arn)
    if (record) return answer(record)
    failures.push({ arn, reason: 'MISSING' })
    return []
  })
  return { containerInstances, failures }
}

const instanceArn = (engine: Engine, cluster: ClusterRecord, name: string): string =>
  ecsArn(engine.cloud, `container-instance/${cluster.name}/${lastPart(resourceOf(name))}`)

function newInstance(engine: Engine, cluster: ClusterRecord, input: RegisterContainerInstanceRequest): ContainerInstanceRecord {
  const resource = (name: string) => input.totalResources?.find((each) => each.name === name)
  const identity = identityOf(input.instanceIdentityDocument)
  const id = newTaskId()
  const zone = identity.availabilityZone ?? `${engine.cloud.region}a`
  const type = identity.instanceType ?? USUAL_TYPE
  return {
    arn: ecsArn(engine.cloud, `container-instance/${cluster.name}/${id}`),
    id,
    cluster: cluster.name,
    ec2InstanceId: identity.instanceId ?? `i-${randomBytes(8).toString('hex')}1`,
    status: 'ACTIVE',
    agentConnected: true,
    agentVersion: input.versionInfo?.agentVersion ?? '1.0.0',
    cpu: resource('CPU')?.integerValue ?? 2048,
    memory: resource('MEMORY')?.integerValue ?? 3904,
    ports: resource('PORTS')?.stringSetValue ?? RESERVED_PORTS,
    udpPorts: resource('PORTS_UDP')?.stringSetValue ?? [],
    availabilityZone: zone,
    attributes: {
      ...{ 'ecs.availability-zone': zone, 'ecs.instance-type': type, 'ecs.os-type': 'linux', 'ecs.os-family': 'LINUX' },
      'ecs.cpu-architecture': identity.architecture ?? 'x86_64',
    },
    tags: input.tags ?? [],
    registeredAt: engine.clock.now(),
    version: 0,
  }
}

interface Identity {
  instanceId?: string
  instanceType?: string
  availabilityZone?: string
  architecture?: string
}

/** The document of an EC2 instance (EC2 User Guide, "Instance identity documents"); its signature is not checked. */
function identityOf(document: string | undefined): Identity {
  if (document === undefined) return {}
  try {
    const { instanceId, instanceType, availabilityZone, architecture } = JSON.parse(document)
    return { instanceId, instanceType, availabilityZone, architecture }
  } catch {
    throw clientError('The instance identity document is invalid.')
  }
}

const attributesOf = ({ attributes = [] }: RegisterContainerInstanceRequest): Record<string, string> =>
  Object.fromEntries(attributes.map(({ name = '', value = '' }) => [name, value]))

function renderedInstance(engine: Engine, record: ContainerInstanceRecord): ContainerInstance {
  const room = roomOn(engine, record)
  const tasks = tasksOn(engine, record)
  const running = tasks.filter(({ record: { lastStatus } }) => lastStatus === 'RUNNING').length
  return {
    containerInstanceArn: record.arn,
    ec2InstanceId: record.ec2InstanceId,
    version: record.version,
    versionInfo: { agentVersion: record.agentVersion },
    remainingResources: resources(room.cpu, room.memory, [...room.taken.tcp], [...room.taken.udp]),
    registeredResources: resources(record.cpu, record.memory, record.ports, record.udpPorts),
    status: record.status,
    agentConnected: record.agentConnected,
    runningTasksCount: running,
    pendingTasksCount: tasks.length - running,
    attributes: Object.entries(record.attributes).map(([name, value]) => ({ name, value: value === '' ? undefined : value })),
    registeredAt: new Date(record.registeredAt),
    attachments: [],
    tags: record.tags,
  }
}

function resources(cpu: number, memory: number, ports: string[], udpPorts: string[]): Resource[] {
  const number = (name: string, integerValue: number) => ({ name, type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue })
  const set = (name: string, stringSetValue: string[]) => ({ ...number(name, 0), type: 'STRINGSET', stringSetValue })
  return [number('CPU', cpu), number('MEMORY', memory), set('PORTS', ports), set('PORTS_UDP', udpPorts)]
}
