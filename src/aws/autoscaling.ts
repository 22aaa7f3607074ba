import type { ApplicationAutoScaling, ScalableTarget } from '@aws-sdk/client-application-auto-scaling'
import type { Api, AwsSession } from './session.ts'

const autoscaling: Api<ApplicationAutoScaling> = {
  service: 'autoscaling',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-application-auto-scaling')).ApplicationAutoScaling(config),
}

const target = (cluster: string, service: string) => ({
  ServiceNamespace: 'ecs' as const,
  ScalableDimension: 'ecs:service:DesiredCount' as const,
  ResourceId: `service/${cluster}/${service}`,
})

/** The range in which the count of a service is scaled; undefined when it is not. */
export async function scalingRange(
  session: AwsSession,
  cluster: string,
  service: string,
  signal?: AbortSignal,
): Promise<ScalableTarget | undefined> {
  const { ResourceId, ...where } = target(cluster, service)
  const { ScalableTargets = [] } = await session.ask(
    autoscaling,
    (client, options) => client.describeScalableTargets({ ...where, ResourceIds: [ResourceId] }, options),
    signal,
  )
  return ScalableTargets[0]
}

/** Sets the range in which autoscaling may move the count of a service. */
export async function setScalingRange(
  session: AwsSession,
  cluster: string,
  service: string,
  range: { min: number; max: number },
  signal?: AbortSignal,
): Promise<void> {
  await session.ask(
    autoscaling,
    (client, options) =>
      client.registerScalableTarget({ ...target(cluster, service), MinCapacity: range.min, MaxCapacity: range.max }, options),
    signal,
  )
}
