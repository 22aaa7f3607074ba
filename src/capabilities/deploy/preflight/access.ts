// What a service's execution role must be allowed, so that ECS can start its tasks; pure.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
import type { ContainerDefinition } from '../../../aws/ecs-shapes.ts'
import type { Plan, ServicePlan } from '../plan.ts'
import { imageReference } from './image-reference.ts'
import { partition, type SecretReference, secretReferences } from './secret-reference.ts'

export interface Access {
  action: string
  resource: string
  /** What it is for, as people name it: a parameter, a log group, an image. */
  of: string
}

/** `isOurs` tells which images lie in this account's registry; keys are those that encrypt parameters and secrets. */
export function accessOf(
  planned: ServicePlan,
  { account, region }: Pick<Plan, 'account' | 'region'>,
  isOurs: (image: string) => boolean,
  keys: ReadonlyMap<string, string>,
): Access[] {
  const arn = (service: string, resource: string) => `arn:${partition(region)}:${service}:${region}:${account}:${resource}`
  const containers = planned.definition.containerDefinitions ?? []
  const images = containers.flatMap(({ image = '' }) => (isOurs(image) ? [image] : []))
  return [
    ...(images.length > 0 ? [{ action: 'ecr:GetAuthorizationToken', resource: '*', of: images[0] ?? '' }] : []),
    ...images.flatMap((image) => {
      const resource = arn('ecr', `repository/${imageReference(image)?.repository}`)
      return ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map((action) => ({ action, resource, of: image }))
    }),
    ...containers.flatMap((container) => logAccess(container, arn)),
    ...secretReferences(planned, { account, region }).flatMap((secret) => secretAccess(secret, keys)),
  ]
}

function logAccess(
  { name, logConfiguration }: ContainerDefinition,
  arn: (service: string, resource: string) => string,
): Access[] {
  const { 'awslogs-group': group, 'awslogs-create-group': create } = logConfiguration?.options ?? {}
  if (logConfiguration?.logDriver !== 'awslogs' || group === undefined) return []
  const groupArn = arn('logs', `log-group:${group}`)
  return [
    ...(create === 'true' ? [{ action: 'logs:CreateLogGroup', resource: groupArn, of: group }] : []),
    ...['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
      action,
      resource: `${groupArn}:log-stream:${logConfiguration.options?.['awslogs-stream-prefix'] ?? name}`,
      of: group,
    })),
  ]
}

function secretAccess({ kind, name, arn }: SecretReference, keys: ReadonlyMap<string, string>): Access[] {
  const action = kind === 'parameter' ? 'ssm:GetParameters' : 'secretsmanager:GetSecretValue'
  const key = keys.get(arn)
  return [{ action, resource: arn, of: name }, ...(key === undefined ? [] : [{ action: 'kms:Decrypt', resource: key, of: key }])]
}
