import { z } from 'zod'
import { Build } from './build.ts'
import { optional } from './field.ts'

// Members of ContainerDefinition: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
// without `name`, which is the key that the parts stand under.
export const containerMembers = [
  'command',
  'cpu',
  'credentialSpecs',
  'dependsOn',
  'disableNetworking',
  'dnsSearchDomains',
  'dnsServers',
  'dockerLabels',
  'dockerSecurityOptions',
  'entryPoint',
  'environment',
  'environmentFiles',
  'essential',
  'extraHosts',
  'firelensConfiguration',
  'healthCheck',
  'hostname',
  'image',
  'interactive',
  'links',
  'linuxParameters',
  'logConfiguration',
  'memory',
  'memoryReservation',
  'mountPoints',
  'portMappings',
  'privileged',
  'pseudoTerminal',
  'readonlyRootFilesystem',
  'repositoryCredentials',
  'resourceRequirements',
  'restartPolicy',
  'secrets',
  'startTimeout',
  'stopTimeout',
  'systemControls',
  'ulimits',
  'user',
  'versionConsistency',
  'volumesFrom',
  'workingDirectory',
] as const

const member = z.unknown().optional()

/** Parts of an ECS container definition, in AWS's own words: the keys are checked here, the values by ECS. Two keys are kiban's. */
export const ContainerParts = z.strictObject({
  ...(Object.fromEntries(containerMembers.map((name) => [name, member])) as Record<
    (typeof containerMembers)[number],
    typeof member
  >),
  build: optional(
    Build,
    'Folder with the Dockerfile of a sidecar, or a map',
    'サイドカーの Dockerfile があるフォルダ、または詳細の指定',
  ),
  repository: optional(
    z.string().min(1),
    'ECR repository of what is built; {product}/{service}-{container} by default',
    'ビルドしたイメージの ECR リポジトリ。既定は {product}/{service}-{container}',
  ),
})
