// What a deployment does to the schedules of its services, from what is declared and what stands in EventBridge; pure.
import type { AwsVpcConfiguration } from '../../../aws/ecs-shapes.ts'
import type { RuleTarget } from '../../../aws/event-rules.ts'
import type { LiveSchedule, ScheduleRequest } from '../../../aws/scheduler.ts'
import { schedulerCron } from '../../../manifest/cron.ts'
import type { EnvironmentManifest, ScheduleManifest } from '../../../manifest/environment.ts'
import { type Account, partitionOf, roleArn } from '../definition.ts'
import { compared, type Difference } from '../differences.ts'
import { overridesOf } from '../one-off.ts'
import type { OneOffPlan, ServicePlan } from '../plan.ts'
import { sameJson } from '../same-json.ts'

/** What of a schedule is the manifest's; all else of it stays as others set it. */
export interface ScheduleSettings {
  expression: string
  timezone: string
  enabled: boolean
  description: string | undefined
  cluster: string
  role: string
  count: number
  launchType: 'FARGATE' | 'EC2'
  network: OneOffPlan['network']
  /** The task's overrides, as JSON. */
  input: string
  attempts: number | undefined
  withinSeconds: number | undefined
  deadLetter: string | undefined
}

export interface SchedulePlan {
  schedule: string
  /** Whose definition it runs; undefined for one that leaves with its service. */
  service: string | undefined
  group: string
  action: 'create' | 'update' | 'unchanged' | 'delete'
  /** Undefined when it is deleted. */
  settings: ScheduleSettings | undefined
  /** What EventBridge had, for all that is not the manifest's. */
  live: LiveSchedule | undefined
  /** Somebody paused it by hand, and it stays so. */
  paused: boolean
  timeoutSeconds: number
  differences: Difference[]
}

/** The family of a definition's ARN, with a revision or without. */
export const familyOf = (definition: string): string | undefined => /([^/]+?)(?::\d+)?$/.exec(definition)?.[1]

/** A rule of EventBridge's that runs an older definition of a service's family. */
export interface RulePlan {
  rule: string
  /** Of the target. */
  id: string
  service: string
  from: string
}

/** What kiban did last to a schedule. */
export interface Applied {
  settings: ScheduleSettings
  service: string
}

export interface SchedulesSeen {
  live: Record<string, LiveSchedule>
  rules: RuleTarget[]
  /** What this database knows of, by name. */
  applied: Record<string, Applied>
}

/** Told to every task that a schedule starts: which one, and for which of its times. */
export const SCHEDULE_VARIABLE = 'KIBAN_SCHEDULE'
export const DUE_VARIABLE = 'KIBAN_SCHEDULED_TIME'
/** Told where a run must not begin while the one before still runs; the task itself brings the wish to whoever looks. */
export const OVERLAP_VARIABLE = 'KIBAN_SCHEDULE_OVERLAP'
/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const DUE_ATTRIBUTE = '<aws.scheduler.scheduled-time>'

export interface SchedulesInput extends Account {
  manifest: EnvironmentManifest
  /** The services of the deployment, and those whose definition is only lent. */
  services: readonly ServicePlan[]
  seen: SchedulesSeen
  /** These alone, and none goes. */
  named?: readonly string[]
  /** How one of these runs, with what its service has. */
  oneOffOf: (schedule: ScheduleManifest) => OneOffPlan
}

/** Schedules of other services than these are left alone. */
export function schedulePlans(input: SchedulesInput): SchedulePlan[] {
  const { manifest, services, seen, named } = input
  const wanted = Object.values(manifest.schedules).filter(({ name }) => named?.includes(name) ?? true)
  const planned = wanted.flatMap((schedule) => {
    const service = services.find((one) => one.service === schedule.service)
    return service ? [planOf(input, schedule, service)] : []
  })
  const gone = Object.keys(named ? {} : seen.applied).filter(
    (name) =>
      !manifest.schedules[name] && seen.live[name] && services.some(({ service }) => isOf(seen.applied[name], service, manifest)),
  )
  return [...planned, ...gone.map((name) => leaving(manifest, name, seen.live[name]))].sort((a, b) =>
    a.schedule < b.schedule ? -1 : 1,
  )
}

/** A schedule goes with the deployment of its service, or with any once that service is gone. */
const isOf = (applied: Applied | undefined, service: string, manifest: EnvironmentManifest): boolean =>
  applied !== undefined && (applied.service === service || !manifest.services[applied.service])

const leaving = ({ names }: EnvironmentManifest, schedule: string, live: LiveSchedule | undefined): SchedulePlan => ({
  schedule,
  service: undefined,
  group: names.schedules,
  action: 'delete',
  settings: undefined,
  live,
  paused: false,
  timeoutSeconds: 0,
  differences: [],
})

function planOf(input: SchedulesInput, schedule: ScheduleManifest, service: ServicePlan): SchedulePlan {
  const { manifest, seen } = input
  const live = seen.live[schedule.name]
  const applied = seen.applied[schedule.name]?.settings
  const paused = schedule.enabled && live?.State === 'DISABLED' && applied?.enabled !== false
  const settings = declared(input, schedule, paused)
  const standing = live && settingsOf(live, settings)
  const differences = compared({ declared: flat(settings), deployed: applied && flat(applied), live: standing && flat(standing) })
  const rolls = service.action !== 'unchanged'
  const runs = live?.Target?.EcsParameters?.TaskDefinitionArn
  const stale = live !== undefined && (rolls || runs !== service.previous)
  // That it runs what its service will run goes without saying.
  const definition: Difference[] =
    stale && !rolls ? [{ path: 'definition', declared: service.previous, live: runs, by: 'outside' }] : []
  return {
    schedule: schedule.name,
    service: schedule.service,
    group: manifest.names.schedules,
    action: live ? (stale || !sameJson(settings, standing) ? 'update' : 'unchanged') : 'create',
    settings,
    live,
    paused,
    timeoutSeconds: schedule.timeout,
    differences: [...differences, ...definition],
  }
}

function declared(input: SchedulesInput, schedule: ScheduleManifest, paused: boolean): ScheduleSettings {
  const { account, region } = input
  const oneOff = input.oneOffOf(schedule)
  const env = {
    ...oneOff.env,
    [SCHEDULE_VARIABLE]: schedule.name,
    [DUE_VARIABLE]: DUE_ATTRIBUTE,
    ...(schedule.overlap === 'skip' ? { [OVERLAP_VARIABLE]: 'skip' } : {}),
  }
  return {
    expression: 'cron' in schedule.when ? schedulerCron(schedule.when.cron) : `rate(${schedule.when.rate})`,
    timezone: schedule.timezone,
    enabled: schedule.enabled && !paused,
    description: schedule.description,
    cluster: clusterArn(oneOff.cluster, { account, region }),
    role: roleArn(schedule.role, account, region),
    count: schedule.count,
    launchType: oneOff.launchType,
    network: networkOf(oneOff.network?.awsvpcConfiguration),
    input: JSON.stringify(overridesOf({ ...oneOff, env })),
    attempts: schedule.retry?.attempts,
    withinSeconds: schedule.retry?.withinSeconds,
    deadLetter: schedule.deadLetter && queueArn(schedule.deadLetter, { account, region }),
  }
}

/** EventBridge takes no empty list of groups, of which ECS tells. */
function networkOf(vpc: AwsVpcConfiguration | undefined): OneOffPlan['network'] {
  if (!vpc) return undefined
  const { subnets, securityGroups = [], assignPublicIp } = vpc
  return {
    awsvpcConfiguration: {
      subnets,
      ...(securityGroups.length > 0 ? { securityGroups } : {}),
      ...(assignPublicIp ? { assignPublicIp } : {}),
    },
  }
}

export const clusterArn = (nameOrArn: string, { account, region }: Account): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : `arn:${partitionOf(region)}:ecs:${region}:${account}:cluster/${nameOrArn}`

const queueArn = (nameOrArn: string, { account, region }: Account): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : `arn:${partitionOf(region)}:sqs:${region}:${account}:${nameOrArn}`

/** What EventBridge takes for these where nothing is said. */
const USUAL = { attempts: 185, withinSeconds: 86_400 }

/** What stands, in the words of the manifest. What the manifest says nothing of is not compared. */
export function settingsOf(live: LiveSchedule, wanted?: ScheduleSettings): ScheduleSettings {
  const { Target: target } = live
  const vpc = target?.EcsParameters?.NetworkConfiguration?.awsvpcConfiguration
  const retry = target?.RetryPolicy
  return {
    expression: live.ScheduleExpression ?? '',
    timezone: live.ScheduleExpressionTimezone ?? 'UTC',
    enabled: live.State !== 'DISABLED',
    description: live.Description,
    cluster: target?.Arn ?? '',
    role: target?.RoleArn ?? '',
    count: target?.EcsParameters?.TaskCount ?? 1,
    launchType: target?.EcsParameters?.LaunchType === 'EC2' ? 'EC2' : 'FARGATE',
    network: networkOf(vpc && { subnets: vpc.Subnets, securityGroups: vpc.SecurityGroups, assignPublicIp: vpc.AssignPublicIp }),
    input: sameInput(target?.Input, wanted?.input) ? (wanted?.input ?? '') : (target?.Input ?? ''),
    attempts: wanted && wanted.attempts === undefined ? undefined : (retry?.MaximumRetryAttempts ?? USUAL.attempts),
    withinSeconds:
      wanted && wanted.withinSeconds === undefined ? undefined : (retry?.MaximumEventAgeInSeconds ?? USUAL.withinSeconds),
    deadLetter: wanted && wanted.deadLetter === undefined ? undefined : target?.DeadLetterConfig?.Arn,
  }
}

function sameInput(a: string | undefined, b: string | undefined): boolean {
  try {
    return sameJson(JSON.parse(a ?? ''), JSON.parse(b ?? ''))
  } catch {
    return a === b
  }
}

function flat({ input, network, ...settings }: ScheduleSettings): Map<string, string> {
  const found = new Map<string, string>()
  const put = (path: string, value: unknown) => {
    if (value !== undefined) found.set(path, typeof value === 'string' ? value : JSON.stringify(value))
  }
  for (const [name, value] of Object.entries(settings)) put(name, value)
  const vpc = network?.awsvpcConfiguration
  put('subnets', vpc?.subnets)
  put('securityGroups', vpc?.securityGroups)
  try {
    const { containerOverrides: [own] = [], ...size } = JSON.parse(input) as ReturnType<typeof overridesOf>
    put('command', own?.command)
    for (const { name, value } of own?.environment ?? [])
      if (name !== SCHEDULE_VARIABLE && name !== DUE_VARIABLE) put(`environment.${name}`, value)
    for (const [name, value] of Object.entries(size)) put(name, value)
  } catch {
    put('input', input)
  }
  return found
}

/** The whole schedule as it is to be: the manifest's part of it over what stands. */
export function requestOf({ schedule, group, settings, live }: SchedulePlan, definition: string): ScheduleRequest {
  if (!settings) throw new Error(`${schedule} has no settings`)
  const { FlexibleTimeWindow, StartDate, EndDate, KmsKeyArn, ActionAfterCompletion, Target } = live ?? {}
  const vpc = settings.network?.awsvpcConfiguration
  const { attempts, withinSeconds, deadLetter } = settings
  return {
    Name: schedule,
    GroupName: group,
    ScheduleExpression: settings.expression,
    ScheduleExpressionTimezone: settings.timezone,
    State: settings.enabled ? 'ENABLED' : 'DISABLED',
    Description: settings.description,
    FlexibleTimeWindow: FlexibleTimeWindow ?? { Mode: 'OFF' },
    ...dated(StartDate, EndDate),
    KmsKeyArn,
    ActionAfterCompletion,
    Target: {
      ...Target,
      Arn: settings.cluster,
      RoleArn: settings.role,
      Input: settings.input,
      EcsParameters: {
        PropagateTags: 'TASK_DEFINITION',
        EnableECSManagedTags: true,
        ...Target?.EcsParameters,
        TaskDefinitionArn: definition,
        TaskCount: settings.count,
        ...(Target?.EcsParameters?.CapacityProviderStrategy ? {} : { LaunchType: settings.launchType }),
        NetworkConfiguration: vpc && {
          awsvpcConfiguration: { Subnets: vpc.subnets, SecurityGroups: vpc.securityGroups, AssignPublicIp: vpc.assignPublicIp },
        },
      },
      RetryPolicy: {
        ...Target?.RetryPolicy,
        ...(attempts === undefined ? {} : { MaximumRetryAttempts: attempts }),
        ...(withinSeconds === undefined ? {} : { MaximumEventAgeInSeconds: withinSeconds }),
      },
      ...(deadLetter === undefined ? {} : { DeadLetterConfig: { Arn: deadLetter } }),
    },
  }
}

/** A plan that was stored has its dates as text. */
const dated = (start: Date | string | undefined, end: Date | string | undefined) => ({
  ...(start ? { StartDate: new Date(start) } : {}),
  ...(end ? { EndDate: new Date(end) } : {}),
})

/** Rules that name a revision of a family that gets a new one; what names the family alone takes the newest by itself. */
export function rulePlans(services: readonly ServicePlan[], { rules }: SchedulesSeen): RulePlan[] {
  return rules.flatMap(({ rule, target }) => {
    const from = target.EcsParameters?.TaskDefinitionArn ?? ''
    const [, family, revision] = /([^/]+?)(?::(\d+))?$/.exec(from) ?? []
    const service = services.find(
      ({ definition, action, previous }) => definition.family === family && (action !== 'unchanged' || previous !== from),
    )
    return service && revision !== undefined && target.Id !== undefined
      ? [{ rule, id: target.Id, service: service.service, from }]
      : []
  })
}
