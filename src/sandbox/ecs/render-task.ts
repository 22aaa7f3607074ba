import type { Container, NetworkBinding, Task } from '@aws-sdk/client-ecs'
import { ecsArn } from './arn.ts'
import type { Engine } from './engine.ts'
import type { ContainerRecord, TaskRecord } from './state.ts'

/** A task as DescribeTasks shows it, without its tags. */
export function renderedTask(engine: Engine, record: TaskRecord): Task {
  const spec = engine.definitions.get(record.taskDefinition)?.spec
  const definitions = spec?.containerDefinitions ?? []
  const connected = record.pullStartedAt ?? record.startedAt
  return {
    attachments: record.interface ? [attachment(record, record.interface)] : [],
    attributes: [
      { name: 'ecs.cpu-architecture', value: spec?.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64' },
    ],
    availabilityZone: record.availabilityZone,
    capacityProviderName: record.capacityProvider,
    clusterArn: record.clusterArn,
    connectivity: connected === undefined ? undefined : 'CONNECTED',
    connectivityAt: date(connected),
    containerInstanceArn: record.containerInstance,
    containers: record.containers.map((container, index) => {
      const { cpu = 0, memory, memoryReservation } = definitions[index] ?? {}
      return renderedContainer(engine, record, container, { cpu, memory, memoryReservation })
    }),
    cpu: record.cpu,
    createdAt: date(record.createdAt),
    desiredStatus: record.desiredStatus,
    enableExecuteCommand: record.enableExecuteCommand,
    ephemeralStorage: record.launchType === 'EC2' ? undefined : { sizeInGiB: spec?.ephemeralStorage?.sizeInGiB ?? 20 },
    executionStoppedAt: date(record.executionStoppedAt),
    group: record.group,
    healthStatus: record.healthStatus,
    lastStatus: record.lastStatus,
    launchType: record.launchType,
    memory: record.memory,
    overrides: {
      containerOverrides: definitions.map(({ name }) => ({ name })),
      inferenceAcceleratorOverrides: [],
      ...record.overrides,
    },
    platformFamily: record.platformFamily,
    platformVersion: record.platformVersion,
    pullStartedAt: date(record.pullStartedAt),
    pullStoppedAt: date(record.pullStoppedAt),
    startedAt: date(record.startedAt),
    startedBy: record.startedBy,
    stopCode: record.stopCode,
    stoppedAt: date(record.stoppedAt),
    stoppedReason: record.stoppedReason,
    stoppingAt: date(record.stoppingAt),
    taskArn: record.arn,
    taskDefinitionArn: record.taskDefinition,
    version: record.version,
  }
}

function renderedContainer(
  engine: Engine,
  task: TaskRecord,
  container: ContainerRecord,
  size: { cpu: number; memory?: number; memoryReservation?: number },
): Container {
  const { attachmentId, address } = task.interface ?? {}
  return {
    containerArn: ecsArn(engine.cloud, `container/${task.cluster}/${task.id}/${container.id}`),
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: bindings(task, container),
    networkInterfaces: attachmentId === undefined ? [] : [{ attachmentId, privateIpv4Address: address }],
    healthStatus: container.healthStatus,
    managedAgents: task.enableExecuteCommand ? [managedAgent(task, container)] : undefined,
    cpu: String(size.cpu),
    memory: size.memory === undefined ? undefined : String(size.memory),
    memoryReservation: size.memoryReservation === undefined ? undefined : String(size.memoryReservation),
  }
}

function bindings({ hostPorts = [] }: TaskRecord, { name, lastStatus }: ContainerRecord): NetworkBinding[] {
  if (lastStatus !== 'RUNNING') return []
  const own = hostPorts.filter(({ container }) => container === name)
  return own.map(({ containerPort, hostPort, protocol }) => ({ bindIP: '0.0.0.0', containerPort, hostPort, protocol }))
}

function managedAgent(task: TaskRecord, container: ContainerRecord) {
  const lastStatus = container.lastStatus === 'RUNNING' ? 'RUNNING' : container.lastStatus === 'STOPPED' ? 'STOPPED' : 'PENDING'
  return {
    name: 'ExecuteCommandAgent' as const,
    lastStatus,
    lastStartedAt: lastStatus === 'RUNNING' ? date(task.startedAt) : undefined,
  }
}

const ATTACHMENT_STATUS: Partial<Record<TaskRecord['lastStatus'], string>> = {
  PROVISIONING: 'PRECREATED',
  DEPROVISIONING: 'DETACHING',
  STOPPED: 'DELETED',
}

function attachment(
  task: TaskRecord,
  { attachmentId, subnet, networkInterfaceId, macAddress, address }: NonNullable<TaskRecord['interface']>,
) {
  return {
    id: attachmentId,
    type: 'ElasticNetworkInterface',
    status: ATTACHMENT_STATUS[task.lastStatus] ?? 'ATTACHED',
    details: [
      { name: 'subnetId', value: subnet },
      { name: 'networkInterfaceId', value: networkInterfaceId },
      { name: 'macAddress', value: macAddress },
      { name: 'privateDnsName', value: `ip-${address.replaceAll('.', '-')}.ec2.internal` },
      { name: 'privateIPv4Address', value: address },
    ],
  }
}

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms))
