import type { CloudWatch, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { batches } from './batches.ts'
import type { Api, AwsSession } from './session.ts'

const cloudwatch: Api<CloudWatch> = {
  service: 'cloudwatch',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-cloudwatch')).CloudWatch(config),
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const QUERIES_MAX = 500

export interface Metric {
  namespace: string
  name: string
  dimensions: Readonly<Record<string, string>>
}

/** A mean over a period that begins `at` (epoch milliseconds). */
export interface MetricPoint {
  at: number
  value: number
}

/** The means of metrics, oldest first, in the order asked for; none where nothing was measured. */
export async function metricMeans(
  session: AwsSession,
  metrics: readonly Metric[],
  { from, to, periodSeconds }: { from: number; to: number; periodSeconds: number },
  signal?: AbortSignal,
): Promise<MetricPoint[][]> {
  const found = metrics.map((): MetricPoint[] => [])
  const queries = metrics.map(
    ({ namespace, name, dimensions }, at): MetricDataQuery => ({
      Id: `m${at}`,
      MetricStat: {
        Metric: {
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        },
        Period: periodSeconds,
        Stat: 'Average',
      },
    }),
  )
  for (const MetricDataQueries of batches(queries, QUERIES_MAX)) {
    let NextToken: string | undefined
    do {
      const asked = {
        MetricDataQueries,
        StartTime: new Date(from),
        EndTime: new Date(to),
        ScanBy: 'TimestampAscending' as const,
        NextToken,
      }
      const page = await session.ask(cloudwatch, (client, options) => client.getMetricData(asked, options), signal)
      for (const { Id = '', Timestamps = [], Values = [] } of page.MetricDataResults ?? [])
        found[Number(Id.slice(1))]?.push(...Timestamps.map((time, at) => ({ at: time.getTime(), value: Values[at] ?? 0 })))
      NextToken = page.NextToken
    } while (NextToken)
  }
  return found
}
