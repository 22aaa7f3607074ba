// How long the simulated parts of ECS take, in simulated milliseconds. AWS documents none but the first; the others are near what
// is seen on Fargate. All of them can be overridden by a test or shortened by a scaled clock.

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export interface Timings {
  /** A task without any health check counts as healthy this long after RUNNING (SDK: DeploymentConfiguration.minimumHealthyPercent). */
  settling: number
  /** A service deployment's stay in PENDING, and in ROLLBACK_REQUESTED. */
  deploymentPending: number
  /** PROVISIONING: the network interface is made. */
  provisioning: number
  /** PENDING until the runtime is asked to start. */
  pending: number
  /** ACTIVATING: targets are registered. Skipped by tasks without a load balancer. */
  activating: number
  /** DEPROVISIONING: the network interface is removed. */
  deprovisioning: number
  /** Between attempts to place a task that could not be placed. */
  placementRetry: number
  /** Between attempts at a call to another service that is throttled. */
  throttledRetry: number
  /** How long alarms are watched after a rolling deployment's tasks are all healthy; ECS derives it from the alarms' periods. */
  alarmBake: number
  /** Between looks at whether tasks are spread evenly over the zones, while they are not. */
  rebalance: number
}

export const DEFAULT_TIMINGS: Timings = {
  settling: 40 * SECOND,
  deploymentPending: 1 * SECOND,
  provisioning: 8 * SECOND,
  pending: 5 * SECOND,
  activating: 3 * SECOND,
  deprovisioning: 15 * SECOND,
  placementRetry: 30 * SECOND,
  throttledRetry: 5 * SECOND,
  alarmBake: 5 * MINUTE,
  rebalance: 5 * MINUTE,
}

/** Stopped tasks are described for at least an hour (Developer Guide, "Stopped tasks errors"). */
export const STOPPED_TASK_RETENTION_MS = 1 * HOUR
/** Equal service events are muted for six hours unless their cause was resolved (Developer Guide, "Service event messages"). */
export const EVENT_MUTE_MS = 6 * HOUR
export const SERVICE_EVENTS_KEPT = 100

/** Service throttle: the first failures go unpunished, then the pause doubles up to the cap (Developer Guide, "Service throttle logic"). */
export const THROTTLE_FREE_FAILURES = 10
export const THROTTLE_FIRST_PAUSE_MS = 30 * SECOND
export const THROTTLE_LONGEST_PAUSE_MS = 15 * MINUTE

/** Fargate starts tasks from a token bucket (Developer Guide, "AWS Fargate throttling quotas"). */
export const LAUNCH_BURST = 100
export const LAUNCHES_PER_SECOND = 20

export const HOOK_RECALL_MS = 30 * SECOND
export const HOOK_TIMEOUT_DEFAULT_MINUTES = 1440
export const PROTECTION_DEFAULT_MINUTES = 120
export const MINUTE_MS = MINUTE
