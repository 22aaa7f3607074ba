// Who has made which call: what docs/operate/sandbox.md is held against. Calls bear the names of signatures: `monitoring:ListMetrics`.
import { notInMoto, withoutInstances } from './moto-differences.ts'
import { mfa, refusals } from './scenarios/iam.ts'
import { scenarios } from './scenarios.ts'
import { type ServiceName, services } from './services.ts'

function signed(call: string): string {
  const [service = '', operation] = call.split(':')
  return `${services[service as ServiceName].signing}:${operation}`
}

const steps = scenarios.flatMap((scenario) => scenario.steps)
const compared = scenarios.filter((one) => one !== mfa && one !== refusals).flatMap((scenario) => scenario.steps)

export const botocoreCalls: ReadonlySet<string> = new Set(steps.map(({ call }) => signed(call)))

/** Those that Debian's `aws` is not too old for. */
export const awsCalls: ReadonlySet<string> = new Set(steps.filter(({ newer }) => !newer).map(({ call }) => signed(call)))

/** Those that moto answers too. */
export const motoCalls: ReadonlySet<string> = new Set(
  compared.filter(({ call, as }) => !as && ![...notInMoto, ...withoutInstances].includes(call)).map(({ call }) => signed(call)),
)

/** What ecspresso calls while it ships a service; its test counts. */
export const ecspressoCalls: readonly string[] = [
  'application-autoscaling:DescribeScalableTargets',
  'ecr:GetAuthorizationToken',
  'ecs:CreateService',
  'ecs:DeleteService',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeClusters',
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ecs:ListTagsForResource',
  'ecs:ListTaskDefinitions',
  'ecs:ListTasks',
  'ecs:RegisterTaskDefinition',
  'ecs:RunTask',
  'ecs:UpdateService',
  'elasticloadbalancing:DescribeTargetGroups',
  'iam:GetRole',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'secretsmanager:GetSecretValue',
  'ssm:GetParameters',
  'sts:AssumeRole',
]
