import { describeServices } from '../../../aws/ecs-services.ts'
import type { Service } from '../../../aws/ecs-shapes.ts'
import type { Rollout } from '../deployment.ts'
import type { Driver } from '../driver.ts'

/** The ECS services of rollouts as they stand now, by the manifest's names. */
export async function currentServices(driver: Driver, rollouts: readonly Rollout[]): Promise<Map<string, Service>> {
  const found = new Map<string, Service>()
  for (const [cluster, members] of Map.groupBy(rollouts, (rollout) => rollout.cluster)) {
    const names = members.map(({ name }) => name)
    const standing = await describeServices(driver.session, cluster, names, driver.signal)
    for (const { service, name } of members) {
      const one = standing.get(name)
      if (one) found.set(service, one)
    }
  }
  return found
}
