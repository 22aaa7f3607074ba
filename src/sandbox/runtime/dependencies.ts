import type { ContainerPlan } from '../ecs/runtime.ts'
import type { ContainerState } from './task-run.ts'

/** A container that must have come so far before another starts. */
export interface Dependency {
  on: string
  condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'
}

/** `dependsOn`, and the log router before every container that logs to it, as ECS adds it. */
export function dependenciesOf(container: ContainerPlan, all: readonly ContainerPlan[]): Dependency[] {
  const named = (container.dependsOn ?? []).flatMap(({ containerName, condition }) =>
    containerName ? [{ on: containerName, condition: condition ?? 'START' } satisfies Dependency] : [],
  )
  const router = all.find(({ firelensConfiguration }) => firelensConfiguration)
  const logsToRouter = container.logConfiguration?.logDriver === 'awsfirelens'
  if (!router || !logsToRouter || router.name === container.name || named.some(({ on }) => on === router.name)) return named
  return [...named, { on: router.name, condition: 'START' }]
}

export type DependencyState = { state: 'met' | 'waiting'; reason?: undefined } | { state: 'failed'; reason: string }

const MET = { state: 'met' } as const
const WAITING = { state: 'waiting' } as const

/** Where a dependency stands; the reasons follow the dependency graph of ECS's agent. */
export function dependencyState(
  { on, condition }: Dependency,
  target: Pick<ContainerState, 'plan'>,
  all: readonly Pick<ContainerState, 'plan' | 'status' | 'health' | 'exit' | 'startedAt' | 'timedOut'>[],
): DependencyState {
  const failed = (text: string): DependencyState => ({
    state: 'failed',
    reason: `dependency graph: ${text.replace('DEPENDENCY', `[${on}] for target [${target.plan.name}]`)}`,
  })
  const found = all.find(({ plan }) => plan.name === on)
  if (!found) return failed('container ordering dependency DEPENDENCY does not exist.')
  const { status, exit, health, startedAt, timedOut } = found
  if (status === 'stopped' && startedAt === undefined) {
    return failed('failed to resolve container ordering dependency DEPENDENCY because dependency will never start')
  }
  if (condition === 'START') return startedAt === undefined ? WAITING : MET
  if (condition === 'HEALTHY' && health === 'HEALTHY' && status === 'running') return MET
  if (condition === 'HEALTHY' && status === 'stopped') {
    return failed('failed to resolve container ordering dependency DEPENDENCY because dependency has stopped')
  }
  if (status === 'stopped' && (condition === 'COMPLETE' || exit?.exitCode === 0)) return MET
  if (status === 'stopped') {
    return failed('failed to resolve container ordering dependency DEPENDENCY as dependency did not exit successfully.')
  }
  return timedOut ? failed('container ordering dependency DEPENDENCY has timed out.') : WAITING
}
