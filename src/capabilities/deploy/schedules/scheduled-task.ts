// What a task says of the schedule that started it.
import type { Task } from '../../../aws/ecs-shapes.ts'
import { DUE_VARIABLE } from './schedule-plan.ts'

/** Whether AWS started it. A run by hand has the schedule's name too, and is a run of a task. */
export const isScheduled = ({ startedBy }: Task): boolean => /^(chronos-schedule|events-rule)\//.test(startedBy ?? '')

/** The time for which it was started, in epoch milliseconds; undefined where it does not say. */
export function dueOf(task: Task): number | undefined {
  const all = task.overrides?.containerOverrides?.flatMap(({ environment = [] }) => environment) ?? []
  const due = Date.parse(all.find(({ name }) => name === DUE_VARIABLE)?.value ?? '')
  return Number.isNaN(due) ? undefined : due
}
