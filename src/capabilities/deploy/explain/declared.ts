import type { Service } from '../../../aws/ecs-shapes.ts'
import type { ServicePlan } from '../plan.ts'
import type { Declared } from './evidence.ts'
import { reservedBy } from './placement.ts'

/** What a service was asked to be, from its plan and, where autoscaling or an earlier creation decided, from ECS; pure. */
export function declaredBy(planned: ServicePlan, live: Service | undefined): Declared {
  const { definition, settings, create } = planned
  const containers = definition.containerDefinitions ?? []
  const own = containers.find(({ name }) => name === planned.container) ?? containers[0]
  const deploy = settings.deploymentConfiguration
  const strategy = live?.capacityProviderStrategy ?? create?.capacityProviderStrategy
  return {
    container: own?.name ?? planned.container,
    images: byName(containers, ({ image }) => image),
    essential: containers.filter(({ essential }) => essential !== false).map(({ name = '' }) => name),
    executionRole: definition.executionRoleArn,
    logGroups: byName(containers, ({ logConfiguration }) => logConfiguration?.options?.['awslogs-group']),
    healthCommands: byName(containers, ({ healthCheck }) => healthCheck?.command?.slice(1).join(' ')),
    stopTimeouts: byName(containers, ({ stopTimeout }) => stopTimeout),
    platform: `linux/${definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}`,
    memory: definition.memory === undefined ? undefined : Number(definition.memory),
    port: own?.portMappings?.[0]?.containerPort,
    graceSeconds: settings.healthCheckGracePeriodSeconds,
    reserved: reservedBy(definition),
    check: undefined,
    closedGroup: undefined,
    capacityProvider: strategy?.find(({ capacityProvider }) => capacityProvider)?.capacityProvider ?? 'FARGATE',
    count: settings.desiredCount ?? live?.desiredCount,
    minimumPercent: deploy?.minimumHealthyPercent ?? 100,
    maximumPercent: deploy?.maximumPercent ?? 200,
    deadlineMinutes: Math.round(planned.deadlineSeconds / 60),
  }
}

function byName<Container extends { name?: string | undefined }, Value>(
  containers: readonly Container[],
  value: (of: Container) => Value | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    containers.flatMap((container) => {
      const found = value(container)
      return found === undefined ? [] : [[container.name ?? '', found]]
    }),
  )
}
