// What is to be known of a class besides its words.
import type { CauseClass } from '../../../core/messages/causes.ts'
import type { Severity } from './cause.ts'

const severities: Partial<Record<CauseClass, Severity>> = {
  'killed-at-stop': 'warning',
  'alarms-ignored': 'warning',
  'alarm-unknown': 'warning',
  'few-addresses': 'warning',
  'breaker-off': 'notice',
  'starts-impaired': 'consequence',
  'nothing-to-go-back-to': 'consequence',
  sibling: 'consequence',
}

export const severityOf = (of: CauseClass): Severity => severities[of] ?? 'failure'

/**
 * How a class is known to be right: its condition was brought about with tasks that really run, in the sandbox's scheduler
 * alone, before anything was changed, or around the rollouts of a deployment. `self-checked`: only a sentence that is said
 * to be AWS's is recognised, and nobody has seen it come from the condition.
 */
export type Witness = 'processes' | 'scheduler' | 'pre-flight' | 'deployment' | 'self-checked'

const others: Record<Exclude<Witness, 'processes'>, readonly CauseClass[]> = {
  scheduler: [
    'vcpu-quota',
    'no-capacity',
    'no-instances',
    'no-room',
    'port-taken',
    'agent-away',
    'instance-unfit',
    'no-addresses',
    'starts-impaired',
    'ecs-throttled',
    'stuck',
    'protected-tasks',
    'alarm',
    'alarms-ignored',
    'hook-failed',
    'hook-timed-out',
    'pause-expired',
    'pause-declined',
    'superseded',
    'stopped',
    'sibling',
    'spot-interrupted',
    'task-stopped',
    'nothing-to-go-back-to',
    'deadline',
    'unknown',
  ],
  'pre-flight': [
    'role-missing',
    'cluster-missing',
    'capacity-unknown',
    'repository-missing',
    'process-image',
    'network-missing',
    'security-group-missing',
    'target-group-missing',
    'target-group-unfit',
    'target-group-idle',
    'few-addresses',
    'alarm-unknown',
    'breaker-off',
  ],
  deployment: [
    'migration-failed',
    'migration-timed-out',
    'task-failed',
    'task-timed-out',
    'build-failed',
    'refused-by-aws',
    'not-permitted',
    'api-throttled',
    'other-account',
  ],
  'self-checked': ['registry-limit', 'cannot-start'],
}

export const witnessOf = (of: CauseClass): Witness => {
  const found = Object.entries(others).find(([, classes]) => classes.includes(of))?.[0]
  return (found as Witness | undefined) ?? 'processes'
}
