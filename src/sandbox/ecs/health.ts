// The health of a task, as its essential containers report it.
// Source: SDK HealthCheck and Task.healthStatus.
import type { HealthStatus } from '@aws-sdk/client-ecs'
import type { ContainerRecord, TaskDefinitionRecord } from './state.ts'

export function isEssential(definition: TaskDefinitionRecord, container: string): boolean {
  for (const each of definition.spec.containerDefinitions ?? []) if (each.name === container) return each.essential !== false
  return false
}

const checked = new WeakMap<TaskDefinitionRecord, boolean>()

/** Whether an essential container has a health check. */
export function hasContainerCheck(definition: TaskDefinitionRecord): boolean {
  let known = checked.get(definition)
  if (known === undefined) {
    known = (definition.spec.containerDefinitions ?? []).some((each) => each.essential !== false && each.healthCheck)
    checked.set(definition, known)
  }
  return known
}

/** Any unhealthy makes it UNHEALTHY, else any unknown makes it UNKNOWN; only essential containers with a check have a say. */
export function healthOfContainers(definition: TaskDefinitionRecord, containers: ContainerRecord[]): HealthStatus {
  let health: HealthStatus | undefined
  for (const each of definition.spec.containerDefinitions ?? []) {
    if (each.essential === false || !each.healthCheck) continue
    const status = containers.find(({ name }) => name === each.name)?.healthStatus ?? 'UNKNOWN'
    if (status === 'UNHEALTHY') return 'UNHEALTHY'
    if (health !== 'UNKNOWN') health = status
  }
  return health ?? 'UNKNOWN'
}
