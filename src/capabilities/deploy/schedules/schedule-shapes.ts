// What the operations of schedules answer. Times are epoch milliseconds.
import { z } from 'zod'
import { runVerdicts } from './schedule-store.ts'

export const ScheduleRunShape = z.object({
  schedule: z.string(),
  /** The time for which it was started; left out where the task does not say it. */
  dueAt: z.number().optional(),
  /** Empty for a time at which nothing was started. */
  taskArn: z.string(),
  verdict: z.enum(runVerdicts),
  exitCode: z.number().optional(),
  stoppedReason: z.string().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
})
export type ScheduleRunShape = z.infer<typeof ScheduleRunShape>

export const ScheduleRow = z.object({
  schedule: z.string(),
  service: z.string(),
  expression: z.string(),
  timezone: z.string(),
  /** `off`: the manifest says so. `missing`: somebody took it away. */
  state: z.enum(['on', 'paused', 'off', 'missing']),
  /** Left out while it starts nothing. */
  next: z.number().optional(),
  last: ScheduleRunShape.optional(),
  definition: z.string(),
  command: z.array(z.string()).optional(),
  description: z.string().optional(),
})
export type ScheduleRow = z.infer<typeof ScheduleRow>

export const ScheduleList = z.object({ environment: z.string(), schedules: z.array(ScheduleRow) })
export type ScheduleList = z.infer<typeof ScheduleList>
