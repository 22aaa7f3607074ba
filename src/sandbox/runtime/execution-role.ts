// What a task's execution role must be allowed so that Fargate can pull its images and open its logs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
import type { Cloud } from '../cloud.ts'
import type { TaskPlan } from '../ecs/runtime.ts'

const ECR_REFERENCE = /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[^/]+\/([^:@]+)/

/** Why the role may not pull an image, as a stopped reason; undefined when it may. Tasks without a role are not asked. */
export function pullRefusal(cloud: Cloud, task: TaskPlan, image: string): string | undefined {
  const { region, repository } = ecrPlace(cloud, image) ?? {}
  if (!repository) return undefined
  const token = denial(cloud, task, 'ecr:GetAuthorizationToken', '*')
  if (token) {
    return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): ${token}`
  }
  const arn = `arn:aws:ecr:${region}:${cloud.account}:repository/${repository}`
  for (const action of ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']) {
    const refused = denial(cloud, task, action, arn)
    if (refused) {
      return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: pulling from host ${image.split('/')[0]} failed with status code: 403 Forbidden: ${refused}`
    }
  }
  return undefined
}

/** Where an image lies in ECR, by AWS's name of the registry or by the sandbox's own address; undefined elsewhere. */
function ecrPlace(cloud: Cloud, image: string): { region: string; repository: string } | undefined {
  const [, region, repository] = ECR_REFERENCE.exec(image) ?? []
  if (region && repository) return { region, repository }
  const [, host = '', path] = /^([^/]+)\/([^:@]+)/.exec(image) ?? []
  const isOwn = host === new URL(cloud.endpoint).host || cloud.table<true>('ecr.hosts').has(host)
  return isOwn && path ? { region: cloud.region, repository: path } : undefined
}

/** Why the role may not do this to CloudWatch Logs; undefined when it may. */
export function logsDenial(
  cloud: Cloud,
  task: TaskPlan,
  action: 'logs:CreateLogGroup' | 'logs:CreateLogStream' | 'logs:PutLogEvents',
  group: string,
  stream: string,
): string | undefined {
  const arn = `arn:aws:logs:${cloud.region}:${cloud.account}:log-group:${group}`
  return denial(cloud, task, action, action === 'logs:CreateLogGroup' ? arn : `${arn}:log-stream:${stream}`)
}

function denial(cloud: Cloud, { executionRoleArn, taskId }: TaskPlan, action: string, resource: string): string | undefined {
  if (!executionRoleArn || cloud.roles.allows(executionRoleArn, action, resource)) return undefined
  const user = `arn:aws:sts::${cloud.account}:assumed-role/${executionRoleArn.split('/').at(-1)}/${taskId}`
  return `AccessDeniedException: User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`
}
