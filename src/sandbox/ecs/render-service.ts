// Services, revisions and service deployments as the API shows them.
import type {
  Deployment,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
  ServiceRevisionSummary,
} from '@aws-sdk/client-ecs'
import { failureThreshold } from './circuit-breaker.ts'
import type { Engine, LiveRevision, LiveService } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import type { DeploymentRecord, RevisionRecord, ServiceDeploymentRecord, ServiceRecord } from './state.ts'

interface Counts {
  running: number
  pending: number
  /** Running or on their way there, and not asked to stop. */
  wanted: number
}

/** A service as DescribeServices shows it, without its tags. */
export function renderedService(engine: Engine, record: ServiceRecord): Service {
  const live = engine.services.get(record.arn)
  const { spec } = revisionOf(engine, record.revision)
  const total = counts((live?.revisions ?? []).flatMap(({ tasks }) => tasks))
  return {
    serviceArn: record.arn,
    serviceName: record.name,
    clusterArn: record.clusterArn,
    loadBalancers: spec.loadBalancers,
    serviceRegistries: spec.serviceRegistries ?? [],
    status: record.status,
    desiredCount: record.desiredCount,
    runningCount: total.running,
    pendingCount: total.pending,
    launchType: spec.capacityProviderStrategy ? undefined : spec.launchType,
    capacityProviderStrategy: spec.capacityProviderStrategy,
    platformVersion: spec.platformVersion,
    platformFamily: spec.platformFamily,
    taskDefinition: spec.taskDefinition,
    deploymentConfiguration: record.deploymentConfiguration,
    deployments: record.deployments.map((deployment) => renderedDeployment(engine, record, live, deployment)),
    roleArn: record.roleArn,
    events: [...record.events],
    createdAt: new Date(record.createdAt),
    currentServiceDeployment: record.currentServiceDeployment,
    currentServiceRevisions: (live?.revisions ?? []).map((revision) => {
      const { running, pending } = counts(revision.tasks)
      const requestedTaskCount = requested(record, live, revision.deployment)
      return { arn: revision.record.arn, requestedTaskCount, runningTaskCount: running, pendingTaskCount: pending }
    }),
    placementConstraints: record.placementConstraints,
    placementStrategy: record.placementStrategy,
    networkConfiguration: spec.networkConfiguration,
    healthCheckGracePeriodSeconds: record.healthCheckGracePeriodSeconds,
    schedulingStrategy: record.schedulingStrategy,
    deploymentController: { type: 'ECS' },
    createdBy: record.createdBy,
    enableECSManagedTags: record.enableECSManagedTags,
    propagateTags: record.propagateTags,
    enableExecuteCommand: record.enableExecuteCommand,
    availabilityZoneRebalancing: record.availabilityZoneRebalancing,
    resourceManagementType: 'CUSTOMER',
  }
}

export function renderedServiceDeployment(engine: Engine, record: ServiceDeploymentRecord): ServiceDeployment {
  const live = engine.services.get(record.service)
  const isCurrent = live?.rollout?.record === record
  const desired = live?.record.desiredCount ?? 0
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.service,
    clusterArn: record.clusterArn,
    createdAt: new Date(record.createdAt),
    startedAt: date(record.startedAt),
    finishedAt: date(record.finishedAt),
    stoppedAt: date(record.stoppedAt),
    updatedAt: new Date(record.updatedAt),
    sourceServiceRevisions: record.sources.map((arn) => summary(engine, record, arn)),
    targetServiceRevision: summary(engine, record, record.target),
    status: record.status,
    statusReason: record.statusReason,
    lifecycleStage: record.stage as ServiceDeployment['lifecycleStage'],
    lifecycleHookDetails: record.hooks.map(({ hookId, targetType, targetArn, status, expiresAt, timeoutAction }) => {
      return { hookId, targetType, targetArn, status, expiresAt: new Date(expiresAt), timeoutAction }
    }),
    deploymentConfiguration: record.configuration,
    rollback: record.rollback && {
      reason: record.rollback.reason,
      startedAt: new Date(record.rollback.startedAt),
      serviceRevisionArn: record.rollback.revision,
    },
    deploymentCircuitBreaker: {
      status: record.breaker.status,
      failureCount: record.breaker.failures,
      threshold: isCurrent ? failureThreshold(record.configuration.deploymentCircuitBreaker, desired) : record.breaker.threshold,
    },
    alarms: { status: record.alarms.status, alarmNames: record.alarms.names, triggeredAlarmNames: record.alarms.triggered },
  }
}

/** The same as ListServiceDeployments shows it. */
export function renderedBrief(deployment: ServiceDeployment): ServiceDeploymentBrief {
  const { serviceDeploymentArn, serviceArn, clusterArn, createdAt, startedAt, finishedAt, status, statusReason } = deployment
  const targetServiceRevisionArn = deployment.targetServiceRevision?.arn
  return {
    serviceDeploymentArn,
    serviceArn,
    clusterArn,
    createdAt,
    startedAt,
    finishedAt,
    targetServiceRevisionArn,
    status,
    statusReason,
  }
}

export function renderedRevision(engine: Engine, record: RevisionRecord): ServiceRevision {
  const { spec } = record
  const service = engine.serviceRecords.get(record.service)
  const containers = engine.definitions.get(spec.taskDefinition)?.spec.containerDefinitions ?? []
  return {
    serviceRevisionArn: record.arn,
    serviceArn: record.service,
    clusterArn: service?.clusterArn,
    taskDefinition: spec.taskDefinition,
    capacityProviderStrategy: spec.capacityProviderStrategy,
    launchType: spec.capacityProviderStrategy ? undefined : spec.launchType,
    platformVersion: spec.platformVersion,
    platformFamily: spec.platformFamily,
    loadBalancers: spec.loadBalancers,
    serviceRegistries: spec.serviceRegistries,
    networkConfiguration: spec.networkConfiguration,
    containerImages: containers.map(({ name = '', image }) => ({
      containerName: name,
      imageDigest: record.digests[name],
      image,
    })),
    guardDutyEnabled: false,
    serviceConnectConfiguration: spec.serviceConnectConfiguration,
    volumeConfigurations: spec.volumeConfigurations,
    vpcLatticeConfigurations: spec.vpcLatticeConfigurations,
    createdAt: new Date(record.createdAt),
    resolvedConfiguration: {
      loadBalancers: spec.loadBalancers.map(({ advancedConfiguration }, index) => ({
        targetGroupArn: record.targetGroups[index],
        productionListenerRule: advancedConfiguration?.productionListenerRule,
      })),
    },
  }
}

export function counts(tasks: readonly LiveTask[]): Counts {
  const count: Counts = { running: 0, pending: 0, wanted: 0 }
  for (const { active, record } of tasks) {
    if (active) count.wanted++
    if (record.lastStatus === 'RUNNING') count.running++
    else if (active) count.pending++
  }
  return count
}

function renderedDeployment(
  engine: Engine,
  service: ServiceRecord,
  live: LiveService | undefined,
  deployment: DeploymentRecord,
): Deployment {
  const { spec } = revisionOf(engine, deployment.revision)
  const { running, pending } = counts(liveRevisionOf(live, deployment.revision)?.tasks ?? [])
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: spec.taskDefinition,
    desiredCount: requested(service, live, deployment),
    pendingCount: pending,
    runningCount: running,
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    capacityProviderStrategy: spec.capacityProviderStrategy,
    launchType: spec.capacityProviderStrategy ? undefined : spec.launchType,
    platformVersion: spec.platformVersion,
    platformFamily: spec.platformFamily,
    networkConfiguration: spec.networkConfiguration,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
    serviceConnectConfiguration: spec.serviceConnectConfiguration,
    volumeConfigurations: spec.volumeConfigurations,
    vpcLatticeConfigurations: spec.vpcLatticeConfigurations,
  }
}

/** The PRIMARY is asked for the whole desired count, the others for what is left of them. */
function requested(service: ServiceRecord, live: LiveService | undefined, deployment: DeploymentRecord): number {
  if (deployment.status === 'PRIMARY') return service.desiredCount
  if (deployment.rolloutState === 'FAILED') return 0
  return counts(liveRevisionOf(live, deployment.revision)?.tasks ?? []).wanted
}

function summary(engine: Engine, deployment: ServiceDeploymentRecord, arn: string): ServiceRevisionSummary {
  const live = engine.services.get(deployment.service)
  const revision = liveRevisionOf(live, arn)
  const { running, pending } = counts(revision?.tasks ?? [])
  const isShift = deployment.stage !== undefined
  const rest = arn === deployment.serving ? 100 : 0
  const share = (weight: number) => (arn === deployment.target ? weight : rest && rest - weight)
  return {
    arn,
    requestedTaskCount: live && revision ? requested(live.record, live, revision.deployment) : 0,
    runningTaskCount: running,
    pendingTaskCount: pending,
    requestedProductionTrafficWeight: isShift ? share(deployment.productionWeight) : undefined,
    requestedTestTrafficWeight: isShift ? share(deployment.testWeight) : undefined,
  }
}

function liveRevisionOf(live: LiveService | undefined, arn: string): LiveRevision | undefined {
  return live?.revisions.find(({ record }) => record.arn === arn)
}

function revisionOf(engine: Engine, arn: string): RevisionRecord {
  const revision = engine.revisionRecords.get(arn)
  if (!revision) throw new Error(`No service revision ${arn}`)
  return revision
}

const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms))
