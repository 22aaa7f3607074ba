import type { CreateScheduleInput } from '@aws-sdk/client-scheduler'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'

export type SchedulerHandlers = Handlers<typeof import('@aws-sdk/client-scheduler')>

export interface ScheduleRecord {
  name: string
  group: string
  arn: string
  settings: CreateScheduleInput
  token: string | undefined
  createdAt: Date
  modifiedAt: Date
  /** Where a rate without a start begins, by the calendar of schedules. */
  anchor: number
}

export interface GroupRecord {
  name: string
  arn: string
  token: string | undefined
  createdAt: Date
  tags: Record<string, string>
}

export interface ScheduleRecords {
  schedules: Table<ScheduleRecord>
  groups: Table<GroupRecord>
}

export const DEFAULT_GROUP = 'default'

export const scheduleRecords = (cloud: Cloud): ScheduleRecords => {
  const kept: ScheduleRecords = { schedules: cloud.table('scheduler/schedules'), groups: cloud.table('scheduler/groups') }
  if (!kept.groups.has(DEFAULT_GROUP)) {
    const createdAt = new Date(cloud.clock.now())
    kept.groups.set(DEFAULT_GROUP, {
      name: DEFAULT_GROUP,
      arn: groupArn(cloud, DEFAULT_GROUP),
      token: undefined,
      createdAt,
      tags: {},
    })
  }
  return kept
}

export const groupArn = (cloud: Cloud, name: string): string =>
  `arn:aws:scheduler:${cloud.region}:${cloud.account}:schedule-group/${name}`

export const scheduleKey = (group: string, name: string): string => `${group}/${name}`

export const invalid = (message: string) => new AwsError('ValidationException', message)
export const conflict = (message: string) => new AwsError('ConflictException', message)

export function scheduleAt(kept: ScheduleRecords, group: string | undefined, name: string | undefined): ScheduleRecord {
  const found = kept.schedules.get(scheduleKey(group ?? DEFAULT_GROUP, name ?? ''))
  if (!found) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`)
  return found
}

export function groupAt(kept: ScheduleRecords, name: string | undefined): GroupRecord {
  const found = kept.groups.get(name ?? DEFAULT_GROUP)
  if (!found) throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`)
  return found
}
