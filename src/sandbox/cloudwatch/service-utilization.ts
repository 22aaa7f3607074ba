// What ECS tells CloudWatch of every service: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
// AWS does so each minute; here a service is measured when somebody asks, and nothing is paid for those that nobody asks for.
import type { Cloud } from '../cloud.ts'
import type { MetricStore } from './metric-store.ts'

const NAMESPACE = 'AWS/ECS'
const SECOND_MS = 1000

/** To be called before metrics are read. `dimensions` are those asked for; every service is measured when a list is. */
export function measureServices(
  { tasks, clock }: Pick<Cloud, 'tasks' | 'clock'>,
  store: MetricStore,
  { namespace, dimensions }: { namespace: string | undefined; dimensions?: Record<string, string> },
): void {
  if (namespace !== undefined && namespace !== NAMESPACE) return
  const { ClusterName: cluster, ServiceName: service } = dimensions ?? {}
  const asked = cluster !== undefined && service !== undefined ? [{ cluster, service }] : tasks.services()
  const now = clock.now()
  for (const each of asked) {
    const used = tasks.utilization(each.cluster, each.service)
    if (!used) continue
    const of = { ClusterName: each.cluster, ServiceName: each.service }
    for (const [name, value] of [['CPUUtilization', used.cpu] as const, ['MemoryUtilization', used.memory] as const]) {
      const series = store.series(NAMESPACE, name, of)
      series.unit = 'Percent'
      if (!series.statistics(now - SECOND_MS, now + 1)) series.add(value)
    }
  }
}
