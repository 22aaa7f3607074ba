// CreateService, UpdateService, DeleteService and what is read of services.
import { isDeepStrictEqual } from 'node:util'
import type { CreateServiceRequest, DeploymentConfiguration, Service, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { sortedBy } from '../page.ts'
import {
  activeService,
  type Context,
  checkToken,
  clientError,
  clusterOf,
  definitionOf,
  type EcsHandlers,
  invalid,
  paged,
  serviceArn,
} from './context.ts'
import { beginDeployment } from './deployment.ts'
import { changedConfiguration, DEFAULT_CONFIGURATION } from './deployment-configuration.ts'
import { type Engine, keepService, type LiveService, newLiveService, queue } from './engine.ts'
import { renderedService } from './render-service.ts'
import {
  checkCapacity,
  checkDeployment,
  checkLaunchType,
  checkLoadBalancers,
  checkName,
  checkNetwork,
  checkPlacement,
  checkPlatform,
} from './service-check.ts'
import { stopsEveryTask } from './service-deletion.ts'
import { changedSpec, initialSpec } from './service-spec.ts'
import type { ClusterRecord, RevisionSpec, ServiceRecord } from './state.ts'
import { checkTags } from './tags.ts'

const DESCRIBED_AT_ONCE = 10
const LONGEST_TOKEN = 36
/** Each field of UpdateServiceRequest says in the SDK whether it "triggers a new service deployment". */
const DEPLOYED = [
  'taskDefinition',
  'platformVersion',
  'loadBalancers',
  'networkConfiguration',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'vpcLatticeConfigurations',
] as const

export function serviceOperations({ engine, history }: Context): EcsHandlers {
  const shown = (record: ServiceRecord): { service: Service } => ({
    service: { ...renderedService(engine, record), tags: record.tags },
  })
  return {
    CreateService(input, call) {
      const cluster = clusterOf(engine, input.cluster)
      const name = checkName(input.serviceName)
      checkToken(input.clientToken, LONGEST_TOKEN)
      checkTags(input.tags)
      const existing = engine.serviceRecords.get(serviceArn(engine, cluster.name, name))
      if (existing?.status === 'DRAINING') throw invalid('Unable to Start a service that is still Draining.')
      if (existing?.status === 'ACTIVE') {
        if (input.clientToken !== undefined && existing.clientToken === input.clientToken) return shown(existing)
        throw invalid('Creation of service was not idempotent.')
      }
      const spec = initialSpec(engine, cluster, input)
      checkSpec(engine, cluster, spec)
      const record = newService(engine, cluster, name, input, call.principal.arn)
      checkDeployment(record.deploymentConfiguration)
      checkPlacement(spec.capacityProviderStrategy ? 'FARGATE' : spec.launchType, input)
      const live = newLiveService(record)
      engine.services.set(record.arn, live)
      beginDeployment(engine, live, spec)
      return shown(record)
    },

    UpdateService(input) {
      const cluster = clusterOf(engine, input.cluster)
      const live = activeService(engine, cluster, input.service)
      const before = engine.revisionRecords.get(live.record.revision)?.spec
      if (!before) throw invalid('Service was not ACTIVE.')
      const spec = changedSpec(engine, before, input)
      const isNew = needsDeployment(before, spec, input)
      if (isNew || input.capacityProviderStrategy) checkSpec(engine, cluster, spec)
      const configuration = changedConfiguration(live.record.deploymentConfiguration, input.deploymentConfiguration)
      checkDeployment(configuration)
      checkPlacement(spec.capacityProviderStrategy ? 'FARGATE' : spec.launchType, input)
      applySettings(live.record, input, configuration)
      live.lost = []
      if (isNew) beginDeployment(engine, live, spec)
      else if (input.capacityProviderStrategy) keepStrategy(engine, live, spec)
      keepService(engine, live)
      queue(engine, live)
      return shown(live.record)
    },

    DeleteService({ cluster: name, service, force }) {
      const cluster = clusterOf(engine, name)
      const record = engine.serviceRecords.get(serviceArn(engine, cluster.name, service ?? ''))
      if (!record) throw new AwsError('ServiceNotFoundException', 'Service not found.')
      // Deleted again, it is given as it stands (aws/aws-cli#1334, aws/aws-sdk-js#4189).
      const live = record.status === 'ACTIVE' ? engine.services.get(record.arn) : undefined
      if (!live) return shown(record)
      if (record.desiredCount > 0 && !force) throw invalid('The service cannot be stopped while it is scaled above 0.')
      stopsEveryTask(engine, live)
      return shown(record)
    },

    DescribeServices({ cluster: name, services = [], include = [] }) {
      const cluster = clusterOf(engine, name)
      if (services.length === 0) throw invalid('Services cannot be empty.')
      if (services.length > DESCRIBED_AT_ONCE) throw invalid(`Services cannot have more than ${DESCRIBED_AT_ONCE} elements.`)
      const found: Service[] = []
      const failures: { arn: string; reason: string }[] = []
      for (const each of services) {
        const arn = serviceArn(engine, cluster.name, each)
        const service = history.seen<Service>('DescribeServices', 'service', arn)
        if (!service) failures.push({ arn, reason: 'MISSING' })
        else found.push(include.includes('TAGS') ? { ...service, tags: engine.serviceRecords.get(arn)?.tags } : service)
      }
      return { services: found, failures }
    },

    ListServices({ cluster: name, launchType, schedulingStrategy, resourceManagementType, ...input }) {
      const cluster = clusterOf(engine, name)
      const found = history.all<Service>('ListServices', 'service', serviceArn(engine, cluster.name, '')).filter(({ value }) => {
        if (value.status !== 'ACTIVE') return false
        if (launchType !== undefined && value.launchType !== launchType) return false
        if (schedulingStrategy !== undefined && value.schedulingStrategy !== schedulingStrategy) return false
        return resourceManagementType === undefined || value.resourceManagementType === resourceManagementType
      })
      const arns = sortedBy(
        found.map(({ key }) => key),
        String,
      )
      const { items, nextToken } = paged(arns, String, input, 10)
      return { serviceArns: items, nextToken }
    },
  }
}

function checkSpec(engine: Engine, cluster: ClusterRecord, spec: RevisionSpec): void {
  // It may have been deregistered since: services that use it go on with it.
  const definition = definitionOf(engine, spec.taskDefinition)
  if (!definition) throw clientError('TaskDefinition not found.')
  checkCapacity(cluster, spec.capacityProviderStrategy ? undefined : spec.launchType, spec.capacityProviderStrategy)
  checkLaunchType(definition, spec.capacityProviderStrategy ? 'FARGATE' : spec.launchType)
  checkNetwork(engine, definition, spec.networkConfiguration)
  checkLoadBalancers(engine, definition, spec.loadBalancers)
  checkPlatform(spec.platformVersion)
}

function newService(
  engine: Engine,
  cluster: ClusterRecord,
  name: string,
  input: CreateServiceRequest,
  createdBy: string,
): ServiceRecord {
  if (input.schedulingStrategy === 'DAEMON')
    throw invalid('The daemon scheduling strategy is not supported with the Fargate launch type.')
  if (input.desiredCount === undefined || input.desiredCount < 0) throw invalid('Desired count must be at least 0.')
  const controller = input.deploymentController?.type ?? 'ECS'
  if (controller !== 'ECS') throw invalid(`The deployment controller ${controller} is not supported here.`)
  return {
    arn: serviceArn(engine, cluster.name, name),
    name,
    cluster: cluster.name,
    clusterArn: cluster.arn,
    status: 'ACTIVE',
    desiredCount: input.desiredCount,
    deploymentConfiguration: changedConfiguration(DEFAULT_CONFIGURATION, input.deploymentConfiguration),
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? (input.loadBalancers?.length ? 0 : undefined),
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'ENABLED',
    schedulingStrategy: 'REPLICA',
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: input.propagateTags ?? 'NONE',
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    roleArn: input.role,
    revision: '',
    deployments: [],
    events: [],
    tags: input.tags ?? [],
    createdAt: engine.clock.now(),
    createdBy,
    clientToken: input.clientToken,
  }
}

function applySettings(record: ServiceRecord, input: UpdateServiceRequest, configuration: DeploymentConfiguration): void {
  if (input.desiredCount !== undefined && input.desiredCount < 0) throw invalid('Desired count must be at least 0.')
  record.desiredCount = input.desiredCount ?? record.desiredCount
  record.deploymentConfiguration = configuration
  record.healthCheckGracePeriodSeconds = input.healthCheckGracePeriodSeconds ?? record.healthCheckGracePeriodSeconds
  record.availabilityZoneRebalancing = input.availabilityZoneRebalancing ?? record.availabilityZoneRebalancing
  record.enableExecuteCommand = input.enableExecuteCommand ?? record.enableExecuteCommand
  record.enableECSManagedTags = input.enableECSManagedTags ?? record.enableECSManagedTags
  record.propagateTags = input.propagateTags ?? record.propagateTags
  record.placementConstraints = input.placementConstraints ?? record.placementConstraints
  record.placementStrategy = input.placementStrategy ?? record.placementStrategy
}

function needsDeployment(before: RevisionSpec, after: RevisionSpec, { forceNewDeployment }: UpdateServiceRequest): boolean {
  return forceNewDeployment === true || DEPLOYED.some((name) => !isDeepStrictEqual(before[name], after[name]))
}

/** A strategy changed without a deployment goes for the tasks that start from now on. */
function keepStrategy(engine: Engine, { revisions }: LiveService, spec: RevisionSpec): void {
  const primary = revisions[0]?.record
  if (!primary) return
  primary.spec = spec
  engine.revisionRecords.set(primary.arn, primary)
}
