// What is gathered about a rollout before it is judged. JSON; times in epoch milliseconds.
import type { Verdict } from '../../../core/verdict.ts'
import type { ServiceDeploymentView } from '../service-deployment.ts'
import type { Reserved, Room } from './placement.ts'

export interface RolloutEvidence {
  service: string
  action: 'create' | 'update' | 'unchanged' | 'for-task'
  /** Undefined while it is under way. */
  verdict: Verdict | undefined
  /** Who asked kiban to stop the deployment. */
  cancelledBy: string | undefined
  /** Services of the same deployment that failed before this one was asked to go back. */
  failedSiblings: readonly string[]
  view: ServiceDeploymentView | undefined
  /** How often a healthy task set the count of failures back. */
  resets: number
  /** Of the revision that this rollout made: every one that has ended, and running ones that fail their checks. */
  tasks: readonly SeenTask[]
  /** Of earlier revisions, that ended during this rollout. */
  oldTasks: readonly SeenTask[]
  /** Of the ECS service since this rollout was sent, oldest first. */
  events: readonly { at: number; message: string }[]
  /** What the container instance has left that came closest, where the events say that none would do. */
  closest?: Room
  declared: Declared
  /** What could not be looked at, by the permission that was missing. */
  notSeen: readonly string[]
}

export interface SeenTask {
  id: string
  lastStatus: string
  createdAt: number | undefined
  startedAt: number | undefined
  stoppedAt: number | undefined
  stopCode: string | undefined
  stoppedReason: string | undefined
  containers: readonly SeenContainer[]
  /** What its load balancer says of it. */
  targetHealth: readonly { at: number | undefined; reason: string }[]
  /** The last lines of the container that is to blame; undefined while nobody has looked. */
  log: readonly LogLine[] | undefined
}

export interface SeenContainer {
  name: string
  exitCode: number | undefined
  reason: string | undefined
  health: string | undefined
}

export interface LogLine {
  at: number
  text: string
}

/** What was asked for, as far as it helps to say what is wrong with it. */
export interface Declared {
  /** The container of the service itself. */
  container: string
  images: Readonly<Record<string, string>>
  essential: readonly string[]
  executionRole: string | undefined
  logGroups: Readonly<Record<string, string>>
  healthCommands: Readonly<Record<string, string>>
  stopTimeouts: Readonly<Record<string, number>>
  /** `linux/arm64`. */
  platform: string
  /** MiB of the whole task. */
  memory: number | undefined
  /** That the load balancer sends to. */
  port: number | undefined
  graceSeconds: number | undefined
  /** What one task takes of a container instance. */
  reserved: Reserved
  /** Of the target group; known once its health is in question. */
  check: { path?: string; timeoutSeconds?: number } | undefined
  /** The security group that lets nobody in at the port; known once checks time out. */
  closedGroup: string | undefined
  capacityProvider: string
  count: number | undefined
  minimumPercent: number
  maximumPercent: number
  deadlineMinutes: number
}
