// Where a task of the EC2 launch type goes: filters the cluster's instances by what the task needs and by its constraints, then
// takes the one that the strategies like best; or says what each lacks.
// Source: Developer Guide, "How Amazon ECS places tasks on container instances", "API failure reasons", "Service event messages".
import type { PlacementConstraint, PlacementStrategy, TaskOverride } from '@aws-sdk/client-ecs'
import type { Engine } from './engine.ts'
import { instanceQuery, type Queried } from './instance-query.ts'
import { type Need, needOf, type Room, roomOn, tasksOn } from './instance-room.ts'
import type { ContainerInstanceRecord, TaskDefinitionRecord } from './state.ts'

export interface Seating {
  cluster: string
  definition: TaskDefinitionRecord
  overrides?: TaskOverride
  /** `service:NAME` or `family:NAME`: tasks of one group keep apart under `distinctInstance`, and spread. */
  group: string
  constraints: readonly PlacementConstraint[]
  strategies: readonly PlacementStrategy[]
  /** Of `awsvpc` tasks: where they have a subnet. Empty for any. */
  zones: readonly string[]
}

/** What an instance lacks, as RunTask says it in `failures[].reason`. */
export type Lack =
  | 'RESOURCE:CPU'
  | 'RESOURCE:MEMORY'
  | 'RESOURCE:PORTS'
  | 'AGENT'
  | 'ATTRIBUTE'
  | 'LOCATION'
  | 'MemberOf placement constraint unsatisfied.'
  | 'DistinctInstance placement constraint unsatisfied.'

export type Seat =
  | { instance: ContainerInstanceRecord }
  /** No instance at all when it is empty; the closest match first. */
  | { lacking: { instance: ContainerInstanceRecord; lack: Lack }[] }

/** Usual of services (Developer Guide, "Use strategies to define Amazon ECS task placement"); kept for tasks too, which have none. */
const USUAL: PlacementStrategy[] = [{ type: 'spread', field: 'attribute:ecs.availability-zone' }]

export function seat(engine: Engine, wanted: Seating): Seat {
  const need = needOf(wanted.definition, wanted.overrides)
  const fitting: ContainerInstanceRecord[] = []
  const lacking: { instance: ContainerInstanceRecord; lack: Lack }[] = []
  for (const instance of instancesOf(engine, wanted.cluster)) {
    if (instance.status !== 'ACTIVE') continue
    const lack = lackOf(engine, instance, wanted, need)
    if (lack === undefined) fitting.push(instance)
    else lacking.push({ instance, lack })
  }
  const strategies = wanted.strategies.length > 0 ? wanted.strategies : USUAL
  const instance = strategies.reduce((left, strategy) => preferred(engine, left, strategy, wanted), fitting)[0]
  if (instance) return { instance }
  // The closest match is the one that fails latest: by what it has left, not by what it is.
  const order = (lack: Lack) => (lack.startsWith('RESOURCE') ? 0 : 1)
  return { lacking: lacking.sort((a, b) => order(a.lack) - order(b.lack)) }
}

export function instancesOf(engine: Engine, cluster: string): ContainerInstanceRecord[] {
  return [...engine.containerInstances.values()].filter((each) => each.cluster === cluster && each.status !== 'INACTIVE')
}

function lackOf(engine: Engine, instance: ContainerInstanceRecord, wanted: Seating, need: Need): Lack | undefined {
  const queried = queriedInstance(engine, instance)
  const { constraints, definition, zones } = wanted
  for (const { expression = '' } of [...constraints, ...(definition.spec.placementConstraints ?? [])].filter(isMemberOf))
    if (!instanceQuery(expression)(queried)) return 'MemberOf placement constraint unsatisfied.'
  if (constraints.some(({ type }) => type === 'distinctInstance') && queried.taskGroups.includes(wanted.group))
    return 'DistinctInstance placement constraint unsatisfied.'
  if (!instance.agentConnected) return 'AGENT'
  if (zones.length > 0 && !zones.includes(instance.availabilityZone)) return 'LOCATION'
  if (architectureOf(definition) !== queried.of('attribute:ecs.cpu-architecture')) return 'ATTRIBUTE'
  return shortage(need, roomOn(engine, instance))
}

const isMemberOf = ({ type }: { type?: string }) => type === 'memberOf'

function architectureOf({ spec }: TaskDefinitionRecord): string {
  return spec.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64'
}

function shortage(need: Need, room: Room): Lack | undefined {
  if (need.ports.some(({ port, protocol }) => room.taken[protocol].has(String(port)))) return 'RESOURCE:PORTS'
  if (need.memory > room.memory) return 'RESOURCE:MEMORY'
  if (need.cpu > room.cpu) return 'RESOURCE:CPU'
  return undefined
}

/** What a query sees of an instance. */
export function queriedInstance(engine: Engine, instance: ContainerInstanceRecord): Queried {
  return {
    of(subject) {
      if (subject === 'ec2InstanceId') return instance.ec2InstanceId
      if (subject === 'agentConnected') return String(instance.agentConnected)
      if (subject === 'agentVersion') return instance.agentVersion
      if (subject === 'registeredAt') return new Date(instance.registeredAt).toISOString()
      if (subject === 'runningTasksCount') return String(tasksOn(engine, instance).length)
      return instance.attributes[subject.replace(/^attribute:/, '')]
    },
    taskGroups: tasksOn(engine, instance).map(({ record }) => record.group),
  }
}

/** Narrows the instances to those that one strategy likes best; the strategies after it choose among them. */
function preferred(
  engine: Engine,
  instances: ContainerInstanceRecord[],
  { type, field = '' }: PlacementStrategy,
  wanted: Seating,
): ContainerInstanceRecord[] {
  if (instances.length < 2) return instances
  if (type === 'random') return [instances[Math.floor(Math.random() * instances.length)] as ContainerInstanceRecord]
  const costs =
    type === 'binpack' ? instances.map((each) => leftOf(engine, each, field)) : crowds(engine, instances, field, wanted)
  const least = Math.min(...costs)
  return instances.filter((_, at) => costs[at] === least)
}

const leftOf = (engine: Engine, instance: ContainerInstanceRecord, field: string): number =>
  roomOn(engine, instance)[field.toLowerCase() === 'cpu' ? 'cpu' : 'memory']

/** For each instance, how many tasks of the group are where it stands: in its zone, on its host, among those of its attribute's value. */
function crowds(engine: Engine, instances: ContainerInstanceRecord[], field: string, { cluster, group }: Seating): number[] {
  const place = (instance: ContainerInstanceRecord) =>
    /^(?:instanceId|host)$/i.test(field) ? instance.arn : (queriedInstance(engine, instance).of(field) ?? '')
  const counts = new Map<string, number>()
  for (const instance of instancesOf(engine, cluster)) {
    const own = tasksOn(engine, instance).filter(({ active, record }) => active && record.group === group).length
    counts.set(place(instance), (counts.get(place(instance)) ?? 0) + own)
  }
  return instances.map((instance) => counts.get(place(instance)) ?? 0)
}

/** What follows "no container instance met all of its requirements." in a service's event. */
export function closestMatch({ instance, lack }: { instance: ContainerInstanceRecord; lack: Lack }): string {
  const said: Partial<Record<Lack, string>> = {
    'RESOURCE:CPU': 'has insufficient CPU units available',
    'RESOURCE:MEMORY': 'has insufficient memory available',
    'RESOURCE:PORTS': 'is already using a port required by your task',
    ATTRIBUTE: 'is missing an attribute required by your task',
  }
  return `The closest matching container-instance ${instance.id} ${said[lack] ?? `encountered error "${lack}"`}`
}
