import type { Cloud } from '../../../aws/identity.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { Account } from '../definition.ts'
import type { StoredError } from '../deployment.ts'
import type { Cause } from '../explain/cause.ts'
import type { OneOffPlan, ServicePlan } from '../plan.ts'

/** Each is stored before the side effects of the step that it names or that follows it. */
export const runStates = ['planned', 'approved', 'running', 'done'] as const
export type RunState = (typeof runStates)[number]

/** One run of a task to its end. Times in epoch milliseconds. */
export interface TaskRun {
  id: string
  product: string
  environment: string
  /** Its name in the manifest, or that of a schedule. */
  task: string
  schedule: boolean
  state: RunState
  verdict: Verdict | undefined
  epoch: number
  releaseId: string
  plan: RunPlan
  definition: string | undefined
  registeringAt: number | undefined
  startingAt: number | undefined
  startedAt: number | undefined
  /** In the order in which ECS named them. */
  tasks: RunTask[]
  exitCode: number | undefined
  /** Who asked to stop it first. */
  cancel: { at: number; by: string } | undefined
  /** What kept it from running, or from being seen. */
  error: StoredError | undefined
  /** Why it did not end well, the main cause first. */
  causes: Cause[] | undefined
  reason: string | undefined
  options: { breakGlass: boolean; agreedBy?: string }
  /** The account that it is for: whoever goes on with it needs credentials of the same. */
  cloud?: Cloud
  createdAt: number
  createdBy: string
  face: string
  endedAt: number | undefined
}

export interface RunPlan extends Account {
  oneOff: OneOffPlan
  count: number
  commit: string
  /** The service whose definition and settings it borrows. */
  service: ServicePlan
  approvals: number
  fingerprint: string
}

export interface RunTask {
  taskArn: string
  status: string
  exitCode?: number
  stopCode?: string
  /** ECS's words on how it stopped. */
  stoppedReason?: string
  startedAt?: number
  stoppedAt?: number
}

export const runSubject = ({ id }: Pick<TaskRun, 'id'>): string => `task-run/${id}`
