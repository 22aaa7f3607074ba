// What ECS keeps: plain, structured-cloneable records, one table each. Times are epoch milliseconds.
import type {
  CapacityProviderStrategyItem,
  CreateServiceRequest,
  DeploymentConfiguration,
  DeploymentLifecycleHookStatus,
  DeploymentRolloutState,
  HealthStatus,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
  ServiceEvent,
  Tag,
  TaskOverride,
  TaskStopCode,
} from '@aws-sdk/client-ecs'
import type { HostPort } from './instance-room.ts'

export interface ClusterRecord {
  name: string
  arn: string
  status: 'ACTIVE' | 'INACTIVE'
  settings: { name: string; value: string }[]
  capacityProviders: string[]
  defaultCapacityProviderStrategy: CapacityProviderStrategyItem[]
  configuration?: object
  tags: Tag[]
  createdAt: number
}

/** A machine of the EC2 launch type. */
export interface ContainerInstanceRecord {
  arn: string
  id: string
  cluster: string
  ec2InstanceId: string
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  agentConnected: boolean
  agentVersion: string
  /** CPU units and MiB that tasks can have. */
  cpu: number
  memory: number
  /** Host ports that no task can have. */
  ports: string[]
  udpPorts: string[]
  availabilityZone: string
  attributes: Record<string, string>
  tags: Tag[]
  registeredAt: number
  version: number
}

export interface TaskDefinitionRecord {
  arn: string
  family: string
  revision: number
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS'
  /** As registered, with the defaults that ECS fills in. */
  spec: Required<Pick<RegisterTaskDefinitionRequest, 'containerDefinitions'>> & RegisterTaskDefinitionRequest
  compatibilities: ('EC2' | 'FARGATE' | 'EXTERNAL')[]
  requiresAttributes: string[]
  tags: Tag[]
  registeredAt: number
  registeredBy: string
  deregisteredAt?: number
}

/** The settings of CreateService that tasks are started by; a change of one of them makes a new revision. */
export interface RevisionSpec {
  taskDefinition: string
  launchType?: LaunchType
  capacityProviderStrategy?: CapacityProviderStrategyItem[]
  platformVersion?: string
  platformFamily?: string
  loadBalancers: LoadBalancer[]
  networkConfiguration?: NetworkConfiguration
  serviceRegistries?: CreateServiceRequest['serviceRegistries']
  serviceConnectConfiguration?: CreateServiceRequest['serviceConnectConfiguration']
  volumeConfigurations?: CreateServiceRequest['volumeConfigurations']
  vpcLatticeConfigurations?: CreateServiceRequest['vpcLatticeConfigurations']
}

export interface RevisionRecord {
  arn: string
  /** The number at the end of the ARN, and of the deployment's id. */
  id: string
  service: string
  createdAt: number
  spec: RevisionSpec
  /** Digests that the tags meant when the first task of this revision was pulled, by container. */
  digests: Record<string, string>
  /** The target group that serves this revision, for each load balancer of its spec. */
  targetGroups: string[]
}

/** An entry of `service.deployments`: a revision that has tasks, or is to have them. */
export interface DeploymentRecord {
  /** `ecs-svc/<19 digits>` */
  id: string
  revision: string
  status: 'PRIMARY' | 'ACTIVE'
  rolloutState: DeploymentRolloutState
  rolloutStateReason: string
  failedTasks: number
  createdAt: number
  updatedAt: number
}

export interface ServiceRecord {
  arn: string
  name: string
  cluster: string
  clusterArn: string
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  desiredCount: number
  /** Settings that do not belong to a revision. */
  deploymentConfiguration: DeploymentConfiguration
  healthCheckGracePeriodSeconds?: number
  availabilityZoneRebalancing: 'ENABLED' | 'DISABLED'
  schedulingStrategy: 'REPLICA' | 'DAEMON'
  enableExecuteCommand: boolean
  enableECSManagedTags: boolean
  propagateTags: 'NONE' | 'SERVICE' | 'TASK_DEFINITION'
  placementConstraints: NonNullable<CreateServiceRequest['placementConstraints']>
  placementStrategy: NonNullable<CreateServiceRequest['placementStrategy']>
  roleArn?: string
  /** The newest revision asked for; its spec is what DescribeServices shows. */
  revision: string
  deployments: DeploymentRecord[]
  currentServiceDeployment?: string
  /** The revision of the most recent deployment in the COMPLETED state: where a rollback goes. */
  completedRevision?: string
  /** The revision that production traffic goes to. */
  serving?: string
  events: ServiceEvent[]
  tags: Tag[]
  createdAt: number
  createdBy: string
  clientToken?: string
}

export interface HookRecord {
  hookId: string
  stage: string
  targetType: 'AWS_LAMBDA' | 'PAUSE'
  targetArn?: string
  status: DeploymentLifecycleHookStatus
  expiresAt: number
  timeoutAction: 'CONTINUE' | 'ROLLBACK'
  /** Why it failed, in the words of the deployment's statusReason. */
  reason?: string
}

export interface ServiceDeploymentRecord {
  arn: string
  service: string
  clusterArn: string
  sources: string[]
  target: string
  /** The source that production traffic came from when it began. */
  serving?: string
  status: ServiceDeploymentStatus
  statusReason?: string
  createdAt: number
  startedAt?: number
  updatedAt: number
  finishedAt?: number
  stoppedAt?: number
  configuration: DeploymentConfiguration
  breaker: { status: ServiceDeploymentRollbackMonitorsStatus; stage: 1 | 2; failures: number; threshold: number }
  alarms: { status: ServiceDeploymentRollbackMonitorsStatus; names: string[]; triggered: string[] }
  rollback?: { reason: string; startedAt: number; revision: string }
  /** Failures of the rollback's own tasks. */
  rollbackBreaker?: { stage: 1 | 2; failures: number }
  /** Traffic shifts only. */
  stage?: string
  /** Which step of the traffic shift is under way or done, from 0. */
  step: number
  /** Per cent of traffic that the target revision is to get. */
  productionWeight: number
  testWeight: number
  hooks: HookRecord[]
  /** When the present bake ends. */
  bakeEndsAt?: number
  /** Told SUCCESSFUL by its early success criteria while tasks are still being replaced. */
  early?: boolean
}

export interface ContainerRecord {
  id: string
  name: string
  image: string
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED'
  healthStatus: HealthStatus
  imageDigest?: string
  runtimeId?: string
  exitCode?: number
  reason?: string
}

export interface TaskRecord {
  arn: string
  id: string
  cluster: string
  clusterArn: string
  taskDefinition: string
  group: string
  startedBy?: string
  /** Set for tasks of services. */
  service?: string
  revision?: string
  lastStatus: TaskStatus
  desiredStatus: 'RUNNING' | 'STOPPED'
  healthStatus: HealthStatus
  launchType?: LaunchType
  capacityProvider?: string
  /** EC2 launch type only: the instance, and the host's ports in `bridge` and `host` mode. */
  containerInstance?: string
  hostPorts?: HostPort[]
  /** Fargate only. */
  platformVersion?: string
  platformFamily?: string
  cpu?: string
  memory?: string
  availabilityZone: string
  interface?: { attachmentId: string; subnet: string; networkInterfaceId: string; address: string; macAddress: string }
  containers: ContainerRecord[]
  overrides?: TaskOverride
  enableExecuteCommand: boolean
  tags: Tag[]
  version: number
  createdAt: number
  updatedAt: number
  pullStartedAt?: number
  pullStoppedAt?: number
  startedAt?: number
  stoppingAt?: number
  executionStoppedAt?: number
  stoppedAt?: number
  stopCode?: TaskStopCode
  stoppedReason?: string
  protectedUntil?: number
  /** Targets that this task has in target groups, kept so that a new process can take them out. */
  targets?: { targetGroupArn: string; id: string; port: number }[]
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'
