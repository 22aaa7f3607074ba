// Scalable targets, policies and activities, as the API makes and changes them.
import { randomUUID } from 'node:crypto'
import type { PutScalingPolicyCommandInput, ScalableTarget, ScalingActivity } from '@aws-sdk/client-application-auto-scaling'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import {
  applyBounds,
  DIMENSION,
  invalid,
  mustBeService,
  type PolicyRecord,
  type ScalingHandlers,
  type ScalingRecords,
  type TargetRecord,
  targetAt,
} from './records.ts'

const PAGE_MAX = 50
const SUSPENDED_NOTHING = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
}
const TRACKED = new Set(['ECSServiceAverageCPUUtilization', 'ECSServiceAverageMemoryUtilization', 'ALBRequestCountPerTarget'])

export function scalingOperations(cloud: Cloud, kept: ScalingRecords, registered: () => void): ScalingHandlers {
  const policyKey = (input: { ResourceId?: string | undefined; PolicyName?: string | undefined }) =>
    `${input.ResourceId} ${input.PolicyName}`
  return {
    RegisterScalableTarget(input) {
      const { cluster, service } = mustBeService(input)
      const resourceId = input.ResourceId ?? ''
      const before = kept.targets.get(resourceId)
      const [min, max] = [input.MinCapacity ?? before?.min, input.MaxCapacity ?? before?.max]
      if (min === undefined || max === undefined) throw invalid('MinCapacity and MaxCapacity must both be specified')
      if (min < 0 || max < min) throw invalid('Maximum capacity cannot be less than minimum capacity')
      if (cloud.tasks.desiredCount(cluster, service) === undefined) throw invalid(`ECS service doesn't exist: ${resourceId}`)
      const id = randomUUID().replaceAll('-', '').slice(0, 28)
      const target: TargetRecord = {
        arn: before?.arn ?? `arn:aws:application-autoscaling:${cloud.region}:${cloud.account}:scalable-target/${id}`,
        resourceId,
        cluster,
        service,
        min,
        max,
        roleArn: input.RoleARN ?? before?.roleArn ?? serviceRole(cloud),
        suspended: { ...SUSPENDED_NOTHING, ...before?.suspended, ...input.SuspendedState },
        createdAt: before?.createdAt ?? new Date(cloud.clock.now()),
        tags: before?.tags ?? input.Tags ?? {},
      }
      kept.targets.set(resourceId, target)
      applyBounds(cloud, kept, target)
      registered()
      return { ScalableTargetARN: target.arn }
    },
    DescribeScalableTargets(input) {
      const asked = [...kept.targets.values()].filter(
        (target) => isEcs(input) && (!input.ResourceIds?.length || input.ResourceIds.includes(target.resourceId)),
      )
      const { items, NextToken } = cut(asked, (target) => target.resourceId, input)
      return { ScalableTargets: items.map(targetShape), NextToken }
    },
    DeregisterScalableTarget(input) {
      const target = targetAt(kept, input)
      kept.targets.delete(target.resourceId)
      for (const [key, policy] of [...kept.policies.entries()])
        if (policy.ResourceId === target.resourceId) kept.policies.delete(key)
      return {}
    },
    PutScalingPolicy(input) {
      const target = targetAt(kept, input)
      const before = kept.policies.get(policyKey(input))
      const policy = newPolicy(cloud, target, input, before)
      kept.policies.set(policyKey(input), policy)
      return { PolicyARN: policy.PolicyARN, Alarms: [] }
    },
    DescribeScalingPolicies(input) {
      const asked = [...kept.policies.values()].filter((policy) => {
        if (!isEcs(input) || (input.ResourceId !== undefined && policy.ResourceId !== input.ResourceId)) return false
        return !input.PolicyNames?.length || input.PolicyNames.includes(policy.PolicyName)
      })
      const { items, NextToken } = cut(asked, (policy) => policyKey(policy), input)
      return { ScalingPolicies: items, NextToken }
    },
    DeleteScalingPolicy(input) {
      mustBeService(input)
      if (!kept.policies.delete(policyKey(input))) {
        throw new AwsError(
          'ObjectNotFoundException',
          `No scaling policy found for service namespace: ecs, resource ID: ${input.ResourceId}, scalable dimension: ${DIMENSION}: ${input.PolicyName}`,
        )
      }
      return {}
    },
    DescribeScalingActivities(input) {
      const asked = [...kept.activities.values()].filter(
        (activity) => isEcs(input) && (input.ResourceId === undefined || activity.ResourceId === input.ResourceId),
      )
      const newestFirst = asked.reverse().map((activity, at) => ({ activity, key: String(at).padStart(6, '0') }))
      const { items, NextToken } = cut(newestFirst, ({ key }) => key, input)
      return { ScalingActivities: items.map(({ activity }): ScalingActivity => activity), NextToken }
    },
    ListTagsForResource: (input) => ({ Tags: byArn(kept, input.ResourceARN).tags }),
    TagResource(input) {
      const target = byArn(kept, input.ResourceARN)
      kept.targets.set(target.resourceId, { ...target, tags: { ...target.tags, ...input.Tags } })
      return {}
    },
    UntagResource(input) {
      const target = byArn(kept, input.ResourceARN)
      const rest = Object.entries(target.tags).filter(([key]) => !input.TagKeys?.includes(key))
      kept.targets.set(target.resourceId, { ...target, tags: Object.fromEntries(rest) })
      return {}
    },
  }
}

const serviceRole = (cloud: Cloud) =>
  `arn:aws:iam::${cloud.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`

const isEcs = (input: { ServiceNamespace?: string | undefined; ScalableDimension?: string | undefined }) =>
  input.ServiceNamespace === 'ecs' && (input.ScalableDimension ?? DIMENSION) === DIMENSION

function byArn(kept: ScalingRecords, arn: string | undefined): TargetRecord {
  const found = [...kept.targets.values()].find((target) => target.arn === arn)
  if (!found) throw new AwsError('ResourceNotFoundException', `Resource not found: ${arn}`, { ResourceName: arn })
  return found
}

function cut<T>(
  items: T[],
  keyOf: (item: T) => string,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
) {
  const { items: shown, nextToken } = page(sortedBy(items, keyOf), keyOf, {
    token: input.NextToken,
    size: Math.min(input.MaxResults ?? PAGE_MAX, PAGE_MAX),
    invalid: () => {
      throw new AwsError('InvalidNextTokenException', 'The next token supplied was invalid')
    },
  })
  return { items: shown, NextToken: nextToken }
}

function newPolicy(
  cloud: Cloud,
  target: TargetRecord,
  input: PutScalingPolicyCommandInput,
  before: PolicyRecord | undefined,
): PolicyRecord {
  const type = input.PolicyType ?? before?.PolicyType ?? 'StepScaling'
  const name = input.PolicyName ?? ''
  const policy: PolicyRecord = {
    PolicyARN:
      before?.PolicyARN ??
      `arn:aws:autoscaling:${cloud.region}:${cloud.account}:scalingPolicy:${randomUUID()}:resource/ecs/${target.resourceId}:policyName/${name}`,
    PolicyName: name,
    ServiceNamespace: 'ecs',
    ResourceId: target.resourceId,
    ScalableDimension: DIMENSION,
    PolicyType: type,
    Alarms: [],
    CreationTime: before?.CreationTime ?? new Date(cloud.clock.now()),
  }
  if (type === 'TargetTrackingScaling') {
    const config = input.TargetTrackingScalingPolicyConfiguration
    const metric = config?.PredefinedMetricSpecification
    if (!config) throw invalid('TargetTrackingScalingPolicyConfiguration must be specified')
    if (!((config.TargetValue ?? 0) > 0)) throw invalid('TargetValue must be greater than 0')
    if (config.CustomizedMetricSpecification) throw invalid('A CustomizedMetricSpecification is not simulated')
    if (!TRACKED.has(metric?.PredefinedMetricType ?? ''))
      throw invalid(`The metric ${metric?.PredefinedMetricType} is not supported for ecs`)
    if (metric?.PredefinedMetricType === 'ALBRequestCountPerTarget' && !metric.ResourceLabel) {
      throw invalid('ResourceLabel must be specified for ALBRequestCountPerTarget')
    }
    return { ...policy, TargetTrackingScalingPolicyConfiguration: config }
  }
  if (type === 'StepScaling') {
    const config = input.StepScalingPolicyConfiguration ?? before?.StepScalingPolicyConfiguration
    if (!config?.StepAdjustments?.length) throw invalid('StepScalingPolicyConfiguration must be specified')
    return { ...policy, StepScalingPolicyConfiguration: config }
  }
  throw invalid(`The policy type ${type} is not simulated`)
}

function targetShape(target: TargetRecord): ScalableTarget {
  return {
    ServiceNamespace: 'ecs',
    ResourceId: target.resourceId,
    ScalableDimension: DIMENSION,
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: target.roleArn,
    CreationTime: target.createdAt,
    SuspendedState: target.suspended,
    ScalableTargetARN: target.arn,
  }
}
