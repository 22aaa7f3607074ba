// What a container instance has, what its tasks hold of it, and what one more would need.
import type { ContainerDefinition, TaskOverride, TransportProtocol } from '@aws-sdk/client-ecs'
import type { Engine } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import type { ContainerInstanceRecord, TaskDefinitionRecord } from './state.ts'

/** The agent's and the daemon's own ports (SDK, ContainerInstance.registeredResources). */
export const RESERVED_PORTS = ['22', '2375', '2376', '51678', '51679']
/** Docker's dynamic host ports begin here on current AMIs (SDK, PortMapping.hostPort). */
const FIRST_DYNAMIC_PORT = 32768

/** CPU units, MiB and host ports. */
export interface Need {
  cpu: number
  memory: number
  ports: { port: number; protocol: TransportProtocol }[]
}

export interface HostPort {
  container: string
  containerPort: number
  hostPort: number
  protocol: TransportProtocol
}

/** What a task reserves of its instance (SDK, TaskDefinition.cpu and memory, ContainerDefinition.memoryReservation). */
export function needOf({ spec }: TaskDefinitionRecord, overrides?: TaskOverride): Need {
  const containers = spec.containerDefinitions ?? []
  const sum = (size: (container: ContainerDefinition) => number | undefined) =>
    containers.reduce((total, container) => total + (size(container) ?? 0), 0)
  const [cpu, memory] = [overrides?.cpu ?? spec.cpu, overrides?.memory ?? spec.memory]
  return {
    cpu: cpu === undefined ? sum((container) => container.cpu) : Number(cpu),
    memory: memory === undefined ? sum((container) => container.memoryReservation ?? container.memory) : Number(memory),
    ports: mappings(spec).flatMap(({ hostPort, protocol }) => (hostPort ? { port: hostPort, protocol } : [])),
  }
}

/** The port mappings of a definition on the host: none in `awsvpc`, where each task has its own address; 0 is any free port. */
function mappings({ networkMode = 'bridge', containerDefinitions = [] }: TaskDefinitionRecord['spec']): HostPort[] {
  if (networkMode === 'awsvpc' || networkMode === 'none') return []
  return containerDefinitions.flatMap(({ name = '', portMappings = [] }) =>
    portMappings.map(({ containerPort = 0, hostPort = 0, protocol = 'tcp' }) => {
      return { container: name, containerPort, hostPort: networkMode === 'host' ? containerPort : hostPort, protocol }
    }),
  )
}

/** The host ports of a new task, its dynamic ones chosen among the free. */
export function hostPorts(engine: Engine, instance: ContainerInstanceRecord, { spec }: TaskDefinitionRecord): HostPort[] {
  const taken = new Set(heldPorts(tasksOn(engine, instance)).map(({ hostPort }) => hostPort))
  return mappings(spec).map((mapping) => {
    let hostPort = mapping.hostPort
    if (hostPort === 0) for (hostPort = FIRST_DYNAMIC_PORT; taken.has(hostPort); ) hostPort++
    taken.add(hostPort)
    return { ...mapping, hostPort }
  })
}

/** What is free on an instance: CPU units and MiB, and the ports that are not. */
export interface Room {
  cpu: number
  memory: number
  taken: { tcp: Set<string>; udp: Set<string> }
}

export function roomOn(engine: Engine, instance: ContainerInstanceRecord): Room {
  const tasks = tasksOn(engine, instance)
  const room: Room = {
    cpu: instance.cpu,
    memory: instance.memory,
    taken: { tcp: new Set(instance.ports), udp: new Set(instance.udpPorts) },
  }
  for (const { record, definition } of tasks) {
    const { cpu, memory } = needOf(definition, record.overrides)
    room.cpu -= cpu
    room.memory -= memory
  }
  for (const { hostPort, protocol } of heldPorts(tasks)) room.taken[protocol].add(String(hostPort))
  return room
}

const heldPorts = (tasks: readonly LiveTask[]): HostPort[] => tasks.flatMap(({ record }) => record.hostPorts ?? [])

/** The tasks that hold something of an instance: until their containers have stopped. */
export function tasksOn(engine: Engine, { arn }: ContainerInstanceRecord): LiveTask[] {
  const found: LiveTask[] = []
  for (const task of engine.tasks.values())
    if (task.record.containerInstance === arn && task.record.executionStoppedAt === undefined) found.push(task)
  return found
}
