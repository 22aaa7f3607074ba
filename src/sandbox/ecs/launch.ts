// Makes a task's record and sets it going.
import { randomUUID } from 'node:crypto'
import type { Tag, TaskOverride } from '@aws-sdk/client-ecs'
import { ecsArn, newTaskId } from './arn.ts'
import type { Engine, LiveRevision, LiveService } from './engine.ts'
import { hostPorts } from './instance-room.ts'
import { LiveTask } from './live-task.ts'
import { attachInterface, type Infrastructure } from './placement.ts'
import type { TaskDefinitionRecord, TaskRecord } from './state.ts'

/** What `LATEST` means today (Developer Guide, "Fargate platform versions"). */
const LATEST_PLATFORM = '1.4.0'

export interface Launch {
  cluster: { name: string; arn: string }
  definition: TaskDefinitionRecord
  where: Infrastructure
  platformVersion: string | undefined
  place: { subnet: string; zone: string } | undefined
  securityGroups: readonly string[] | undefined
  group: string
  startedBy: string | undefined
  enableExecuteCommand: boolean
  tags: Tag[]
  overrides?: TaskOverride
  of?: { service: LiveService; revision: LiveRevision }
}

export function launchTask(engine: Engine, launch: Launch): LiveTask {
  const record = newRecord(engine, launch)
  const task = new LiveTask(engine, record, launch.definition, launch.of)
  engine.tasks.set(record.arn, task)
  launch.of?.revision.tasks.push(task)
  task.begin(launch.place && attachInterface(engine, record, launch.place.subnet, launch.securityGroups ?? []))
  return task
}

function newRecord(engine: Engine, launch: Launch): TaskRecord {
  const { definition, overrides, where } = launch
  const instance = where.seat && 'instance' in where.seat ? where.seat.instance : undefined
  const id = newTaskId()
  const now = engine.clock.now()
  return {
    arn: ecsArn(engine.cloud, `task/${launch.cluster.name}/${id}`),
    id,
    cluster: launch.cluster.name,
    clusterArn: launch.cluster.arn,
    taskDefinition: definition.arn,
    group: launch.group,
    startedBy: launch.startedBy,
    service: launch.of?.service.record.arn,
    revision: launch.of?.revision.record.arn,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    launchType: where.launchType ?? 'FARGATE',
    capacityProvider: where.capacityProvider,
    ...(instance
      ? { containerInstance: instance.arn, hostPorts: hostPorts(engine, instance, definition) }
      : { platformVersion: platformOf(launch), platformFamily: 'Linux' }),
    cpu: overrides?.cpu ?? definition.spec.cpu,
    memory: overrides?.memory ?? definition.spec.memory,
    availabilityZone: instance?.availabilityZone ?? launch.place?.zone ?? `${engine.cloud.region}a`,
    containers: (definition.spec.containerDefinitions ?? []).map(({ name = '', image = '' }) => ({
      id: randomUUID(),
      name,
      image,
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
    })),
    overrides,
    enableExecuteCommand: launch.enableExecuteCommand,
    tags: launch.tags,
    version: 0,
    createdAt: now,
    updatedAt: now,
  }
}

const platformOf = ({ platformVersion }: Launch): string =>
  platformVersion === undefined || platformVersion === 'LATEST' ? LATEST_PLATFORM : platformVersion
