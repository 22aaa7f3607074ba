// What the operations of tasks answer. Times are epoch milliseconds.
import { z } from 'zod'
import { CauseShape, Problem, Text, Verdict } from '../shapes.ts'
import { runStates } from './task-run.ts'

export const TaskRunShape = z.object({
  id: z.string(),
  product: z.string(),
  environment: z.string(),
  task: z.string(),
  /** Of a schedule that was run by hand. */
  schedule: z.boolean(),
  state: z.enum(runStates),
  verdict: Verdict.optional(),
  /** Of the service's own container; the first that is not 0 where there are several tasks. */
  exitCode: z.number().optional(),
  service: z.string(),
  /** Whose program it is: the service's own. */
  container: z.string(),
  commit: z.string(),
  releaseId: z.string(),
  definition: z.string().optional(),
  command: z.array(z.string()).optional(),
  count: z.number(),
  timeoutSeconds: z.number(),
  tasks: z.array(
    z.object({
      taskArn: z.string(),
      status: z.string(),
      exitCode: z.number().optional(),
      stopCode: z.string().optional(),
      stoppedReason: z.string().optional(),
      startedAt: z.number().optional(),
      stoppedAt: z.number().optional(),
    }),
  ),
  reason: z.string().optional(),
  cancel: z.object({ at: z.number(), by: z.string() }).optional(),
  error: Problem.optional(),
  causes: z.array(CauseShape).optional(),
  createdAt: z.number(),
  createdBy: z.string(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
})
export type TaskRunShape = z.infer<typeof TaskRunShape>

/** How a run stands, and what its programs wrote since the item before. */
export const TaskRunItem = z.object({
  run: TaskRunShape,
  lines: z.array(
    z.object({
      at: z.number(),
      /** Id of the ECS task. */
      task: z.string(),
      container: z.string(),
      message: z.string(),
    }),
  ),
  /** Lines told so far of each log stream; an item with the next ones begins after them. */
  seen: z.array(z.number()),
  /** Why there are no lines. */
  unread: Text.optional(),
})
export type TaskRunItem = z.infer<typeof TaskRunItem>

export const TaskRow = z.object({
  task: z.string(),
  service: z.string(),
  command: z.array(z.string()).optional(),
  description: z.string().optional(),
  timeoutSeconds: z.number(),
  last: TaskRunShape.optional(),
})
export type TaskRow = z.infer<typeof TaskRow>

export const TaskList = z.object({ environment: z.string(), tasks: z.array(TaskRow) })
export type TaskList = z.infer<typeof TaskList>
