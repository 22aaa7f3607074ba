// CloudWatch: alarms whose state is set, and metrics in memory.
import type { Alarms, Cloud, Metrics, Service } from '../cloud.ts'
import { type AlarmActions, alarms, type CloudWatchHandlers } from './alarms.ts'
import { metricHandlers } from './metric-data.ts'
import { MetricStore } from './metric-store.ts'
import { measureServices } from './service-utilization.ts'

export interface CloudWatch extends Service {
  handlers: CloudWatchHandlers
  alarms: Alarms & AlarmActions
  metrics: Metrics
}

export function cloudWatch(cloud: Cloud): CloudWatch {
  const metrics = new MetricStore(cloud.clock)
  const { handlers, ...alarming } = alarms(cloud, metrics)
  return {
    client: () => import('@aws-sdk/client-cloudwatch'),
    signingName: 'monitoring',
    handlers: { ...handlers, ...metricHandlers(metrics, (asked) => measureServices(cloud, metrics, asked)) },
    alarms: alarming,
    metrics,
  }
}
