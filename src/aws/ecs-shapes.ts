// AWS's own shapes, for those who may not know the SDK.
export type {
  AwsVpcConfiguration,
  ContainerDefinition,
  CreateServiceRequest,
  DeploymentConfiguration,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  RunTaskRequest,
  Service,
  ServiceDeployment,
  ServiceRevision,
  ServiceRevisionSummary,
  Tag,
  Task,
  TaskDefinition,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs'
