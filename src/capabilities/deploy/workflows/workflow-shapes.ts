// What the operations of workflows answer. Times are epoch milliseconds.
import { z } from 'zod'
import { onFailures } from '../../../core/on-failure.ts'
import { roles } from '../../../core/permission.ts'
import { CauseShape, DeploymentItem, EventShape, PlanShape, Problem, Verdict } from '../shapes.ts'
import { TaskRunShape } from '../tasks/run-shapes.ts'
import { partKinds, workflowStates } from './workflow-run.ts'

const ChildShape = z.object({
  kind: z.enum(['deployment', 'task-run']),
  id: z.string(),
  /** The task. */
  name: z.string().optional(),
  verdict: Verdict.optional(),
  causes: z.array(CauseShape).optional(),
})

export const PartShape = z.object({
  kind: z.enum(partKinds),
  product: z.string(),
  environment: z.string(),
  /** Services, tasks or schedules. */
  names: z.array(z.string()),
  approve: z.object({ role: z.enum(roles), count: z.number() }).optional(),
  children: z.array(ChildShape),
  verdict: Verdict.optional(),
  error: Problem.optional(),
  /** What takes it back. */
  returned: z.array(z.object({ services: z.array(z.string()), release: z.string(), child: ChildShape.optional() })).optional(),
})
export type PartShape = z.infer<typeof PartShape>

export const StepShape = z.object({
  name: z.string().optional(),
  parts: z.array(PartShape),
  onFailure: z.enum(onFailures),
  /** Its condition is not met. */
  skipped: z.boolean(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  verdict: Verdict.optional(),
})
export type StepShape = z.infer<typeof StepShape>

const SourceShape = z.object({
  product: z.string(),
  repository: z.string(),
  ref: z.string(),
  commit: z.string(),
  /** By environment, once it is built. */
  releases: z.record(z.string(), z.string()),
})

export const WorkflowRunShape = z.object({
  id: z.string(),
  product: z.string(),
  environment: z.string(),
  workflow: z.string(),
  state: z.enum(workflowStates),
  verdict: Verdict.optional(),
  /** 1, and one more each time that somebody resumes it. */
  attempt: z.number(),
  ref: z.string(),
  commit: z.string().optional(),
  sources: z.array(SourceShape),
  steps: z.array(StepShape),
  reason: z.string().optional(),
  cancel: z.object({ at: z.number(), by: z.string() }).optional(),
  error: Problem.optional(),
  createdAt: z.number(),
  createdBy: z.string(),
  endedAt: z.number().optional(),
})
export type WorkflowRunShape = z.infer<typeof WorkflowRunShape>

export const WorkflowPlanShape = z.object({
  product: z.string(),
  environment: z.string(),
  workflow: z.string(),
  commit: z.string(),
  fingerprint: z.string(),
  steps: z.array(
    StepShape.omit({ parts: true }).extend({
      parts: z.array(
        PartShape.extend({
          /** Of what it deploys; nothing is built for it. */
          plan: PlanShape.optional(),
          /** Of tasks that it runs, in order. */
          commands: z.array(z.array(z.string())).optional(),
          /** Why it cannot be planned. */
          problem: Problem.optional(),
        }),
      ),
    }),
  ),
})
export type WorkflowPlanShape = z.infer<typeof WorkflowPlanShape>

/** How a run stands, what happened to it since the item before, and what it has under way; or only its plan. */
export const WorkflowItem = z.object({
  plan: WorkflowPlanShape.optional(),
  run: WorkflowRunShape.optional(),
  deployments: z.array(DeploymentItem).default([]),
  tasks: z.array(TaskRunShape).default([]),
  events: z.array(EventShape).default([]),
  /** Of the newest event; an item with the next events begins after it. */
  seq: z.number().default(0),
  /** Whether a server goes on with it. */
  served: z.boolean().default(false),
})
export type WorkflowItem = z.infer<typeof WorkflowItem>

export const WorkflowList = z.object({
  product: z.string(),
  commit: z.string(),
  workflows: z.array(z.object({ workflow: z.string(), steps: z.array(StepShape), last: WorkflowRunShape.optional() })),
})
export type WorkflowList = z.infer<typeof WorkflowList>
