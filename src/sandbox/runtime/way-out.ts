// What a task says whose security groups let nothing out: Fargate fetches everything through the task's own interface.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
import type { Cloud } from '../cloud.ts'
import type { TaskPlan } from '../ecs/runtime.ts'

const HTTPS = 443
const ECR = /^\d{12}\.dkr[.-]ecr/

/** The stopped reason of a task that reaches nothing; undefined when it does. */
export function noWayOut(cloud: Cloud, task: TaskPlan): string | undefined {
  if (task.address === undefined || cloud.network.letsOut(task.address, HTTPS)) return undefined
  const secrets = task.containers.flatMap(({ secrets = [] }) => secrets.flatMap(({ valueFrom }) => valueFrom ?? []))
  const fromVault = secrets.find((valueFrom) => valueFrom.includes(':secretsmanager:'))
  const prefix = 'ResourceInitializationError: unable to pull secrets or registry auth: '
  if (fromVault) {
    const fetching = `failed to fetch secret ${fromVault} from secrets manager: operation error Secrets Manager: GetSecretValue`
    return `${prefix}unable to retrieve secret from asm: ${connection('AWS Secrets Manager')} ${fetching}, ${canceled}`
  }
  if (secrets.length > 0) {
    const pulling = 'The task cannot pull secrets from AWS Systems Manager.'
    const because = 'RequestCanceled: request context canceled caused by: context deadline exceeded'
    return `${prefix}unable to retrieve secrets from ssm: ${pulling} ${connection('AWS Systems Manager Parameter Store')} ${because}`
  }
  if (task.containers.some(({ image }) => ECR.test(image) || image.startsWith(new URL(cloud.endpoint).host))) {
    const asking = `operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, ${unsent}`
    const address = `Post "https://api.ecr.${cloud.region}.amazonaws.com/": dial tcp: i/o timeout`
    return `${prefix}The task cannot pull registry auth from Amazon ECR: ${connection('Amazon ECR')} ${asking}, ${address}`
  }
  return undefined
}

const connection = (service: string) =>
  `There is a connection issue between the task and ${service}. Check your task network configuration.`
const unsent = 'https response error StatusCode: 0, RequestID: , request send failed'
const canceled = 'https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded'
