// What the operations of services answer. Times are epoch milliseconds.
import { z } from 'zod'

const Text = z.object({ en: z.string(), ja: z.string() })

/** What AWS did not let us see, by the action that it takes. */
const NotSeen = z.object({ action: z.string(), denied: z.boolean(), text: Text })
export type NotSeen = z.infer<typeof NotSeen>

const Points = z.array(z.object({ at: z.number(), value: z.number() }))

/** What tasks of a service run: a task definition, and what kiban brought there by it. */
const Version = z.object({
  /** ARN of the task definition. */
  definition: z.string(),
  commit: z.string().optional(),
  deployment: z.string().optional(),
})
export type Version = z.infer<typeof Version>

export const serviceHealths = ['good', 'rolling', 'short', 'stopped', 'missing', 'unseen'] as const
export type ServiceHealth = (typeof serviceHealths)[number]

const Target = z.object({
  id: z.string(),
  port: z.number().optional(),
  zone: z.string().optional(),
  /** A word of the load balancer's: healthy, unhealthy, initial, draining, … */
  state: z.string(),
  reason: z.string().optional(),
  group: z.string(),
})
export type Target = z.infer<typeof Target>

export const ServiceRow = z.object({
  service: z.string(),
  cluster: z.string(),
  /** Of the ECS service. */
  name: z.string(),
  health: z.enum(serviceHealths),
  desired: z.number(),
  running: z.number(),
  pending: z.number(),
  /** The one that ECS wants first. */
  versions: z.array(Version.extend({ desired: z.number(), running: z.number(), pending: z.number() })),
  /** Shares of what is reserved, in percent, a mean for each of the last minutes; left out where none is measured. */
  cpu: Points.optional(),
  memory: Points.optional(),
  /** Left out where no load balancer stands before it. */
  targets: z.object({ healthy: z.number(), total: z.number() }).optional(),
})
export type ServiceRow = z.infer<typeof ServiceRow>

export const ServiceList = z.object({
  product: z.string(),
  environment: z.string(),
  services: z.array(ServiceRow),
  notSeen: z.array(NotSeen),
})
export type ServiceList = z.infer<typeof ServiceList>

export const taskStates = ['starting', 'running', 'healthy', 'unhealthy', 'draining', 'stopped'] as const
export type TaskState = (typeof taskStates)[number]

export const TaskShape = Version.extend({
  id: z.string(),
  state: z.enum(taskStates),
  /** The words of ECS. */
  lastStatus: z.string(),
  createdAt: z.number().optional(),
  startedAt: z.number().optional(),
  stoppedAt: z.number().optional(),
  zone: z.string().optional(),
  /** In its subnet. */
  address: z.string().optional(),
  /** FARGATE, FARGATE_SPOT, or the name of a capacity provider. */
  capacity: z.string().optional(),
  target: z.object({ state: z.string(), reason: z.string().optional() }).optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  containers: z.array(
    z.object({
      name: z.string(),
      health: z.string().optional(),
      exitCode: z.number().optional(),
      reason: z.string().optional(),
    }),
  ),
})
export type TaskShape = z.infer<typeof TaskShape>

export const ServiceTasks = z.object({
  service: z.string(),
  /** Those that run, then those that have just stopped, each the newest first. */
  tasks: z.array(TaskShape),
  /** How many more there are that were not looked at. */
  more: z.number(),
})
export type ServiceTasks = z.infer<typeof ServiceTasks>

export const TaskItem = z.object({
  product: z.string(),
  environment: z.string(),
  services: z.array(ServiceTasks),
  notSeen: z.array(NotSeen),
})
export type TaskItem = z.infer<typeof TaskItem>

export const ServiceDetail = z.object({
  product: z.string(),
  environment: z.string(),
  service: ServiceRow,
  tasks: z.array(TaskShape),
  more: z.number(),
  targets: z.array(Target),
  /** In ECS's words, the newest first. */
  events: z.array(z.object({ at: z.number(), message: z.string() })),
  /** The range in which autoscaling moves the count; left out where it does not. */
  scaling: z.object({ min: z.number(), max: z.number() }).optional(),
  /** The task definition that ECS runs, that kiban brought there last, and the one before. */
  definitions: z.object({
    live: Version.optional(),
    deployed: Version.optional(),
    before: Version.optional(),
    differences: z.array(
      z.object({
        path: z.string(),
        before: z.string().optional(),
        deployed: z.string().optional(),
        live: z.string().optional(),
        /** Who changed it: the last deployment, somebody outside kiban after it, or both. */
        by: z.enum(['release', 'outside', 'both']),
      }),
    ),
  }),
  notSeen: z.array(NotSeen),
})
export type ServiceDetail = z.infer<typeof ServiceDetail>
