import type { Cloud } from '../../../aws/identity.ts'
import type { Actor } from '../../../core/actor.ts'
import type { onFailures } from '../../../core/on-failure.ts'
import type { Role } from '../../../core/permission.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { StoredError } from '../deployment.ts'
import type { Cause } from '../explain/cause.ts'

/** Each is stored before the side effects of the step that it names or that follows it. */
export const workflowStates = ['preparing', 'planned', 'running', 'returning', 'done'] as const
export type WorkflowState = (typeof workflowStates)[number]

/** One run of a workflow for an environment. Times in epoch milliseconds. */
export interface WorkflowRun {
  id: string
  product: string
  environment: string
  /** Its name in the manifest. */
  workflow: string
  state: WorkflowState
  verdict: Verdict | undefined
  epoch: number
  /** 1, and one more each time that somebody resumes it. */
  attempt: number
  repository: string
  ref: string
  commit: string | undefined
  sources: Source[]
  steps: Step[]
  options: WorkflowOptions
  cancel: { at: number; by: string; grants: Actor['grants'] } | undefined
  /** What kept it from going on. */
  error: StoredError | undefined
  reason: string | undefined
  /** The account that it is for: whoever goes on with it needs credentials of the same. */
  cloud?: Cloud
  createdAt: number
  createdBy: string
  face: string
  endedAt: number | undefined
}

export interface WorkflowOptions {
  /** On whose behalf its parts are started: who asked for it, or resumed it last. */
  actor: Pick<Actor, 'kind' | 'name' | 'grants' | 'face'>
  /** What other products are taken at, by name. */
  refs: Record<string, string>
  breakGlass: boolean
  /** Fingerprint of the plan that a person agreed to. */
  agreedPlan?: string
  /** The request by which it was resumed last. */
  resumedBy?: string
}

/** What a product is taken at, for the whole run. */
export interface Source {
  product: string
  repository: string
  ref: string
  commit: string
  /** Built once, by environment. */
  releases: Record<string, string>
}

export interface Step {
  /** As the manifest names it. */
  name: string | undefined
  /** Begun together; all of them end before the next step begins. */
  parts: Part[]
  onFailure: (typeof onFailures)[number]
  /** Its condition is not met. */
  skipped: boolean
  startedAt?: number
  endedAt?: number
  verdict?: Verdict
}

export const partKinds = ['deploy', 'run', 'schedule', 'approve'] as const

export interface Part {
  kind: (typeof partKinds)[number]
  product: string
  environment: string
  /** Services, tasks or schedules. */
  names: string[]
  approve?: { role: Role; count: number }
  /** What was started for it, in order: one deployment, or a run of each task. */
  children: Child[]
  verdict?: Verdict
  error?: StoredError
  /** The release of each service before this part was begun. */
  before?: Record<string, string>
  /** What takes it back: decided once, then done one after the other. */
  returned?: Return[]
}

export interface Return {
  services: string[]
  /** The release that they go back to. */
  release: string
  child?: Child
}

export interface Child {
  kind: 'deployment' | 'task-run'
  id: string
  /** The task. */
  name?: string
  verdict?: Verdict
  causes?: Cause[]
}

export const workflowSubject = ({ id }: Pick<WorkflowRun, 'id'>): string => `workflow-run/${id}`
export const childSubject = ({ kind, id }: Pick<Child, 'kind' | 'id'>): string => `${kind}/${id}`

/** The release that is brought to a place; undefined while it is to be built. */
export const releaseIdOf = (
  { sources }: Pick<WorkflowRun, 'sources'>,
  { product, environment }: { product: string; environment: string },
): string | undefined => sources.find((source) => source.product === product)?.releases[environment]
