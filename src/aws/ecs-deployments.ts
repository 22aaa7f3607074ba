import type {
  DescribeServiceDeploymentsResponse,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
} from '@aws-sdk/client-ecs'
import { batches } from './batches.ts'
import { ecsModify, ecsRead } from './ecs-api.ts'
import { awsErrorName } from './error.ts'
import { failureError } from './failure.ts'
import type { AwsSession } from './session.ts'

const DESCRIBE_MAX = 20

/** Service deployments by their ARNs, in one call for each twenty; those that AWS does not (yet) know are left out. */
export async function describeServiceDeployments(
  session: AwsSession,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, ServiceDeployment>> {
  const found = new Map<string, ServiceDeployment>()
  const answers = await Promise.all(
    batches(arns, DESCRIBE_MAX).map((serviceDeploymentArns) =>
      session
        .ask(ecsRead, (ecs, options) => ecs.describeServiceDeployments({ serviceDeploymentArns }, options), signal)
        .catch((error: unknown): DescribeServiceDeploymentsResponse => {
          if (awsErrorName(error) === 'ServiceDeploymentNotFoundException') return {}
          throw error
        }),
    ),
  )
  for (const { serviceDeployments = [], failures = [] } of answers) {
    const broken = failures.find((failure) => failure.reason !== 'MISSING')
    if (broken) throw failureError('DescribeServiceDeployments', broken)
    for (const one of serviceDeployments) if (one.serviceDeploymentArn) found.set(one.serviceDeploymentArn, one)
  }
  return found
}

/** Service deployments of one service, newest first, created after a moment. */
export async function listServiceDeployments(
  session: AwsSession,
  service: { cluster: string; name: string },
  after: Date | undefined,
  signal?: AbortSignal,
): Promise<ServiceDeploymentBrief[]> {
  const listed: ServiceDeploymentBrief[] = []
  let nextToken: string | undefined
  do {
    const page = await session.ask(
      ecsRead,
      (ecs, options) =>
        ecs.listServiceDeployments(
          { cluster: service.cluster, service: service.name, nextToken, ...(after ? { createdAt: { after } } : {}) },
          options,
        ),
      signal,
    )
    listed.push(...(page.serviceDeployments ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return listed.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
}

/** Service revisions by their ARNs; those that AWS does not (yet) know are left out. */
export async function describeServiceRevisions(
  session: AwsSession,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, ServiceRevision>> {
  const found = new Map<string, ServiceRevision>()
  const answers = await Promise.all(
    batches(arns, DESCRIBE_MAX).map((serviceRevisionArns) =>
      session.ask(ecsRead, (ecs, options) => ecs.describeServiceRevisions({ serviceRevisionArns }, options), signal),
    ),
  )
  for (const { serviceRevisions = [] } of answers)
    for (const one of serviceRevisions) if (one.serviceRevisionArn) found.set(one.serviceRevisionArn, one)
  return found
}

/**
 * Asks ECS to stop a service deployment and go back to the revision before it. False when it had already ended:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
 */
export async function stopServiceDeployment(session: AwsSession, arn: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await session.ask(
      ecsModify,
      (ecs, options) => ecs.stopServiceDeployment({ serviceDeploymentArn: arn, stopType: 'ROLLBACK' }, options),
      signal,
    )
    return true
  } catch (error) {
    if (awsErrorName(error) === 'ConflictException') return false
    throw error
  }
}

/** Lets a service deployment go on that waits at a pause; ECS says so when it does not wait there (any more). */
export async function continueServiceDeployment(
  session: AwsSession,
  arn: string,
  hookId: string,
  signal?: AbortSignal,
): Promise<void> {
  await session.ask(
    ecsModify,
    (ecs, options) => ecs.continueServiceDeployment({ serviceDeploymentArn: arn, hookId, action: 'CONTINUE' }, options),
    signal,
  )
}
