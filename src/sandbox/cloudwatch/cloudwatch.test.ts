import * as sdk from '@aws-sdk/client-cloudwatch'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { bareCloud } from '../bare-cloud.ts'
import type { Call } from '../cloud.ts'
import { cloudWatch } from './cloudwatch.ts'

async function started() {
  const sandbox = await testSandbox()
  return { sandbox, client: new CloudWatchClient(sandbox.client), [Symbol.asyncDispose]: () => sandbox.close() }
}

const alarm = (AlarmName: string) =>
  new sdk.PutMetricAlarmCommand({
    AlarmName,
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HTTPCode_Target_5XX_Count',
    Dimensions: [{ Name: 'TargetGroup', Value: 'targetgroup/web/1' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 10,
    ComparisonOperator: 'GreaterThanThreshold',
  })

test('an alarm has no data until its state is set, and each change is told once', async () => {
  await using s = await started()
  const seen: string[] = []
  s.sandbox.cloud.alarms.watch((name, state) => seen.push(`${name} ${state}`))
  await s.client.send(alarm('errors'))
  expect(s.sandbox.cloud.alarms.state('errors')).toBe('INSUFFICIENT_DATA')
  const set = (StateValue: sdk.StateValue) =>
    s.client.send(new sdk.SetAlarmStateCommand({ AlarmName: 'errors', StateValue, StateReason: 'a test says so' }))
  await set('ALARM')
  await set('ALARM')
  await set('OK')
  expect(seen).toEqual(['errors ALARM', 'errors OK'])
  const { MetricAlarms } = await s.client.send(new sdk.DescribeAlarmsCommand({ AlarmNames: ['errors'] }))
  expect(MetricAlarms?.[0]).toMatchObject({
    AlarmArn: 'arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:errors',
    StateValue: 'OK',
    StateReason: 'a test says so',
    Threshold: 10,
    ActionsEnabled: true,
  })
  expect(s.sandbox.cloud.alarms.state('none')).toBeUndefined()
})

test('alarms are listed by prefix, state and name, in pages', async () => {
  await using s = await started()
  for (const name of ['web-errors', 'web-latency', 'api-errors']) await s.client.send(alarm(name))
  await s.client.send(new sdk.SetAlarmStateCommand({ AlarmName: 'web-errors', StateValue: 'ALARM', StateReason: 'x' }))
  const names = async (input: sdk.DescribeAlarmsCommandInput) =>
    (await s.client.send(new sdk.DescribeAlarmsCommand(input))).MetricAlarms?.map((each) => each.AlarmName)
  expect(await names({ AlarmNamePrefix: 'web-' })).toEqual(['web-errors', 'web-latency'])
  expect(await names({ StateValue: 'ALARM' })).toEqual(['web-errors'])
  expect(await names({ AlarmNames: ['api-errors', 'unknown'] })).toEqual(['api-errors'])
  const first = await s.client.send(new sdk.DescribeAlarmsCommand({ MaxRecords: 2 }))
  expect(await names({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(['web-latency'])
})

test('an alarm that is not there cannot be set or deleted', async () => {
  await using s = await started()
  await expect(
    s.client.send(new sdk.SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'x' })),
  ).rejects.toThrow(sdk.ResourceNotFound)
  await s.client.send(alarm('errors'))
  await expect(s.client.send(new sdk.DeleteAlarmsCommand({ AlarmNames: ['errors', 'none'] }))).rejects.toThrow(
    sdk.ResourceNotFound,
  )
  expect(s.sandbox.cloud.alarms.state('errors')).toBe('INSUFFICIENT_DATA')
})

test('metrics that were put come back as statistics per period', async () => {
  await using s = await started()
  const start = new Date('2026-01-01T00:00:00Z')
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1000)
  const Dimensions = [{ Name: 'Service', Value: 'web' }]
  await s.client.send(
    new sdk.PutMetricDataCommand({
      Namespace: 'Bookshop',
      MetricData: [
        { MetricName: 'Orders', Dimensions, Timestamp: at(5), Value: 2 },
        { MetricName: 'Orders', Dimensions, Timestamp: at(30), Value: 4 },
        { MetricName: 'Orders', Dimensions, Timestamp: at(61), Values: [1, 3], Counts: [2, 1] },
      ],
    }),
  )
  const { MetricDataResults } = await s.client.send(
    new sdk.GetMetricDataCommand({
      StartTime: start,
      EndTime: at(120),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: ['Sum', 'Average', 'Maximum', 'SampleCount'].map((Stat, i) => ({
        Id: `m${i}`,
        MetricStat: { Metric: { Namespace: 'Bookshop', MetricName: 'Orders', Dimensions }, Period: 60, Stat },
      })),
    }),
  )
  expect(MetricDataResults?.map((each) => each.Values)).toEqual([
    [6, 5],
    [3, 5 / 3],
    [4, 3],
    [2, 3],
  ])
  const { Datapoints } = await s.client.send(
    new sdk.GetMetricStatisticsCommand({
      Namespace: 'Bookshop',
      MetricName: 'Orders',
      Dimensions,
      StartTime: start,
      EndTime: at(120),
      Period: 60,
      Statistics: ['Minimum'],
    }),
  )
  expect(Datapoints).toEqual([
    { Timestamp: start, Minimum: 2, Unit: 'None' },
    { Timestamp: at(60), Minimum: 1, Unit: 'None' },
  ])
  const { Metrics } = await s.client.send(new sdk.ListMetricsCommand({ Namespace: 'Bookshop' }))
  expect(Metrics).toEqual([{ Namespace: 'Bookshop', MetricName: 'Orders', Dimensions }])
})

test('what services measure is read through the same API', async () => {
  await using s = await started()
  s.sandbox.cloud.metrics.series('AWS/ECS', 'CPUUtilization', { ClusterName: 'shop', ServiceName: 'web' }).add(42)
  const { MetricDataResults } = await s.client.send(
    new sdk.GetMetricDataCommand({
      StartTime: new Date(Date.now() - 60_000),
      EndTime: new Date(Date.now() + 60_000),
      MetricDataQueries: [
        {
          Id: 'cpu',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ECS',
              MetricName: 'CPUUtilization',
              Dimensions: [
                { Name: 'ServiceName', Value: 'web' },
                { Name: 'ClusterName', Value: 'shop' },
              ],
            },
            Period: 60,
            Stat: 'Average',
          },
        },
      ],
    }),
  )
  expect(MetricDataResults?.[0]?.Values).toEqual([42])
})

test('an alarm tells whom it calls and how far its metric is beyond the threshold', async () => {
  const cloud = bareCloud()
  const { alarms, metrics, handlers } = cloudWatch(cloud)
  const { input } = alarm('errors')
  handlers.PutMetricAlarm?.({ ...input, AlarmActions: ['arn:policy'] }, {} as Call)
  expect(alarms.actions('errors')).toEqual({ arns: ['arn:policy'], breach: 0 })
  const series = metrics.series('AWS/ApplicationELB', 'HTTPCode_Target_5XX_Count', { TargetGroup: 'targetgroup/web/1' })
  series.add(12)
  series.add(5)
  expect(alarms.actions('errors')?.breach).toBe(7)
  expect(alarms.actions('none')).toBeUndefined()
})

test('CPU and memory of every service are there for whoever asks, by cluster and service', async () => {
  const used = new Map([
    ['web', { cpu: 12, memory: 34 }],
    ['idle', undefined],
  ])
  const cloud = bareCloud({
    tasks: {
      run: async () => ({ taskArns: [], failures: [] }),
      desiredCount: () => undefined,
      setDesiredCount: () => {},
      agent: () => undefined,
      services: () => [...used.keys()].map((service) => ({ cluster: 'shop', service })),
      utilization: (_, service) => used.get(service),
    },
  })
  const { handlers } = cloudWatch(cloud)
  const statistics = async (MetricName: string, ServiceName: string) => {
    const asked = {
      Namespace: 'AWS/ECS',
      MetricName,
      Dimensions: [
        { Name: 'ClusterName', Value: 'shop' },
        { Name: 'ServiceName', Value: ServiceName },
      ],
      StartTime: new Date(Date.now() - 300_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ['Average', 'SampleCount'] as sdk.Statistic[],
    }
    const { Datapoints = [] } = (await handlers.GetMetricStatistics?.(asked, {} as Call)) ?? {}
    return Datapoints.map(({ Average, Unit }) => `${Average} ${Unit}`)
  }
  const listed = await handlers.ListMetrics?.({ Namespace: 'AWS/ECS' }, {} as Call)
  expect(listed?.Metrics?.map((metric) => metric.MetricName)).toEqual(['CPUUtilization', 'MemoryUtilization'])
  expect([
    await statistics('CPUUtilization', 'web'),
    await statistics('MemoryUtilization', 'web'),
    await statistics('CPUUtilization', 'idle'),
  ]).toEqual([['12 Percent'], ['34 Percent'], []])
})
