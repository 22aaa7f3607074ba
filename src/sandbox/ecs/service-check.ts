// What CreateService, UpdateService and RunTask refuse of a service's configuration.
import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  RunTaskRequest,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { clientError, invalid } from './context.ts'
import type { Engine } from './engine.ts'
import { instanceQuery } from './instance-query.ts'
import type { ClusterRecord, TaskDefinitionRecord } from './state.ts'

const PLATFORMS = ['LATEST', '1.4.0', '1.3.0', '1.2.0', '1.1.0', '1.0.0']
const LONGEST_BAKE_MINUTES = 1440
const HOOK_STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
]
const PAUSE_STAGES_FORBIDDEN = ['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']
const LAMBDA_ARN = /^arn:[^:]*:lambda:/

export function checkNetwork(engine: Engine, definition: TaskDefinitionRecord, network: NetworkConfiguration | undefined): void {
  const vpc = network?.awsvpcConfiguration
  if (definition.spec.networkMode !== 'awsvpc') {
    if (vpc) throw invalid('Network Configuration is not valid for the given networkMode of this task definition.')
    return
  }
  if (!vpc) throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  if (!vpc.subnets?.length) throw invalid('subnets can not be empty.')
  if (vpc.subnets.length > 16) throw invalid('subnets can have at most 16 items.')
  for (const subnet of vpc.subnets) {
    if (engine.cloud.network.subnetExists(subnet)) continue
    const error = `The subnet ID '${subnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`
    throw invalid(`Error retrieving subnet information for [${subnet}]: ${error}`)
  }
  for (const group of vpc.securityGroups ?? []) {
    if (engine.cloud.network.securityGroupExists(group)) continue
    const error = `The security group '${group}' does not exist (ErrorCode: InvalidGroup.NotFound)`
    throw invalid(`Error retrieving security group information for [${group}]: ${error}`)
  }
}

export function checkLoadBalancers(engine: Engine, definition: TaskDefinitionRecord, balancers: readonly LoadBalancer[]): void {
  for (const { targetGroupArn, containerName, containerPort, advancedConfiguration } of balancers) {
    if (!targetGroupArn) throw invalid('targetGroupArn can not be blank.')
    const container = definition.spec.containerDefinitions?.find(({ name }) => name === containerName)
    if (!container) throw invalid(`The container ${containerName} does not exist in the task definition.`)
    if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
      throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`)
    }
    checkTargetGroup(engine, definition, targetGroupArn, advancedConfiguration === undefined)
    const alternate = advancedConfiguration?.alternateTargetGroupArn
    if (alternate) checkTargetGroup(engine, definition, alternate, false)
  }
}

function checkTargetGroup(engine: Engine, definition: TaskDefinitionRecord, arn: string, mustBeAttached: boolean): void {
  const group = engine.cloud.balancing.targetGroup(arn)
  if (!group) {
    throw invalid(
      'Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role being passed has the proper permissions.',
    )
  }
  if (definition.spec.networkMode === 'awsvpc' && group.targetType !== 'ip') {
    throw invalid(
      `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
    )
  }
  if (definition.spec.networkMode !== 'awsvpc' && group.targetType !== 'instance') {
    throw invalid(
      `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the ${definition.spec.networkMode ?? 'bridge'} network mode specified in the task definition.`,
    )
  }
  if (mustBeAttached && !group.attached)
    throw invalid(`The target group with targetGroupArn ${arn} does not have an associated load balancer.`)
}

export function checkCapacity(
  cluster: ClusterRecord,
  launchType: string | undefined,
  strategy: CapacityProviderStrategyItem[] | undefined,
): void {
  if (!strategy?.length) return
  if (launchType !== undefined)
    throw invalid('Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.')
  for (const { capacityProvider = '' } of strategy) {
    if (cluster.capacityProviders.includes(capacityProvider)) continue
    throw invalid(
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
    )
  }
  if (!strategy.some(({ weight = 0 }) => weight > 0))
    throw invalid(
      'The specified capacity provider strategy must have at least one capacity provider with a weight greater than zero.',
    )
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1)
    throw invalid('Only one capacity provider in a capacity provider strategy can have a base defined.')
}

export function checkLaunchType(definition: TaskDefinitionRecord, launchType: string | undefined): void {
  const wanted = launchType ?? 'FARGATE'
  if (!definition.compatibilities.some((each) => each === wanted)) {
    throw invalid(`Task definition does not support launch_type ${wanted}.`)
  }
}

/** The launch type asked for, else the first that the definition is made for. */
export function usualLaunchType(
  { compatibilities }: Pick<TaskDefinitionRecord, 'compatibilities'>,
  asked: LaunchType | undefined,
): LaunchType {
  return asked ?? (compatibilities.includes('FARGATE') ? 'FARGATE' : 'EC2')
}

/** Source of the limits and names: SDK, CreateServiceRequest and PlacementStrategy. */
export function checkPlacement(
  launchType: LaunchType | undefined,
  { placementConstraints = [], placementStrategy = [] }: Pick<RunTaskRequest, 'placementConstraints' | 'placementStrategy'>,
): void {
  if (launchType === 'FARGATE' && placementStrategy.length > 0)
    throw invalid('Placement strategies are not supported with FARGATE launch type.')
  if (launchType === 'FARGATE' && placementConstraints.length > 0)
    throw invalid('Placement constraints are not supported with FARGATE launch type.')
  if (placementStrategy.length > 5) throw invalid('placementStrategy can have at most 5 items.')
  if (placementConstraints.length > 10) throw invalid('placementConstraints can have at most 10 items.')
  for (const { type, field } of placementStrategy) {
    if (type === 'binpack' && !/^(?:cpu|memory)$/i.test(field ?? '')) throw invalid(`The field value ${field} is invalid.`)
    if (type === 'spread' && !field) throw invalid('A spread strategy must have a field.')
  }
  for (const { type, expression } of placementConstraints) {
    if (type === 'memberOf') instanceQuery(expression ?? '')
    else if (expression) throw invalid('An expression cannot be specified for the distinctInstance constraint.')
  }
}

/** Throws PlatformUnknownException for a version that Fargate on Linux never had. */
export function checkPlatform(version: string | undefined): void {
  if (version !== undefined && !PLATFORMS.includes(version))
    throw new AwsError('PlatformUnknownException', "The specified platform version doesn't exist.")
}

export function checkDeployment(configuration: DeploymentConfiguration): void {
  const { minimumHealthyPercent = 100, maximumPercent = 200, strategy = 'ROLLING', alarms } = configuration
  if (minimumHealthyPercent < 0 || maximumPercent < 1)
    throw invalid('minimumHealthyPercent and maximumPercent must not be negative.')
  if (maximumPercent < minimumHealthyPercent)
    throw invalid('maximumPercent must be greater than or equal to minimumHealthyPercent.')
  if (strategy === 'ROLLING' && maximumPercent === 100 && minimumHealthyPercent === 100)
    throw invalid('Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.')
  if (alarms?.enable && !alarms.alarmNames?.length) throw invalid('alarmNames can not be empty when alarms are enabled.')
  checkBreaker(configuration)
  checkEarlySuccess(configuration, minimumHealthyPercent)
  if (strategy === 'BLUE_GREEN' && configuration.bakeTimeInMinutes === undefined)
    throw invalid('bakeTimeInMinutes must be provided when the deployment strategy is BLUE_GREEN.')
  checkTraffic(configuration)
  checkBakes(configuration)
  checkHooks(configuration)
}

function checkBreaker({ deploymentCircuitBreaker }: DeploymentConfiguration): void {
  const threshold = deploymentCircuitBreaker?.thresholdConfiguration
  if (!threshold) return
  const { type, value = 0 } = threshold
  if (value < 1 || (type !== 'COUNT' && value > 100))
    throw invalid(`Invalid value ${value} for a circuit breaker threshold of type ${type}.`)
}

function checkEarlySuccess(
  { earlySuccessCriteria, strategy = 'ROLLING' }: DeploymentConfiguration,
  minimumHealthyPercent: number,
): void {
  if (!earlySuccessCriteria?.enable) return
  const { healthyPercent, sourceServiceRevisionCleanup } = earlySuccessCriteria
  if (strategy !== 'ROLLING') throw invalid('earlySuccessCriteria can only be used with the ROLLING deployment strategy.')
  if (healthyPercent === undefined || !sourceServiceRevisionCleanup)
    throw invalid('healthyPercent and sourceServiceRevisionCleanup must be specified when earlySuccessCriteria are enabled.')
  if (!Number.isInteger(healthyPercent) || healthyPercent < 0 || healthyPercent > 100)
    throw invalid('healthyPercent must be an integer between 0 and 100.')
  if (healthyPercent < minimumHealthyPercent)
    throw invalid('healthyPercent must be greater than or equal to minimumHealthyPercent.')
}

function checkTraffic({ strategy = 'ROLLING', canaryConfiguration, linearConfiguration }: DeploymentConfiguration): void {
  if (canaryConfiguration && strategy !== 'CANARY')
    throw invalid('canaryConfiguration can only be used with the CANARY deployment strategy.')
  if (linearConfiguration && strategy !== 'LINEAR')
    throw invalid('linearConfiguration can only be used with the LINEAR deployment strategy.')
  const isShare = (percent: number, least: number) =>
    percent >= least && percent <= 100 && Math.abs(percent * 10 - Math.round(percent * 10)) < 1e-6
  if (!isShare(canaryConfiguration?.canaryPercent ?? 5, 0.1))
    throw invalid('canaryPercent must be a multiple of 0.1 between 0.1 and 100.0.')
  if (!isShare(linearConfiguration?.stepPercent ?? 10, 3))
    throw invalid('stepPercent must be a multiple of 0.1 between 3.0 and 100.0.')
}

function checkBakes({ bakeTimeInMinutes, canaryConfiguration, linearConfiguration }: DeploymentConfiguration): void {
  const bakes = {
    bakeTimeInMinutes,
    canaryBakeTimeInMinutes: canaryConfiguration?.canaryBakeTimeInMinutes,
    stepBakeTimeInMinutes: linearConfiguration?.stepBakeTimeInMinutes,
  }
  for (const [name, minutes = 0] of Object.entries(bakes)) {
    if (!Number.isInteger(minutes) || minutes < 0 || minutes > LONGEST_BAKE_MINUTES)
      throw invalid(`${name} must be an integer between 0 and ${LONGEST_BAKE_MINUTES}.`)
  }
}

function checkHooks({ lifecycleHooks = [] }: DeploymentConfiguration): void {
  for (const {
    targetType = 'AWS_LAMBDA',
    hookTargetArn,
    roleArn,
    lifecycleStages = [],
    timeoutConfiguration,
  } of lifecycleHooks) {
    if (lifecycleStages.length === 0) throw invalid('lifecycleStages can not be empty.')
    const unknown = lifecycleStages.find((stage) => !HOOK_STAGES.includes(stage))
    if (unknown) throw invalid(`Lifecycle hooks cannot be configured at the ${unknown} stage.`)
    const minutes = timeoutConfiguration?.timeoutInMinutes ?? 1
    if (minutes < 1 || minutes > 20160) throw invalid('timeoutInMinutes must be between 1 and 20160.')
    if (targetType === 'PAUSE') {
      if (hookTargetArn || roleArn) throw invalid('hookTargetArn and roleArn are not applicable to PAUSE hooks.')
      const forbidden = lifecycleStages.find((stage) => PAUSE_STAGES_FORBIDDEN.includes(stage))
      if (forbidden) throw invalid(`PAUSE hooks cannot be configured at the ${forbidden} stage.`)
    } else if (!LAMBDA_ARN.test(hookTargetArn ?? '')) throw invalid('hookTargetArn must be the ARN of a Lambda function.')
    else if (!roleArn) throw invalid('roleArn must be specified for AWS_LAMBDA hooks.')
  }
}

export function checkName(name: string | undefined): string {
  if (!name) throw invalid('Service name can not be blank.')
  if (!/^[\w-]{1,255}$/.test(name)) throw clientError('Service name contains invalid characters.')
  return name
}
