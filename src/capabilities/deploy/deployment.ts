import type { Cloud } from '../../aws/identity.ts'
import type { ErrorKind } from '../../core/error.ts'
import type { Text } from '../../core/text.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Cause } from './explain/cause.ts'
import type { Fences } from './lock.ts'
import type { Plan } from './plan.ts'
import type { ServiceDeploymentView } from './service-deployment.ts'

/** Each is stored before the side effects of the step that it names or that follows it. */
export const states = [
  'queued',
  'built',
  'planned',
  'approved',
  'locked',
  'registered',
  'migrating',
  'rolling',
  'verifying',
  'scheduling',
  'done',
] as const
export type State = (typeof states)[number]

/** A release brought to an environment. Times in epoch milliseconds. */
export interface Deployment {
  id: string
  product: string
  environment: string
  kind: 'deploy' | 'rollback' | 'promotion'
  state: State
  verdict: Verdict | undefined
  epoch: number
  repository: string | undefined
  ref: string | undefined
  commit: string | undefined
  releaseId: string | undefined
  /** Names in the manifest; empty until the manifest is read when all are meant. */
  services: string[]
  options: DeploymentOptions
  plan: Plan | undefined
  fences: Fences | undefined
  /** The account that it is for: whoever goes on with it needs credentials of the same. */
  cloud?: Cloud
  /** Who asked to stop it first, and every request that did. */
  cancel: { at: number; by: string; requests: string[] } | undefined
  /** Why it ended without an answer of ECS. */
  error: StoredError | undefined
  /** Once it has ended badly: why, the main cause first. */
  causes: Cause[] | undefined
  reason: string | undefined
  troubleSince: number | undefined
  createdAt: number
  createdBy: string
  face: string
  endedAt: number | undefined
}

export interface DeploymentOptions {
  /** Leave the services that went well when another did not. */
  keepSiblings: boolean
  /** Roll services that have not changed, too. */
  force: boolean
  /** Whether the one who asked may deploy where the manifest protects; the manifest is read later. */
  mayProtected?: boolean
  /** Asked for through a server, where people can approve. */
  served?: boolean
  /** Goes through a freeze. */
  breakGlass?: boolean
  /** These schedules alone, with the definitions that they run; no service rolls. */
  schedules?: string[]
  /** What people agreed to that this is a part of: `workflow-run/wfr_…`. */
  agreedBy?: string
  /** Fingerprint of the plan that a person agreed to; a plan that does something else is refused. */
  agreedPlan?: string
}

export interface StoredError {
  kind: ErrorKind
  code: string
  text: Text
  hint?: Text
  details?: readonly Text[]
}

/** One service's part of a deployment. */
export interface Rollout {
  deploymentId: string
  service: string
  action: 'create' | 'update' | 'unchanged' | 'for-task'
  cluster: string
  /** Of the ECS service. */
  name: string
  registeringAt: number | undefined
  definition: string | undefined
  sendingAt: number | undefined
  sentAt: number | undefined
  plannedFrom: string | undefined
  /** The definition that it replaces. */
  previous: string | undefined
  serviceDeployment: string | undefined
  /** The service revision that it made. */
  revision: string | undefined
  deadline: number | undefined
  view: ServiceDeploymentView | undefined
  oldTasks: number
  /** A service deployment that began later was seen. */
  newer: boolean
  /** `resetting`: ECS took it back by itself, and its settings are to follow. */
  undo: 'asked' | 'stopping' | 'restoring' | 'resetting' | 'done' | 'impossible' | undefined
  undoSendingAt: number | undefined
  undoServiceDeployment: string | undefined
  undoView: ServiceDeploymentView | undefined
  verdict: Verdict | undefined
  /** Why it was not rolled, or not rolled back. */
  error: StoredError | undefined
  /** Why it does not go well, what ended it first. */
  causes: Cause[] | undefined
  endedAt: number | undefined
}

/** A task that runs to its end before services roll. */
export interface Migration {
  deploymentId: string
  task: string
  position: number
  startingAt: number | undefined
  taskArn: string | undefined
  exitCode: number | undefined
  /** Words of ECS about how it stopped. */
  view: { lastStatus?: string; stopCode?: string; stoppedReason?: string; containerReason?: string } | undefined
  endedAt: number | undefined
}

export const holderOf = (deployment: Pick<Deployment, 'id'>): string => `deployment/${deployment.id}`
export const subjectOf = holderOf
