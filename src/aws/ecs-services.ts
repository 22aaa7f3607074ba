import type { CreateServiceRequest, DescribeServicesResponse, Service, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { batches } from './batches.ts'
import { ecsModify, ecsRead } from './ecs-api.ts'
import { awsErrorName } from './error.ts'
import { failureError } from './failure.ts'
import type { AwsSession } from './session.ts'

const DESCRIBE_MAX = 10

/** The services that exist, INACTIVE ones left out, by their names. One call for each ten. */
export async function describeServices(
  session: AwsSession,
  cluster: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Service>> {
  const answers = await Promise.all(
    batches(names, DESCRIBE_MAX).map((services) =>
      session
        .ask(ecsRead, (ecs, options) => ecs.describeServices({ cluster, services }, options), signal)
        .catch((error: unknown): DescribeServicesResponse => {
          // In a cluster that is not there, no service is.
          if (awsErrorName(error) === 'ClusterNotFoundException') return {}
          throw error
        }),
    ),
  )
  const found = new Map<string, Service>()
  for (const { services = [], failures = [] } of answers) {
    const broken = failures.find((failure) => failure.reason !== 'MISSING')
    if (broken) throw failureError('DescribeServices', broken)
    for (const service of services)
      if (service.status !== 'INACTIVE' && service.serviceName) found.set(service.serviceName, service)
  }
  return found
}

/** Creates a service; the same `clientToken` creates it once. */
export async function createService(
  session: AwsSession,
  request: CreateServiceRequest & { clientToken: string },
  signal?: AbortSignal,
): Promise<Service> {
  const { service } = await session.ask(ecsModify, (ecs, options) => ecs.createService(request, options), signal)
  return service ?? {}
}

/** Updates a service. Sent twice with the same definition it changes nothing, unless a new deployment is forced. */
export async function updateService(session: AwsSession, request: UpdateServiceRequest, signal?: AbortSignal): Promise<Service> {
  const { service } = await session.ask(ecsModify, (ecs, options) => ecs.updateService(request, options), signal)
  return service ?? {}
}
