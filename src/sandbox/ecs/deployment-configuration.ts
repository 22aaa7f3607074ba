// The deployment configuration of a service: what ECS fills in, and how an update changes it.
import type { DeploymentConfiguration, DeploymentLifecycleHook } from '@aws-sdk/client-ecs'
import { HOOK_TIMEOUT_DEFAULT_MINUTES } from './timings.ts'

const DEFAULT_CIRCUIT_BREAKER = {
  enable: false,
  rollback: false,
  resetOnHealthyTask: true,
  thresholdConfiguration: { type: 'BOUNDED_PERCENT' as const, value: 50 },
}

/** What a new service has (SDK, DeploymentConfiguration and DeploymentCircuitBreaker). */
export const DEFAULT_CONFIGURATION: DeploymentConfiguration = {
  bakeTimeInMinutes: 0,
  deploymentCircuitBreaker: DEFAULT_CIRCUIT_BREAKER,
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  strategy: 'ROLLING',
}

/** SDK, CanaryConfiguration and LinearConfiguration. */
const DEFAULT_CANARY = { canaryPercent: 5, canaryBakeTimeInMinutes: 10 }
const DEFAULT_LINEAR = { stepPercent: 10, stepBakeTimeInMinutes: 6 }

/** What is not given stays as it was, inside of the circuit breaker too. */
export function changedConfiguration(
  old: DeploymentConfiguration,
  given: DeploymentConfiguration | undefined,
): DeploymentConfiguration {
  if (!given) return old
  const changed = { ...old, ...present(given) }
  const { strategy } = changed
  return {
    ...changed,
    bakeTimeInMinutes: given.bakeTimeInMinutes ?? bakeTime(old, strategy),
    deploymentCircuitBreaker: {
      ...DEFAULT_CIRCUIT_BREAKER,
      ...old.deploymentCircuitBreaker,
      ...present(given.deploymentCircuitBreaker ?? {}),
    },
    lifecycleHooks: changed.lifecycleHooks?.map(filledHook),
    // Of another strategy than the one in use they stand only as given, for the check to refuse.
    canaryConfiguration:
      strategy === 'CANARY' ? { ...DEFAULT_CANARY, ...changed.canaryConfiguration } : (given.canaryConfiguration ?? undefined),
    linearConfiguration:
      strategy === 'LINEAR' ? { ...DEFAULT_LINEAR, ...changed.linearConfiguration } : (given.linearConfiguration ?? undefined),
  }
}

/** Blue/green has no default: it must be given when a service takes that strategy. */
function bakeTime(old: DeploymentConfiguration, strategy: DeploymentConfiguration['strategy']): number | undefined {
  if (strategy === old.strategy) return old.bakeTimeInMinutes
  return strategy === 'BLUE_GREEN' ? undefined : 0
}

function filledHook(hook: DeploymentLifecycleHook): DeploymentLifecycleHook {
  const timeoutConfiguration = {
    timeoutInMinutes: HOOK_TIMEOUT_DEFAULT_MINUTES,
    action: 'ROLLBACK' as const,
    ...hook.timeoutConfiguration,
  }
  return { targetType: 'AWS_LAMBDA', ...hook, timeoutConfiguration }
}

function present<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<Members>
}
