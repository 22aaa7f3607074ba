// When a deployment counts as failed by its tasks. Pure.
// Source: Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures"; SDK ThresholdConfiguration.
import type { DeploymentCircuitBreaker } from '@aws-sdk/client-ecs'

const DEFAULT_PERCENT = 50
const LEAST = 3
const MOST = 200

/** How many failures trigger, reckoned with the latest desired count. */
export function failureThreshold(breaker: DeploymentCircuitBreaker | undefined, desired: number): number {
  const { type = 'BOUNDED_PERCENT', value = DEFAULT_PERCENT } = breaker?.thresholdConfiguration ?? {}
  if (type === 'COUNT') return value
  const share = Math.ceil((value / 100) * desired)
  return type === 'UNBOUNDED_PERCENT' ? share : Math.min(MOST, Math.max(LEAST, share))
}

export interface BreakerCount {
  /** 1 until a task of the deployment is RUNNING, then 2. */
  stage: 1 | 2
  failures: number
}

export type TaskOutcome =
  /** Ended, or could not be placed, without ever being RUNNING. */
  | 'never-ran'
  /** Is RUNNING. */
  | 'ran'
  /** Was replaced because a health check failed, or ended before its checks had passed. */
  | 'failed-checks'
  /** Passed all its checks. */
  | 'healthy'

/**
 * The count after one more outcome. A task that never ran is a failure in either stage, one that failed its checks only
 * once a task has run (SDK, Deployment.failedTasks counts both); else a program that ends now before RUNNING and now after
 * it would be started for ever.
 */
export function counted(count: BreakerCount, outcome: TaskOutcome, breaker: DeploymentCircuitBreaker | undefined): BreakerCount {
  const cumulative = breaker?.resetOnHealthyTask === false
  switch (outcome) {
    case 'ran':
      return count.stage === 2 ? count : { stage: 2, failures: count.failures }
    case 'healthy':
      return cumulative || count.failures === 0 ? count : { stage: count.stage, failures: 0 }
    case 'never-ran':
      return { stage: count.stage, failures: count.failures + 1 }
    case 'failed-checks':
      return { stage: 2, failures: count.failures + 1 }
  }
}
