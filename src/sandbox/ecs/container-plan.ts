import type { ContainerOverride, TaskOverride } from '@aws-sdk/client-ecs'
import type { LiveRevision } from './engine.ts'
import type { ContainerPlan } from './runtime.ts'
import type { TaskDefinitionRecord } from './state.ts'

/** The containers of a task: its definition's, with the task's overrides and the digests that its revision is pinned to. */
export function containerPlans(
  definition: TaskDefinitionRecord,
  overrides: TaskOverride | undefined,
  revision: LiveRevision | undefined,
): ContainerPlan[] {
  if (revision) {
    revision.containers ??= plans(definition, revision.record.digests)
    return revision.containers
  }
  const byName = new Map(overrides?.containerOverrides?.map((override) => [override.name, override]))
  return plans(definition, {}).map((plan) => overridden(plan, byName.get(plan.name)))
}

function plans(definition: TaskDefinitionRecord, digests: Record<string, string>): ContainerPlan[] {
  return (definition.spec.containerDefinitions ?? []).map((container) => {
    const { name = '', image = '' } = container
    const digest = container.versionConsistency === 'disabled' ? undefined : digests[name]
    return { ...container, name, image: digest ? pinned(image, digest) : image }
  })
}

/** `registry/repository:tag` as `registry/repository@sha256:…`; a reference by digest stays. */
export function pinned(image: string, digest: string): string {
  if (image.includes('@')) return image
  const slash = image.lastIndexOf('/')
  const colon = image.lastIndexOf(':')
  return `${colon > slash ? image.slice(0, colon) : image}@${digest}`
}

function overridden(plan: ContainerPlan, override: ContainerOverride | undefined): ContainerPlan {
  if (!override) return plan
  const { command, environment, environmentFiles, cpu, memory, memoryReservation } = override
  const names = new Set(environment?.map((each) => each.name))
  return {
    ...plan,
    command: command ?? plan.command,
    environment: environment
      ? [...(plan.environment ?? []).filter((each) => !names.has(each.name)), ...environment]
      : plan.environment,
    environmentFiles: environmentFiles ?? plan.environmentFiles,
    cpu: cpu ?? plan.cpu,
    memory: memory ?? plan.memory,
    memoryReservation: memoryReservation ?? plan.memoryReservation,
  }
}
