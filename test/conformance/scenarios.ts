// Every scenario, in an order in which what one leaves behind does not disturb the next.
import type { Scenario } from './scenario.ts'
import { autoscaling } from './scenarios/autoscaling.ts'
import { cloudwatch } from './scenarios/cloudwatch.ts'
import { ec2 } from './scenarios/ec2.ts'
import { ecr } from './scenarios/ecr.ts'
import { ecs } from './scenarios/ecs.ts'
import { elbv2 } from './scenarios/elbv2.ts'
import { events } from './scenarios/events.ts'
import { iam, mfa, refusals } from './scenarios/iam.ts'
import { kms } from './scenarios/kms.ts'
import { lambda } from './scenarios/lambda.ts'
import { logs } from './scenarios/logs.ts'
import { s3 } from './scenarios/s3.ts'
import { scheduler } from './scenarios/scheduler.ts'
import { secretsManager } from './scenarios/secrets-manager.ts'
import { sqs } from './scenarios/sqs.ts'
import { ssm } from './scenarios/ssm.ts'

export const scenarios: Scenario[] = [
  ...[ssm, secretsManager, kms, logs, sqs, events, scheduler, lambda, cloudwatch],
  ...[ec2, elbv2, ecr, ecs, autoscaling, s3],
  ...[iam, mfa, refusals],
]
