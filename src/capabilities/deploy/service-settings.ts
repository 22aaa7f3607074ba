// What an ECS service is asked besides its task definition, from the manifest; pure.
import type {
  CreateServiceRequest,
  DeploymentConfiguration,
  NetworkConfiguration,
  Service,
  UpdateServiceRequest,
} from '../../aws/ecs-shapes.ts'
import type { Rollout, ServiceManifest } from '../../manifest/environment.ts'
import { type Account, roleArn } from './definition.ts'

const MINUTE = 60
/** ECS's own (API reference, ThresholdConfiguration). */
export const DEFAULT_THRESHOLD = { type: 'BOUNDED_PERCENT', value: 50 } as const
const strategies = { rolling: 'ROLLING', 'blue-green': 'BLUE_GREEN', canary: 'CANARY', linear: 'LINEAR' } as const

const NO_BREAKER = { enable: false, rollback: false, resetOnHealthyTask: true, thresholdConfiguration: DEFAULT_THRESHOLD }

export type ServiceSettings = Omit<UpdateServiceRequest, 'service' | 'cluster' | 'taskDefinition'>

/**
 * What each deployment sets. The number of tasks is left alone where autoscaling owns it; network and load balancer were
 * given when the service was created. `live` is the service as it stands, if it does.
 */
export function serviceSettings(service: ServiceManifest, where: Account, live?: Service): ServiceSettings {
  return {
    deploymentConfiguration: deploymentConfiguration(service.deploy, where, live?.deploymentConfiguration),
    enableExecuteCommand: service.exec,
    ...(service.balanced ? { healthCheckGracePeriodSeconds: service.health.grace } : {}),
    ...(service.count.autoscaled || service.count.kept ? {} : { desiredCount: service.count.min }),
  }
}

/** What brings a service back to how it stands: of all that `settings` are to set, what holds now. */
export function standingSettings(service: Service, settings: ServiceSettings): ServiceSettings {
  const own = service.deploymentConfiguration ?? {}
  const { strategy = 'ROLLING' } = own
  return {
    deploymentConfiguration: {
      strategy,
      minimumHealthyPercent: own.minimumHealthyPercent ?? 100,
      maximumPercent: own.maximumPercent ?? 200,
      deploymentCircuitBreaker: { ...NO_BREAKER, ...own.deploymentCircuitBreaker },
      alarms: own.alarms ?? { alarmNames: [], enable: false, rollback: false },
      lifecycleHooks: own.lifecycleHooks ?? [],
      ...(strategy === 'ROLLING' ? {} : { bakeTimeInMinutes: own.bakeTimeInMinutes }),
      ...(strategy === 'CANARY' ? { canaryConfiguration: own.canaryConfiguration } : {}),
      ...(strategy === 'LINEAR' ? { linearConfiguration: own.linearConfiguration } : {}),
      ...earlySuccess(own.earlySuccessCriteria, strategy, settings.deploymentConfiguration),
    },
    enableExecuteCommand: service.enableExecuteCommand ?? false,
    ...('healthCheckGracePeriodSeconds' in settings
      ? { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0 }
      : {}),
    ...('desiredCount' in settings ? { desiredCount: service.desiredCount } : {}),
  }
}

export interface Surroundings extends Account {
  /** None where tasks share that of their instance. */
  network: NetworkConfiguration | undefined
  /** ARN; undefined for a service that no load balancer serves. */
  targetGroup: string | undefined
  alternateTargetGroup: string | undefined
  /** What was looked for and is not there; nothing is changed before it is. */
  missing: { targetGroups: string[]; subnets: string | undefined }
}

/** What creates a service that is not there. */
export function newService(
  service: ServiceManifest,
  surroundings: Surroundings,
): Omit<CreateServiceRequest, 'taskDefinition' | 'clientToken' | 'tags'> {
  return {
    cluster: service.names.cluster,
    serviceName: service.names.service,
    ...serviceSettings(service, surroundings),
    desiredCount: service.count.min,
    networkConfiguration: surroundings.network,
    ...capacity(service),
    ...loadBalancers(service, surroundings),
    propagateTags: 'TASK_DEFINITION',
    enableECSManagedTags: true,
  }
}

/** UpdateService leaves what it is not told as it was: what the manifest no longer says is therefore said to be off. */
function deploymentConfiguration(
  deploy: Rollout,
  { account, region }: Account,
  live: DeploymentConfiguration | undefined,
): DeploymentConfiguration {
  const { strategy, circuitBreaker, alarms } = deploy
  const early = deploy.earlySuccess && {
    enable: true,
    healthyPercent: deploy.earlySuccess.healthyPercent,
    sourceServiceRevisionCleanup: deploy.earlySuccess.cleanup === 'blocking' ? ('BLOCKING' as const) : ('DEFERRED' as const),
  }
  return {
    strategy: strategies[strategy],
    minimumHealthyPercent: deploy.minimumPercent,
    maximumPercent: deploy.maximumPercent,
    deploymentCircuitBreaker: {
      enable: circuitBreaker.enabled,
      rollback: circuitBreaker.enabled && deploy.rollback,
      resetOnHealthyTask: circuitBreaker.resetOnHealthy,
      thresholdConfiguration: circuitBreaker.threshold ? threshold(circuitBreaker.threshold) : DEFAULT_THRESHOLD,
    },
    alarms: { alarmNames: alarms, enable: alarms.length > 0, rollback: alarms.length > 0 && deploy.rollback },
    lifecycleHooks: lifecycleHooks(deploy, account, region),
    ...(strategy === 'rolling' ? {} : { bakeTimeInMinutes: Math.round(deploy.bake / MINUTE) }),
    ...(strategy === 'canary'
      ? { canaryConfiguration: { canaryPercent: deploy.percent, canaryBakeTimeInMinutes: Math.round(deploy.stepBake / MINUTE) } }
      : {}),
    ...(strategy === 'linear'
      ? { linearConfiguration: { stepPercent: deploy.percent, stepBakeTimeInMinutes: Math.round(deploy.stepBake / MINUTE) } }
      : {}),
    ...earlySuccess(early, strategies[strategy], live),
  }
}

/**
 * Only rolling deployments know it; a service that leaves them with it switched on must be rid of it.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentEarlySuccessCriteria.html
 */
function earlySuccess(
  wanted: DeploymentConfiguration['earlySuccessCriteria'],
  strategy: DeploymentConfiguration['strategy'],
  live: DeploymentConfiguration | undefined,
): Pick<DeploymentConfiguration, 'earlySuccessCriteria'> {
  if (strategy !== 'ROLLING' && !live?.earlySuccessCriteria?.enable) return {}
  return { earlySuccessCriteria: (strategy === 'ROLLING' && wanted) || { enable: false } }
}

function threshold(own: { tasks: number } | { percent: number }) {
  return 'tasks' in own ? { type: 'COUNT' as const, value: own.tasks } : { type: 'BOUNDED_PERCENT' as const, value: own.percent }
}

type Hooks = NonNullable<DeploymentConfiguration['lifecycleHooks']>
type Stages = NonNullable<Hooks[number]['lifecycleStages']>

function lifecycleHooks(deploy: Rollout, account: string, region: string): Hooks {
  const stages = (names: readonly string[]) => names.map((name) => name.toUpperCase().replaceAll('-', '_')) as Stages
  const timeout = (seconds: number | undefined, action: 'rollback' | 'continue') =>
    seconds === undefined
      ? {}
      : {
          timeoutConfiguration: {
            timeoutInMinutes: Math.max(1, Math.round(seconds / MINUTE)),
            action: action === 'rollback' ? ('ROLLBACK' as const) : ('CONTINUE' as const),
          },
        }
  return [
    ...(deploy.pause.length > 0 ? [{ targetType: 'PAUSE' as const, lifecycleStages: stages(deploy.pause) }] : []),
    ...deploy.hooks.map((hook) => ({
      targetType: 'AWS_LAMBDA' as const,
      hookTargetArn: hook.function,
      ...(hook.role ? { roleArn: roleArn(hook.role, account, region) } : {}),
      lifecycleStages: stages(hook.stages),
      ...timeout(hook.timeout, hook.onTimeout),
    })),
  ]
}

function capacity(service: ServiceManifest): Pick<CreateServiceRequest, 'launchType' | 'capacityProviderStrategy'> {
  if ('providers' in service.capacity)
    return {
      capacityProviderStrategy: service.capacity.providers.map(({ provider, weight, base }) => ({
        capacityProvider: provider,
        weight,
        base,
      })),
    }
  switch (service.capacity.launch) {
    case 'fargate':
      return { launchType: 'FARGATE' }
    case 'ec2':
      return { launchType: 'EC2' }
    case 'fargate-spot':
      return { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] }
  }
}

function loadBalancers(service: ServiceManifest, surroundings: Surroundings): Pick<CreateServiceRequest, 'loadBalancers'> {
  const [first] = service.ports
  if (!first || !surroundings.targetGroup) return {}
  const { listenerRule, testListenerRule, strategy } = service.deploy
  const { account, region, alternateTargetGroup } = surroundings
  const shifting =
    strategy === 'rolling' || !alternateTargetGroup
      ? {}
      : {
          advancedConfiguration: {
            alternateTargetGroupArn: alternateTargetGroup,
            productionListenerRule: listenerRule,
            ...(testListenerRule ? { testListenerRule } : {}),
            roleArn: roleArn(service.names.loadBalancerRole, account, region),
          },
        }
  return {
    loadBalancers: [
      {
        targetGroupArn: surroundings.targetGroup,
        containerName: service.names.container,
        containerPort: first.port,
        ...shifting,
      },
    ],
  }
}
