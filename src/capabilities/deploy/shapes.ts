// What the operations of deploys answer. Times are epoch milliseconds; `undefined` members are left out of the JSON.
import { z } from 'zod'
import { causeClasses } from '../../core/messages/causes.ts'
import { verdicts } from '../../core/verdict.ts'
import { states } from './deployment.ts'
import { evidenceKinds } from './explain/cause.ts'
import { findingSeverities } from './preflight/finding.ts'

export const Text = z.object({ en: z.string(), ja: z.string() })
export const Verdict = z.enum(verdicts)

const Revision = z.object({
  revision: z.string(),
  requested: z.number(),
  running: z.number(),
  pending: z.number(),
  traffic: z.number().optional(),
})

/** ECS's own record of a rollout. */
const ServiceDeployment = z.object({
  arn: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  createdAt: z.number().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  stage: z.string().optional(),
  target: Revision.optional(),
  sources: z.array(Revision),
  rollback: z.object({ reason: z.string().optional(), revision: z.string().optional() }).optional(),
  breaker: z.object({ failures: z.number(), threshold: z.number(), status: z.string().optional() }).optional(),
  alarms: z.object({ names: z.array(z.string()), triggered: z.array(z.string()), status: z.string().optional() }).optional(),
  hooks: z
    .array(
      z.object({
        id: z.string().optional(),
        status: z.string().optional(),
        expiresAt: z.number().optional(),
        type: z.string().optional(),
        target: z.string().optional(),
      }),
    )
    .optional(),
})

export const Problem = z.object({
  kind: z.string(),
  code: z.string(),
  text: Text,
  hint: Text.optional(),
  details: z.array(Text).optional(),
})

/** Why something did not go well, with what was seen of it and the one thing to do next. */
export const CauseShape = z.object({
  class: z.enum(causeClasses),
  severity: z.enum(['failure', 'consequence', 'warning', 'notice']),
  certain: z.boolean(),
  service: z.string().optional(),
  subject: z.string().optional(),
  count: z.number(),
  title: Text,
  next: Text,
  evidence: z.array(
    z.object({ kind: z.enum(evidenceKinds), text: z.string(), at: z.number().optional(), of: z.string().optional() }),
  ),
})
export type CauseShape = z.infer<typeof CauseShape>

export const DeploymentShape = z.object({
  id: z.string(),
  product: z.string(),
  environment: z.string(),
  kind: z.enum(['deploy', 'rollback', 'promotion']),
  state: z.enum(states),
  verdict: Verdict.optional(),
  commit: z.string().optional(),
  ref: z.string().optional(),
  repository: z.string().optional(),
  releaseId: z.string().optional(),
  services: z.array(z.string()),
  reason: z.string().optional(),
  cancel: z.object({ at: z.number(), by: z.string() }).optional(),
  error: Problem.optional(),
  /** Once it has ended badly, the main cause first. */
  causes: z.array(CauseShape).optional(),
  createdAt: z.number(),
  createdBy: z.string(),
  endedAt: z.number().optional(),
})
export type DeploymentShape = z.infer<typeof DeploymentShape>

export const RolloutShape = z.object({
  service: z.string(),
  action: z.enum(['create', 'update', 'unchanged', 'for-task']),
  cluster: z.string(),
  name: z.string(),
  definition: z.string().optional(),
  previous: z.string().optional(),
  serviceDeployment: z.string().optional(),
  revision: z.string().optional(),
  sentAt: z.number().optional(),
  deadline: z.number().optional(),
  view: ServiceDeployment.optional(),
  undo: z.enum(['asked', 'stopping', 'restoring', 'resetting', 'done', 'impossible']).optional(),
  undoView: ServiceDeployment.optional(),
  verdict: Verdict.optional(),
  error: Problem.optional(),
  /** Seen so far, what ended it first. */
  causes: z.array(CauseShape).optional(),
  endedAt: z.number().optional(),
})
export type RolloutShape = z.infer<typeof RolloutShape>

export const MigrationShape = z.object({
  task: z.string(),
  taskArn: z.string().optional(),
  exitCode: z.number().optional(),
  view: z
    .object({
      lastStatus: z.string().optional(),
      stopCode: z.string().optional(),
      stoppedReason: z.string().optional(),
      containerReason: z.string().optional(),
    })
    .optional(),
  startingAt: z.number().optional(),
  endedAt: z.number().optional(),
})

export const EventShape = z.object({
  seq: z.number(),
  type: z.string(),
  at: z.number(),
  actor: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type EventShape = z.infer<typeof EventShape>

/** How a deployment stands, and what happened to it since the item before. */
export const DeploymentItem = z.object({
  deployment: DeploymentShape,
  rollouts: z.array(RolloutShape),
  migrations: z.array(MigrationShape),
  events: z.array(EventShape),
  /** What is under way before any service rolls, and since when. */
  doing: z.object({ what: z.enum(['build', 'migration']), name: z.string(), since: z.number() }).optional(),
  /** What nothing goes on for, and cannot be stored: the disk is full. */
  held: z.object({ text: Text, hint: Text.optional() }).optional(),
  /** How long a rollout of each service usually takes, in seconds; of those that have been rolled before. */
  usual: z.record(z.string(), z.number()),
  /** Of the newest event; an item with the next events begins after it. */
  seq: z.number(),
})
export type DeploymentItem = z.infer<typeof DeploymentItem>

const Difference = z.object({
  path: z.string(),
  declared: z.string().optional(),
  deployed: z.string().optional(),
  live: z.string().optional(),
  by: z.enum(['release', 'outside', 'both']),
})

/** What stands in the way of a deployment (`problem`), or is good to know before it. */
export const FindingShape = z.object({
  severity: z.enum(findingSeverities),
  class: z.enum(causeClasses).optional(),
  service: z.string().optional(),
  place: z.string().optional(),
  title: Text,
  next: Text.optional(),
})
export type FindingShape = z.infer<typeof FindingShape>

export const PlanShape = z.object({
  product: z.string(),
  environment: z.string(),
  account: z.string(),
  region: z.string(),
  commit: z.string(),
  fingerprint: z.string(),
  services: z.array(
    z.object({
      service: z.string(),
      /** Its own container, where it has another name. */
      container: z.string().optional(),
      action: z.enum(['create', 'update', 'unchanged', 'for-task']),
      cluster: z.string(),
      name: z.string(),
      /** Left out while the image is to be built from the commit. */
      image: z.string().optional(),
      previous: z.string().optional(),
      differences: z.array(Difference),
      /** Who registered the live definition, where it is not the one that kiban deployed last. */
      outside: z.object({ by: z.string(), at: z.number().optional() }).optional(),
    }),
  ),
  migrations: z.array(z.object({ task: z.string(), service: z.string(), command: z.array(z.string()).optional() })),
  /** Of these services, brought once all of them run the release. */
  schedules: z.array(
    z.object({
      schedule: z.string(),
      service: z.string().optional(),
      action: z.enum(['create', 'update', 'unchanged', 'delete']),
      /** Somebody paused it by hand, and it stays so. */
      paused: z.boolean(),
      differences: z.array(Difference),
    }),
  ),
  /** Rules of EventBridge's that get the new definition of a service. */
  rules: z.array(z.object({ rule: z.string(), service: z.string() })),
  findings: z.array(FindingShape),
  /** Said where the manifest is not a kiban.yml. */
  notice: Text.optional(),
})
export type PlanShape = z.infer<typeof PlanShape>

export const ReleaseShape = z.object({
  id: z.string(),
  product: z.string(),
  commit: z.string(),
  ref: z.string(),
  repository: z.string(),
  images: z.record(
    z.string(),
    z.object({ reference: z.string(), digest: z.string().optional(), builder: z.string().optional() }),
  ),
  createdAt: z.number(),
  createdBy: z.string(),
  /** Environments where it runs now, with the services that run it. */
  running: z.record(z.string(), z.array(z.string())),
})
export type ReleaseShape = z.infer<typeof ReleaseShape>

export const LockShape = z.object({
  product: z.string(),
  environment: z.string(),
  service: z.string(),
  fence: z.number(),
  holder: z.string(),
  actor: z.string(),
  reason: z.string(),
  takenAt: z.number(),
  leaseUntil: z.number().optional(),
  waiters: z.array(z.object({ waiter: z.string(), actor: z.string(), reason: z.string(), queuedAt: z.number() })),
})
export type LockShape = z.infer<typeof LockShape>

export const StatusShape = z.object({
  product: z.string(),
  environments: z.array(
    z.object({
      environment: z.string(),
      services: z.array(
        z.object({
          service: z.string(),
          releaseId: z.string().optional(),
          commit: z.string().optional(),
          since: z.number().optional(),
          deploymentId: z.string().optional(),
        }),
      ),
      open: z.array(DeploymentShape),
      last: DeploymentShape.optional(),
      locks: z.array(LockShape),
    }),
  ),
})
export type StatusShape = z.infer<typeof StatusShape>
