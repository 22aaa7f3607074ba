// Metric alarms. Their state is what SetAlarmState says: no metric is watched.
import type { MetricAlarm, PutMetricAlarmCommandInput, StateValue } from '@aws-sdk/client-cloudwatch'
import { type Alarms, AwsError, type Cloud, type Handlers, type MetricStatistics, type Table } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import type { MetricStore } from './metric-store.ts'

export type CloudWatchHandlers = Handlers<typeof import('@aws-sdk/client-cloudwatch')>

interface AlarmRecord {
  name: string
  arn: string
  settings: PutMetricAlarmCommandInput
  actionsEnabled: boolean
  state: StateValue
  reason: string
  reasonData: string | undefined
  configuredAt: Date
  stateUpdatedAt: Date
  tags: Record<string, string>
}

type Watcher = Parameters<Alarms['watch']>[0]

const PAGE_DEFAULT = 50
const PAGE_MAX = 100
const NAME_LENGTH_MAX = 255
const STATES: string[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA']
/** The reason of an alarm that has not been evaluated yet. */
const UNCHECKED = 'Unchecked: Initial alarm creation'

export interface AlarmActions {
  /** The ARNs of an alarm's ALARM actions, and how far its metric last was beyond the threshold (0 when it is not fed). */
  actions(name: string): { arns: string[]; breach: number } | undefined
}

export function alarms(cloud: Cloud, metrics: MetricStore): Alarms & AlarmActions & { handlers: CloudWatchHandlers } {
  const kept: Table<AlarmRecord> = cloud.table('cloudwatch/alarms')
  const watchers = new Set<Watcher>()
  const alarmAt = (name: string | undefined): AlarmRecord => {
    const found = kept.get(name ?? '')
    if (!found) throw new AwsError('ResourceNotFound', `Unknown alarm: ${name}`, {}, 404)
    return found
  }
  const byArn = (arn: string | undefined) => {
    const found = [...kept.values()].find((alarm) => alarm.arn === arn)
    if (!found) throw new AwsError('ResourceNotFoundException', `Unknown alarm: ${arn}`, {}, 404)
    return found
  }
  const enable = (names: string[] | undefined, actionsEnabled: boolean) => {
    for (const name of names ?? []) {
      const alarm = kept.get(name)
      if (alarm) kept.set(name, { ...alarm, actionsEnabled })
    }
  }

  return {
    state: (name) => kept.get(name)?.state as ReturnType<Alarms['state']>,
    watch(changed) {
      watchers.add(changed)
      return () => void watchers.delete(changed)
    },
    actions(name) {
      const alarm = kept.get(name)
      return alarm && { arns: alarm.settings.AlarmActions ?? [], breach: breachOf(alarm, metrics, cloud.clock.now()) }
    },
    handlers: {
      PutMetricAlarm(input) {
        const name = input.AlarmName ?? ''
        mustBeAlarm(input)
        const before = kept.get(name)
        const now = new Date(cloud.clock.now())
        kept.set(name, {
          name,
          arn: `arn:aws:cloudwatch:${cloud.region}:${cloud.account}:alarm:${name}`,
          settings: input,
          actionsEnabled: input.ActionsEnabled ?? true,
          state: before?.state ?? 'INSUFFICIENT_DATA',
          reason: before?.reason ?? UNCHECKED,
          reasonData: before?.reasonData,
          configuredAt: now,
          stateUpdatedAt: before?.stateUpdatedAt ?? now,
          tags: before?.tags ?? Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
        })
        return {}
      },
      DescribeAlarms(input) {
        const metric = !input.AlarmTypes?.length || input.AlarmTypes.includes('MetricAlarm')
        const asked = metric ? [...kept.values()].filter((alarm) => isAsked(alarm, input)) : []
        const size = input.MaxRecords ?? (input.AlarmNames?.length ? PAGE_MAX : PAGE_DEFAULT)
        const { items, nextToken } = page(
          sortedBy(asked, (alarm) => alarm.name),
          (alarm) => alarm.name,
          { token: input.NextToken, size, invalid: invalidToken },
        )
        return { MetricAlarms: items.map(alarmShape), CompositeAlarms: [], NextToken: nextToken }
      },
      SetAlarmState(input) {
        const alarm = alarmAt(input.AlarmName)
        const state = input.StateValue ?? ''
        if (!isState(state)) {
          throw new AwsError('InvalidParameterValue', `The value ${state} for parameter StateValue is invalid.`, {}, 400)
        }
        if (input.StateReasonData !== undefined && !isJson(input.StateReasonData)) {
          throw new AwsError('InvalidFormatFault', 'StateReasonData is not valid JSON', {}, 400)
        }
        const reason = input.StateReason ?? ''
        const next = { ...alarm, state, reason, reasonData: input.StateReasonData, stateUpdatedAt: new Date(cloud.clock.now()) }
        kept.set(alarm.name, next)
        if (state === alarm.state) return {}
        for (const watcher of watchers) watcher(alarm.name, state)
        cloud.bus.put(stateChange(alarm, next))
        return {}
      },
      DeleteAlarms(input) {
        for (const name of input.AlarmNames ?? []) alarmAt(name)
        for (const name of input.AlarmNames ?? []) kept.delete(name)
        return {}
      },
      EnableAlarmActions(input) {
        enable(input.AlarmNames, true)
        return {}
      },
      DisableAlarmActions(input) {
        enable(input.AlarmNames, false)
        return {}
      },
      TagResource(input) {
        const alarm = byArn(input.ResourceARN)
        const given = Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
        kept.set(alarm.name, { ...alarm, tags: { ...alarm.tags, ...given } })
        return {}
      },
      UntagResource(input) {
        const alarm = byArn(input.ResourceARN)
        const rest = Object.entries(alarm.tags).filter(([key]) => !input.TagKeys?.includes(key))
        kept.set(alarm.name, { ...alarm, tags: Object.fromEntries(rest) })
        return {}
      },
      ListTagsForResource(input) {
        return { Tags: Object.entries(byArn(input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })) }
      },
    },
  }
}

function breachOf({ settings }: AlarmRecord, metrics: MetricStore, now: number): number {
  const { Namespace = '', MetricName = '', Dimensions = [], Period = 60, Statistic = 'Average', Threshold } = settings
  const dimensions = Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value]))
  const of = metrics.find(Namespace, MetricName, dimensions)?.statistics(now - Period * 1000, now + 1)
  return of && Threshold !== undefined ? statisticOf(of, Statistic) - Threshold : 0
}

function statisticOf(of: MetricStatistics, name: string): number {
  if (name === 'Sum') return of.sum
  if (name === 'Minimum') return of.minimum
  if (name === 'Maximum') return of.maximum
  return name === 'SampleCount' ? of.count : of.sum / of.count
}

function mustBeAlarm(input: PutMetricAlarmCommandInput): void {
  const name = input.AlarmName ?? ''
  if (name.length === 0 || name.length > NAME_LENGTH_MAX) {
    throw new AwsError('ValidationError', `AlarmName must be between 1 and ${NAME_LENGTH_MAX} characters long`, {}, 400)
  }
  if ((input.EvaluationPeriods ?? 0) < 1) throw new AwsError('ValidationError', 'EvaluationPeriods must be at least 1', {}, 400)
  if (input.MetricName === undefined && !input.Metrics?.length) {
    throw new AwsError('ValidationError', 'Either MetricName or Metrics must be specified', {}, 400)
  }
}

const isState = (value: string): value is 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' => STATES.includes(value)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export function invalidToken(): never {
  throw new AwsError('InvalidNextToken', 'The next token specified is invalid.', {}, 400)
}

interface Asked {
  AlarmNames?: string[] | undefined
  AlarmNamePrefix?: string | undefined
  StateValue?: string | undefined
  ActionPrefix?: string | undefined
}

function isAsked(alarm: AlarmRecord, input: Asked): boolean {
  if (input.AlarmNames?.length && !input.AlarmNames.includes(alarm.name)) return false
  if (input.AlarmNamePrefix !== undefined && !alarm.name.startsWith(input.AlarmNamePrefix)) return false
  if (input.StateValue !== undefined && alarm.state !== input.StateValue) return false
  const prefix = input.ActionPrefix
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm.settings
  const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions]
  return prefix === undefined || actions.some((action) => action.startsWith(prefix))
}

function alarmShape(alarm: AlarmRecord): MetricAlarm {
  const { Tags: _, ...settings } = alarm.settings
  return {
    ...settings,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
    Dimensions: settings.Dimensions ?? [],
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateReasonData: alarm.reasonData,
    StateUpdatedTimestamp: alarm.stateUpdatedAt,
    StateTransitionedTimestamp: alarm.stateUpdatedAt,
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
function stateChange(before: AlarmRecord, after: AlarmRecord) {
  const state = (alarm: AlarmRecord) => ({
    value: alarm.state,
    reason: alarm.reason,
    reasonData: alarm.reasonData,
    timestamp: alarm.stateUpdatedAt.toISOString().replace('Z', '+0000'),
  })
  const { Namespace, MetricName, Dimensions = [], Period, Statistic } = after.settings
  const dimensions = Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value]))
  const metric = { namespace: Namespace, name: MetricName, dimensions }
  const metrics = [{ id: 'm1', metricStat: { metric, period: Period, stat: Statistic }, returnData: true }]
  return {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    resources: [after.arn],
    detail: () => ({
      alarmName: after.name,
      state: state(after),
      previousState: state(before),
      configuration: {
        description: after.settings.AlarmDescription,
        metrics: MetricName === undefined ? after.settings.Metrics : metrics,
      },
    }),
  }
}
