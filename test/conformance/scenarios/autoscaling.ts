import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const target = { ServiceNamespace: 'ecs', ResourceId: 'service/play-scaled/web', ScalableDimension: 'ecs:service:DesiredCount' }

export const autoscaling: Scenario = {
  name: 'A service is registered for scaling, given a policy and let go',
  steps: [
    step('ec2:DescribeSubnets', {}, { keep: { subnet: 'Subnets.0.SubnetId' } }),
    step('ec2:DescribeSecurityGroups', {}, { keep: { group: 'SecurityGroups.0.GroupId' } }),
    step('ecs:CreateCluster', { clusterName: 'play-scaled' }),
    step('ecs:RegisterTaskDefinition', {
      ...{ family: 'play-scaled', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' },
      containerDefinitions: [{ name: 'web', image: 'example/web:1' }],
    }),
    step(
      'ecs:CreateService',
      ({ subnet, group }) => ({
        ...{ cluster: 'play-scaled', serviceName: 'web', taskDefinition: 'play-scaled', desiredCount: 0, launchType: 'FARGATE' },
        networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [group] } },
      }),
      {},
    ),
    step(
      'application-autoscaling:RegisterScalableTarget',
      { ...target, MinCapacity: 0, MaxCapacity: 4, Tags: { team: 'bookshop' } },
      {
        answer: { ScalableTargetARN: expect.stringMatching(/:scalable-target\//) },
        keep: { arn: 'ScalableTargetARN' },
        newer: true,
      },
    ),
    step('application-autoscaling:RegisterScalableTarget', { ...target, MinCapacity: 0, MaxCapacity: 3 }, {}),
    step(
      'application-autoscaling:RegisterScalableTarget',
      { ...target, MinCapacity: 5, MaxCapacity: 4 },
      { fails: 'ValidationException' },
    ),
    step(
      'application-autoscaling:RegisterScalableTarget',
      { ...target, ResourceId: 'service/play-scaled/none', MinCapacity: 0, MaxCapacity: 1 },
      {
        fails: 'ValidationException',
      },
    ),
    step(
      'application-autoscaling:DescribeScalableTargets',
      { ServiceNamespace: 'ecs' },
      {
        answer: { ScalableTargets: [{ ...target, MinCapacity: 0, MaxCapacity: 3 }] },
      },
    ),
    step(
      'application-autoscaling:PutScalingPolicy',
      {
        ...{ ...target, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling' },
        TargetTrackingScalingPolicyConfiguration: {
          ...{ TargetValue: 50, ScaleInCooldown: 60, ScaleOutCooldown: 30 },
          PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        },
      },
      { answer: { PolicyARN: expect.stringMatching(/:policyName\/cpu$/) } },
    ),
    step(
      'application-autoscaling:DescribeScalingPolicies',
      { ServiceNamespace: 'ecs', PolicyNames: ['cpu'] },
      {
        answer: { ScalingPolicies: [{ PolicyName: 'cpu', TargetTrackingScalingPolicyConfiguration: { TargetValue: 50 } }] },
      },
    ),
    step('application-autoscaling:DescribeScalingActivities', { ServiceNamespace: 'ecs' }),
    step('application-autoscaling:TagResource', ({ arn }) => ({ ResourceARN: arn, Tags: { owner: 'aoi' } }), { newer: true }),
    step('application-autoscaling:UntagResource', ({ arn }) => ({ ResourceARN: arn, TagKeys: ['team'] }), { newer: true }),
    step('application-autoscaling:ListTagsForResource', ({ arn }) => ({ ResourceARN: arn }), {
      answer: { Tags: { owner: 'aoi' } },
      newer: true,
    }),
    step('application-autoscaling:DeleteScalingPolicy', { ...target, PolicyName: 'cpu' }),
    step('application-autoscaling:DeleteScalingPolicy', { ...target, PolicyName: 'cpu' }, { fails: 'ObjectNotFoundException' }),
    step('application-autoscaling:DeregisterScalableTarget', target),
    step('application-autoscaling:DeregisterScalableTarget', target, { fails: 'ObjectNotFoundException' }),
    step(
      'ecs:DescribeServices',
      { cluster: 'play-scaled', services: ['web'] },
      {
        until: {
          services: [
            { events: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining('steady state') })]) },
          ],
        },
      },
    ),
    step('ecs:DeleteService', { cluster: 'play-scaled', service: 'web', force: true }, {}),
  ],
}
