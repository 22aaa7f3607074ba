import { randomUUID } from 'node:crypto'
import type { ScalingActivity, ScalingPolicy, SuspendedState } from '@aws-sdk/client-application-auto-scaling'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'

export type ScalingHandlers = Handlers<typeof import('@aws-sdk/client-application-auto-scaling')>

export interface TargetRecord {
  arn: string
  /** `service/CLUSTER/NAME`. */
  resourceId: string
  cluster: string
  service: string
  min: number
  max: number
  roleArn: string
  suspended: SuspendedState
  createdAt: Date
  tags: Record<string, string>
}

export interface PolicyRecord extends ScalingPolicy {
  PolicyARN: string
  PolicyName: string
  ResourceId: string
}

export interface ScalingRecords {
  targets: Table<TargetRecord>
  /** By resource and name. */
  policies: Table<PolicyRecord>
  /** Newest last. */
  activities: Table<ScalingActivity>
}

export const DIMENSION = 'ecs:service:DesiredCount'
const ACTIVITIES_KEPT = 500

export const scalingRecords = (cloud: Cloud): ScalingRecords => ({
  targets: cloud.table('autoscaling/targets'),
  policies: cloud.table('autoscaling/policies'),
  activities: cloud.table('autoscaling/activities'),
})

export const invalid = (message: string) => new AwsError('ValidationException', message)

interface Named {
  ServiceNamespace?: string | undefined
  ResourceId?: string | undefined
  ScalableDimension?: string | undefined
}

/** Refuses what is not the desired count of an ECS service. */
export function mustBeService(input: Named): { cluster: string; service: string } {
  const [kind, cluster, service, ...more] = (input.ResourceId ?? '').split('/')
  const isEcs = input.ServiceNamespace === 'ecs' && input.ScalableDimension === DIMENSION
  if (!isEcs || kind !== 'service' || !cluster || !service || more.length > 0) {
    throw invalid('Unsupported service namespace, resource type or scalable dimension')
  }
  return { cluster, service }
}

export function targetAt(kept: ScalingRecords, input: Named): TargetRecord {
  mustBeService(input)
  const found = kept.targets.get(input.ResourceId ?? '')
  if (found) return found
  throw new AwsError(
    'ObjectNotFoundException',
    `No scalable target registered for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}`,
  )
}

/** Sets a service's desired count and keeps the activity that tells of it. */
export function scale(cloud: Cloud, kept: ScalingRecords, target: TargetRecord, count: number, cause: string): void {
  const now = new Date(cloud.clock.now())
  cloud.tasks.setDesiredCount(target.cluster, target.service, count)
  const activity: ScalingActivity = {
    ActivityId: randomUUID(),
    ServiceNamespace: 'ecs',
    ResourceId: target.resourceId,
    ScalableDimension: DIMENSION,
    Description: `Setting desired count to ${count}.`,
    Cause: cause,
    StartTime: now,
    EndTime: now,
    StatusCode: 'Successful',
    StatusMessage: `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`,
  }
  kept.activities.set(activity.ActivityId ?? '', activity)
  for (const id of kept.activities.keys()) {
    if (kept.activities.size <= ACTIVITIES_KEPT) break
    kept.activities.delete(id)
  }
}

/** Brings a service within its bounds. */
export function applyBounds(cloud: Cloud, kept: ScalingRecords, target: TargetRecord): void {
  const count = cloud.tasks.desiredCount(target.cluster, target.service)
  if (count === undefined) return
  if (count < target.min) scale(cloud, kept, target, target.min, `minimum capacity was set to ${target.min}`)
  if (count > target.max) scale(cloud, kept, target, target.max, `maximum capacity was set to ${target.max}`)
}
