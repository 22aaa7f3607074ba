import type { Cluster, ContainerInstance } from '@aws-sdk/client-ecs'
import { ecsRead } from './ecs-api.ts'
import type { AwsSession } from './session.ts'

/** Clusters that are active, by their names. */
export async function describeClusters(
  session: AwsSession,
  clusters: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Cluster>> {
  const { clusters: found = [] } = await session.ask(
    ecsRead,
    (ecs, options) => ecs.describeClusters({ clusters: [...clusters] }, options),
    signal,
  )
  const active = found.filter(({ status }) => status === 'ACTIVE')
  return new Map(active.map((cluster) => [cluster.clusterName ?? '', cluster]))
}

/** One container instance, by its id; undefined when the cluster has none of it. */
export async function describeContainerInstance(
  session: AwsSession,
  cluster: string,
  instance: string,
  signal?: AbortSignal,
): Promise<ContainerInstance | undefined> {
  const { containerInstances = [] } = await session.ask(
    ecsRead,
    (ecs, options) => ecs.describeContainerInstances({ cluster, containerInstances: [instance] }, options),
    signal,
  )
  return containerInstances[0]
}
