// Metrics as the API takes and gives them.
import type { Datapoint, Dimension, MetricDataQuery, MetricDataResult, MetricDatum } from '@aws-sdk/client-cloudwatch'
import { AwsError, type MetricStatistics } from '../cloud.ts'
import { page } from '../page.ts'
import { type CloudWatchHandlers, invalidToken } from './alarms.ts'
import type { KeptSeries, MetricStore } from './metric-store.ts'

const LIST_PAGE = 500
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
const DATAPOINTS_MAX = 1440

const STATISTICS: Record<string, (of: MetricStatistics) => number> = {
  Average: (of) => of.sum / of.count,
  Sum: (of) => of.sum,
  Minimum: (of) => of.minimum,
  Maximum: (of) => of.maximum,
  SampleCount: (of) => of.count,
}

/** `measure` has what is measured only when somebody asks put into the store. */
type Measure = (asked: { namespace: string | undefined; dimensions?: Record<string, string> }) => void

export function metricHandlers(store: MetricStore, measure: Measure): CloudWatchHandlers {
  return {
    PutMetricData(input) {
      const namespace = input.Namespace ?? ''
      if (namespace.startsWith('AWS/')) {
        throw new AwsError('InvalidParameterValue', 'The value AWS/ for parameter Namespace is invalid.', {}, 400)
      }
      for (const datum of input.MetricData ?? []) add(store, namespace, datum)
      return {}
    },
    GetMetricData(input) {
      const { start, end } = span(input)
      const results = (input.MetricDataQueries ?? []).filter((query) => query.ReturnData ?? true)
      for (const { MetricStat: { Metric } = {} } of results)
        if (Metric) measure({ namespace: Metric.Namespace ?? '', dimensions: dimensionsOf(Metric.Dimensions) })
      const MetricDataResults = results.map((query) => result(store, query, start, end, input.ScanBy !== 'TimestampAscending'))
      return { MetricDataResults, Messages: [] }
    },
    GetMetricStatistics(input) {
      const { start, end } = span(input)
      const names = input.Statistics ?? []
      const statistics = names.map((name) => [name, statisticNamed(name)] as const)
      const dimensions = dimensionsOf(input.Dimensions)
      measure({ namespace: input.Namespace ?? '', dimensions })
      const series = store.find(input.Namespace ?? '', input.MetricName ?? '', dimensions)
      const Datapoints = periods(series, start, end, input.Period ?? 60).map(({ at, of }): Datapoint => {
        const values = Object.fromEntries(statistics.map(([name, value]) => [name, value(of)]))
        return { Timestamp: new Date(at), ...values, Unit: series?.unit }
      })
      return { Label: input.MetricName, Datapoints }
    },
    ListMetrics(input) {
      measure({ namespace: input.Namespace })
      const asked = store.all().filter((series) => {
        if (input.Namespace !== undefined && series.namespace !== input.Namespace) return false
        if (input.MetricName !== undefined && series.name !== input.MetricName) return false
        return (input.Dimensions ?? []).every(({ Name = '', Value }) => {
          const has = series.dimensions[Name]
          return has !== undefined && (Value === undefined || has === Value)
        })
      })
      const places = asked.map((series, at) => ({ series, key: String(at).padStart(9, '0') }))
      const { items, nextToken } = page(places, ({ key }) => key, {
        token: input.NextToken,
        size: LIST_PAGE,
        invalid: invalidToken,
      })
      return { Metrics: items.map(({ series }) => metricShape(series)), NextToken: nextToken }
    },
  }
}

function add(store: MetricStore, namespace: string, datum: MetricDatum): void {
  const series = store.series(namespace, datum.MetricName ?? '', dimensionsOf(datum.Dimensions))
  if (datum.Unit !== undefined) series.unit = datum.Unit
  const put = (value: number) => (datum.Timestamp ? series.addAt(value, datum.Timestamp.getTime()) : series.add(value))
  if (datum.StatisticValues) {
    throw new AwsError('InvalidParameterCombination', 'StatisticValues are not simulated: give Value or Values', {}, 400)
  }
  if (datum.Value !== undefined) put(datum.Value)
  datum.Values?.forEach((value, at) => {
    for (let i = 0; i < (datum.Counts?.[at] ?? 1); i++) put(value)
  })
}

function span(input: { StartTime?: Date | undefined; EndTime?: Date | undefined }): { start: number; end: number } {
  const start = input.StartTime?.getTime() ?? 0
  const end = input.EndTime?.getTime() ?? 0
  if (start >= end) {
    throw new AwsError('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.', {}, 400)
  }
  return { start, end }
}

function result(store: MetricStore, query: MetricDataQuery, start: number, end: number, newestFirst: boolean): MetricDataResult {
  const { Metric, Period = 60, Stat = '' } = query.MetricStat ?? {}
  if (!Metric) throw new AwsError('ValidationError', 'Metric math is not simulated: a query must have a MetricStat', {}, 400)
  const statistic = statisticNamed(Stat)
  const series = store.find(Metric.Namespace ?? '', Metric.MetricName ?? '', dimensionsOf(Metric.Dimensions))
  const found = periods(series, start, end, Period)
  if (newestFirst) found.reverse()
  return {
    Id: query.Id,
    Label: query.Label ?? Metric.MetricName,
    Timestamps: found.map(({ at }) => new Date(at)),
    Values: found.map(({ of }) => statistic(of)),
    StatusCode: 'Complete',
  }
}

function statisticNamed(name: string): (of: MetricStatistics) => number {
  const statistic = Object.hasOwn(STATISTICS, name) ? STATISTICS[name] : undefined
  if (!statistic) throw new AwsError('ValidationError', `The statistic '${name}' is not simulated`, {}, 400)
  return statistic
}

/** What a series holds per period, oldest first; periods without samples are left out. */
function periods(
  series: KeptSeries | undefined,
  start: number,
  end: number,
  seconds: number,
): { at: number; of: MetricStatistics }[] {
  const period = seconds * 1000
  if (!(period > 0)) throw new AwsError('ValidationError', 'The parameter Period must be greater than 0.', {}, 400)
  const first = Math.floor(start / period) * period
  if (!series) return []
  const oldest = Math.max(first, Math.ceil(end / period) * period - period * DATAPOINTS_MAX)
  const found: { at: number; of: MetricStatistics }[] = []
  for (let at = oldest; at < end; at += period) {
    const of = series.statistics(at, at + period)
    if (of) found.push({ at, of })
  }
  return found
}

const dimensionsOf = (dimensions: Dimension[] | undefined): Record<string, string> =>
  Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]))

const metricShape = (series: KeptSeries) => ({
  Namespace: series.namespace,
  MetricName: series.name,
  Dimensions: Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value })),
})
