// Fires schedules when they are due.
import { randomUUID } from 'node:crypto'
import { dueAfter, parsedExpression } from '../../core/schedule/expression.ts'
import type { Cloud } from '../cloud.ts'
import { attempt } from '../events/attempts.ts'
import { kindOf } from '../events/target.ts'
import { Timetable } from '../schedule/timetable.ts'
import { type ScheduleRecord, type ScheduleRecords, scheduleKey } from './records.ts'

const MINUTE_MS = 60_000

export class Planner {
  readonly #cloud: Cloud
  readonly #kept: ScheduleRecords
  readonly #timetable: Timetable

  constructor(cloud: Cloud, kept: ScheduleRecords) {
    this.#cloud = cloud
    this.#kept = kept
    this.#timetable = new Timetable(cloud.clock)
    cloud.onClose(() => this.#timetable.close())
    // Times that passed while the sandbox was not there are not made up for.
    for (const schedule of kept.schedules.values()) this.#plan(schedule, this.now())
  }

  now(): number {
    return this.#timetable.now()
  }

  /** To be called when a schedule was made or changed; a rate that begins now is due now. */
  changed(schedule: ScheduleRecord): void {
    this.#timetable.delete(scheduleKey(schedule.group, schedule.name))
    const isRate = schedule.settings.ScheduleExpression?.startsWith('rate(')
    this.#plan(schedule, isRate ? this.now() - 1 : this.now())
  }

  removed(schedule: ScheduleRecord): void {
    this.#timetable.delete(scheduleKey(schedule.group, schedule.name))
  }

  /** Whether there is a further time after `after`. */
  #plan(schedule: ScheduleRecord, after: number): boolean {
    const { settings } = schedule
    if (settings.State === 'DISABLED') return true
    const due = this.#dueAfter(schedule, after)
    if (due === undefined) return false
    const window = settings.FlexibleTimeWindow
    const span = window?.Mode === 'FLEXIBLE' ? (window.MaximumWindowInMinutes ?? 0) * MINUTE_MS : 0
    const at = due + Math.floor(Math.random() * span)
    this.#timetable.set(scheduleKey(schedule.group, schedule.name), at, () => this.#fire(schedule, due))
    return true
  }

  #dueAfter({ settings, anchor }: ScheduleRecord, after: number): number | undefined {
    const expression = parsedExpression(settings.ScheduleExpression ?? '')
    if (!expression) return undefined
    const start = expression.kind === 'at' ? undefined : settings.StartDate?.getTime()
    const end = expression.kind === 'at' ? undefined : settings.EndDate?.getTime()
    const from = start === undefined ? after : Math.max(after, start - 1)
    // A calendar that ran ahead before a restart must not hold a rate back after it.
    const first = start ?? Math.min(anchor, this.now())
    const due = dueAfter(expression, from, settings.ScheduleExpressionTimezone ?? 'UTC', first)
    return due !== undefined && end !== undefined && due > end ? undefined : due
  }

  #fire(schedule: ScheduleRecord, due: number): void {
    const key = scheduleKey(schedule.group, schedule.name)
    const more = this.#plan(schedule, due)
    const { settings, arn } = schedule
    if (!settings.Target) return
    const delivery = {
      target: settings.Target,
      input: inputOf(this.#cloud, schedule, due),
      caller: { principal: 'scheduler.amazonaws.com' as const, startedBy: `chronos-schedule/${schedule.name}` },
      about: { SCHEDULE_ARN: arn },
    }
    void attempt(this.#cloud, delivery).then(() => {
      const isDone = !more && settings.ActionAfterCompletion === 'DELETE' && this.#kept.schedules.get(key) === schedule
      if (isDone) this.#kept.schedules.delete(key)
    })
  }
}

/** The input with Scheduler's context attributes filled in: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function inputOf(cloud: Cloud, schedule: ScheduleRecord, due: number): string {
  const time = `${new Date(due).toISOString().slice(0, 19)}Z`
  const values: Record<string, string> = {
    'schedule-arn': schedule.arn,
    'scheduled-time': time,
    'execution-id': randomUUID(),
    'attempt-number': '1',
  }
  const target = schedule.settings.Target
  const input = target?.Input ?? (kindOf(target?.Arn ?? '') === 'events' ? '{}' : defaultInput(cloud, schedule, time))
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => values[name] ?? whole)
}

function defaultInput(cloud: Cloud, schedule: ScheduleRecord, time: string): string {
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: cloud.account,
    time,
    region: cloud.region,
    resources: [schedule.arn],
    detail: '{}',
  })
}
