import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const MINUTE = 60_000
const start = new Date(Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE)
const end = new Date(start.getTime() + 20 * MINUTE)
const ARN = 'arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:play'
const METRIC = { Namespace: 'Play', MetricName: 'Latency', Dimensions: [{ Name: 'service', Value: 'web' }] }

export const cloudwatch: Scenario = {
  name: 'Metrics are put and read, alarms are made, set and deleted',
  steps: [
    step('cloudwatch:PutMetricData', {
      Namespace: 'Play',
      MetricData: [
        { MetricName: 'Latency', Dimensions: METRIC.Dimensions, Timestamp: start, Value: 1.5, Unit: 'Seconds' },
        { MetricName: 'Latency', Dimensions: METRIC.Dimensions, Timestamp: start, Value: 0.5, Unit: 'Seconds' },
      ],
    }),
    step(
      'cloudwatch:PutMetricData',
      { Namespace: 'AWS/Play', MetricData: [{ MetricName: 'x', Value: 1 }] },
      {
        fails: ['InvalidParameterValue', 'InvalidParameterValueException'],
      },
    ),
    step('cloudwatch:ListMetrics', { Namespace: 'Play' }, { answer: { Metrics: [METRIC] } }),
    step(
      'cloudwatch:GetMetricStatistics',
      {
        ...METRIC,
        StartTime: start,
        EndTime: end,
        Period: 60,
        Statistics: ['Average', 'Maximum', 'SampleCount'],
      },
      { answer: { Label: 'Latency', Datapoints: [{ Average: 1, Maximum: 1.5, SampleCount: 2, Unit: 'Seconds' }] } },
    ),
    step(
      'cloudwatch:GetMetricData',
      {
        ...{ StartTime: start, EndTime: end },
        MetricDataQueries: [{ Id: 'a', MetricStat: { Metric: METRIC, Period: 60, Stat: 'Sum' } }],
      },
      { answer: { MetricDataResults: [{ Id: 'a', Values: [2], StatusCode: 'Complete' }] } },
    ),
    step('cloudwatch:PutMetricAlarm', {
      ...{ AlarmName: 'play', ...METRIC, Statistic: 'Average', Period: 60, EvaluationPeriods: 1, Threshold: 2.5 },
      ...{ ComparisonOperator: 'GreaterThanThreshold', Tags: [{ Key: 'team', Value: 'bookshop' }] },
    }),
    step(
      'cloudwatch:DescribeAlarms',
      { AlarmNames: ['play'] },
      {
        answer: { MetricAlarms: [{ AlarmArn: ARN, Threshold: 2.5, StateValue: 'INSUFFICIENT_DATA', ActionsEnabled: true }] },
      },
    ),
    step('cloudwatch:SetAlarmState', { AlarmName: 'play', StateValue: 'ALARM', StateReason: 'a test <says> so' }),
    step(
      'cloudwatch:SetAlarmState',
      { AlarmName: 'none', StateValue: 'ALARM', StateReason: 'x' },
      {
        fails: ['ResourceNotFound', 'ResourceNotFoundException'],
      },
    ),
    step(
      'cloudwatch:DescribeAlarms',
      { StateValue: 'ALARM' },
      {
        answer: { MetricAlarms: [{ AlarmName: 'play', StateReason: 'a test <says> so' }] },
      },
    ),
    step('cloudwatch:DisableAlarmActions', { AlarmNames: ['play'] }),
    step('cloudwatch:EnableAlarmActions', { AlarmNames: ['play'] }),
    step('cloudwatch:TagResource', { ResourceARN: ARN, Tags: [{ Key: 'owner', Value: 'aoi' }] }),
    step('cloudwatch:UntagResource', { ResourceARN: ARN, TagKeys: ['team'] }),
    step('cloudwatch:ListTagsForResource', { ResourceARN: ARN }, { answer: { Tags: [{ Key: 'owner', Value: 'aoi' }] } }),
    step('cloudwatch:DeleteAlarms', { AlarmNames: ['play'] }),
    step(
      'cloudwatch:DescribeAlarms',
      { AlarmNames: ['play'] },
      { answer: { MetricAlarms: expect.toSatisfy((all) => !all?.length) } },
    ),
  ],
}
