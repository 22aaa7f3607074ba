// Schedules and their groups, as the API makes and changes them.
import type { CreateScheduleInput, GetScheduleOutput, ScheduleSummary } from '@aws-sdk/client-scheduler'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { mustBeName, mustBeSchedule } from './check.ts'
import type { Planner } from './planner.ts'
import {
  conflict,
  DEFAULT_GROUP,
  type GroupRecord,
  groupArn,
  groupAt,
  invalid,
  type ScheduleRecord,
  type ScheduleRecords,
  type SchedulerHandlers,
  scheduleAt,
  scheduleKey,
} from './records.ts'

const PAGE_MAX = 100

export function schedulerOperations(cloud: Cloud, kept: ScheduleRecords, planner: Planner): SchedulerHandlers {
  const keep = (schedule: ScheduleRecord) => {
    kept.schedules.set(scheduleKey(schedule.group, schedule.name), schedule)
    planner.changed(schedule)
    return { ScheduleArn: schedule.arn }
  }
  const remove = (schedule: ScheduleRecord) => {
    kept.schedules.delete(scheduleKey(schedule.group, schedule.name))
    planner.removed(schedule)
  }
  const taggable = (arn: string | undefined): GroupRecord => {
    const found = [...kept.groups.values()].find((group) => group.arn === arn)
    if (!found) throw new AwsError('ResourceNotFoundException', `Schedule group ${arn?.split('/').at(-1)} does not exist.`)
    return found
  }

  return {
    CreateSchedule(input) {
      const group = groupAt(kept, input.GroupName).name
      const name = input.Name ?? ''
      const before = kept.schedules.get(scheduleKey(group, name))
      if (before && input.ClientToken !== undefined && before.token === input.ClientToken) return { ScheduleArn: before.arn }
      if (before) throw conflict(`Schedule ${name} already exists.`)
      mustBeSchedule(cloud, input)
      const now = new Date(cloud.clock.now())
      const arn = `arn:aws:scheduler:${cloud.region}:${cloud.account}:schedule/${group}/${name}`
      const settings = settingsOf(input)
      return keep({
        name,
        group,
        arn,
        settings,
        token: input.ClientToken,
        createdAt: now,
        modifiedAt: now,
        anchor: planner.now(),
      })
    },
    UpdateSchedule(input) {
      const before = scheduleAt(kept, input.GroupName, input.Name)
      mustBeSchedule(cloud, input)
      const modifiedAt = new Date(cloud.clock.now())
      return keep({ ...before, settings: settingsOf(input), modifiedAt })
    },
    GetSchedule: (input) => scheduleShape(scheduleAt(kept, input.GroupName, input.Name)),
    DeleteSchedule(input) {
      remove(scheduleAt(kept, input.GroupName, input.Name))
      return {}
    },
    ListSchedules(input) {
      if (input.GroupName !== undefined) groupAt(kept, input.GroupName)
      const asked = [...kept.schedules.values()].filter((schedule) => {
        if (input.GroupName !== undefined && schedule.group !== input.GroupName) return false
        if (input.State !== undefined && (schedule.settings.State ?? 'ENABLED') !== input.State) return false
        return schedule.name.startsWith(input.NamePrefix ?? '')
      })
      const { items, NextToken } = cut(asked, (schedule) => scheduleKey(schedule.group, schedule.name), input)
      return { Schedules: items.map(summary), NextToken }
    },
    CreateScheduleGroup(input) {
      const name = input.Name ?? ''
      mustBeName(name)
      const before = kept.groups.get(name)
      if (before && input.ClientToken !== undefined && before.token === input.ClientToken) return { ScheduleGroupArn: before.arn }
      if (before) throw conflict(`Schedule group ${name} already exists.`)
      const group: GroupRecord = {
        name,
        arn: groupArn(cloud, name),
        token: input.ClientToken,
        createdAt: new Date(cloud.clock.now()),
        tags: tagMap(input.Tags),
      }
      kept.groups.set(name, group)
      return { ScheduleGroupArn: group.arn }
    },
    GetScheduleGroup: (input) => groupShape(groupAt(kept, input.Name)),
    DeleteScheduleGroup(input) {
      const group = groupAt(kept, input.Name)
      if (group.name === DEFAULT_GROUP) throw invalid('The default schedule group cannot be deleted.')
      for (const schedule of [...kept.schedules.values()]) if (schedule.group === group.name) remove(schedule)
      kept.groups.delete(group.name)
      return {}
    },
    ListScheduleGroups(input) {
      const asked = [...kept.groups.values()].filter((group) => group.name.startsWith(input.NamePrefix ?? ''))
      const { items, NextToken } = cut(asked, (group) => group.name, input)
      return { ScheduleGroups: items.map(groupShape), NextToken }
    },
    TagResource(input) {
      const group = taggable(input.ResourceArn)
      kept.groups.set(group.name, { ...group, tags: { ...group.tags, ...tagMap(input.Tags) } })
      return {}
    },
    UntagResource(input) {
      const group = taggable(input.ResourceArn)
      const rest = Object.entries(group.tags).filter(([key]) => !input.TagKeys?.includes(key))
      kept.groups.set(group.name, { ...group, tags: Object.fromEntries(rest) })
      return {}
    },
    ListTagsForResource(input) {
      return { Tags: Object.entries(taggable(input.ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })) }
    },
  }
}

/** The most that RetryPolicy allows: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html */
const DEFAULT_RETRY_POLICY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 }

function settingsOf(input: CreateScheduleInput): CreateScheduleInput {
  const { ClientToken: _, ...settings } = input
  return settings
}

function scheduleShape({ settings, ...schedule }: ScheduleRecord): GetScheduleOutput {
  const { Target: target } = settings
  return {
    ScheduleExpressionTimezone: 'UTC',
    State: 'ENABLED',
    ActionAfterCompletion: 'NONE',
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    Target: target && { ...target, RetryPolicy: { ...DEFAULT_RETRY_POLICY, ...target.RetryPolicy } },
    Name: schedule.name,
    GroupName: schedule.group,
    Arn: schedule.arn,
    CreationDate: schedule.createdAt,
    LastModificationDate: schedule.modifiedAt,
  }
}

const summary = ({ settings, ...schedule }: ScheduleRecord): ScheduleSummary => ({
  Arn: schedule.arn,
  Name: schedule.name,
  GroupName: schedule.group,
  State: settings.State ?? 'ENABLED',
  CreationDate: schedule.createdAt,
  LastModificationDate: schedule.modifiedAt,
  Target: { Arn: settings.Target?.Arn },
})

const groupShape = (group: GroupRecord) => ({
  Arn: group.arn,
  Name: group.name,
  State: 'ACTIVE' as const,
  CreationDate: group.createdAt,
  LastModificationDate: group.createdAt,
})

const tagMap = (tags: { Key?: string | undefined; Value?: string | undefined }[] | undefined) =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))

function cut<T>(
  items: T[],
  keyOf: (item: T) => string,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
) {
  const { items: shown, nextToken } = page(sortedBy(items, keyOf), keyOf, {
    token: input.NextToken,
    size: Math.min(input.MaxResults ?? PAGE_MAX, PAGE_MAX),
    invalid: () => {
      throw invalid('Invalid NextToken.')
    },
  })
  return { items: shown, NextToken: nextToken }
}
