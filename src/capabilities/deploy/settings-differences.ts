// The settings of an ECS service side by side: declared, last deployed by kiban, and live; pure.
import type { DeploymentConfiguration, Service } from '../../aws/ecs-shapes.ts'
import { compared, type Difference, type Sides } from './differences.ts'
import { DEFAULT_THRESHOLD, type ServiceSettings } from './service-settings.ts'

type Settings = Pick<Service, keyof ServiceSettings & keyof Service>
type Hook = NonNullable<DeploymentConfiguration['lifecycleHooks']>[number]

/** Of a hook that says nothing of it (API reference, DeploymentLifecycleHook). */
const HOOK_TIMEOUT = { timeoutInMinutes: 1440, action: 'ROLLBACK' }

/** What is not the same in all three, of what `declared` speaks of: the count belongs to autoscaling where it is left out. */
export function settingsDifferences({ declared, deployed, live }: Sides<Settings>): Difference[] {
  const asked = Object.keys(declared)
  const of = (settings: Settings) =>
    new Map(leaves(inForce(settings)).filter(([path]) => asked.some((name) => path === name || path.startsWith(`${name}.`))))
  return compared({ declared: of(declared), deployed: deployed && of(deployed), live: live && of(live) })
}

/** What holds, whether it was said or is ECS's default; what is switched off has no details. */
function inForce(settings: Settings): object {
  const own = settings.deploymentConfiguration ?? {}
  const { strategy = 'ROLLING', alarms, earlySuccessCriteria: early, deploymentCircuitBreaker: breaker } = own
  return {
    desiredCount: settings.desiredCount,
    enableExecuteCommand: settings.enableExecuteCommand ?? false,
    healthCheckGracePeriodSeconds: settings.healthCheckGracePeriodSeconds ?? 0,
    deploymentConfiguration: {
      strategy,
      minimumHealthyPercent: own.minimumHealthyPercent ?? 100,
      maximumPercent: own.maximumPercent ?? 200,
      deploymentCircuitBreaker: breaker?.enable
        ? { resetOnHealthyTask: true, thresholdConfiguration: DEFAULT_THRESHOLD, ...breaker }
        : { enable: false },
      alarms: alarms?.enable ? { alarmNames: alarms.alarmNames?.toSorted().join(', '), rollback: alarms.rollback } : {},
      lifecycleHooks: hooksByTarget(own.lifecycleHooks ?? []),
      earlySuccessCriteria: early?.enable ? early : {},
      bakeTimeInMinutes: strategy === 'ROLLING' ? undefined : own.bakeTimeInMinutes,
      canaryConfiguration: strategy === 'CANARY' ? own.canaryConfiguration : undefined,
      linearConfiguration: strategy === 'LINEAR' ? own.linearConfiguration : undefined,
    },
  }
}

/** A hook in one line, under the function that it calls, or `PAUSE`. */
function hooksByTarget(hooks: readonly Hook[]): Record<string, string> {
  const byTarget = Map.groupBy(hooks, ({ hookTargetArn, targetType }) => hookTargetArn ?? targetType ?? '')
  return Object.fromEntries([...byTarget].map(([target, own]) => [target, own.map(hookLine).sort().join('; ')]))
}

function hookLine({ lifecycleStages = [], roleArn, hookDetails, timeoutConfiguration }: Hook): string {
  const { timeoutInMinutes, action } = { ...HOOK_TIMEOUT, ...timeoutConfiguration }
  const details = hookDetails === undefined ? [] : [JSON.stringify(hookDetails)]
  return [...lifecycleStages.toSorted(), `${timeoutInMinutes} min`, action, ...(roleArn ? [roleArn] : []), ...details].join(' ')
}

function leaves(value: unknown, path: string[] = []): [string, string][] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') return [[path.join('.'), String(value)]]
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]))
}
