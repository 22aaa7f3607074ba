import type { ServiceName } from './services.ts'

/** Members of answers that came after version 2.9.19 of the aws CLI (January 2023), which is Debian 12's. */
export const newerMembers: Partial<Record<ServiceName, RegExp>> = {
  'application-autoscaling': /ScalableTargetARN/,
  cloudwatch: /StateTransitionedTimestamp/,
  ec2: /SecurityGroupArn|^-(GroupId|Return):/,
  ecr: /imageStatus/,
  ecs: /^-settings?(\[\])?\.type|availabilityZoneRebalancing|bakeTimeInMinutes|strategy|currentServiceDeployment|currentServiceRevisions|resourceManagementType|resetOnHealthyTask|thresholdConfiguration/,
  kms: /^-(KeyId|NextRotationDate|RotationPeriodInDays|PolicyName):/,
  lambda: /LoggingConfig|^-StatusCode/,
  logs: /logGroupArn|logGroupClass/,
  // Its requests ask for no checksums either.
  s3: /Checksum|BucketArn|BucketRegion|AccessPointAlias/,
  scheduler: /ActionAfterCompletion/,
  ssm: /Parameters\[\]\.ARN/,
}
