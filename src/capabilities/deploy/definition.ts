// The task definition of a service in an environment, from its manifest and an image; pure.
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '../../aws/ecs-shapes.ts'
import type { ServiceManifest } from '../../manifest/environment.ts'
import { KMS_VALUE } from '../../manifest/secret.ts'

const MAX_CONTAINER_START_PERIOD_SECONDS = 300

export interface Account {
  account: string
  region: string
}

/** Stands for the commit in values of a definition: its first twelve characters, as in the tags of images. */
const COMMIT = '{commit}'
const COMMIT_CHARACTERS = 12
/** Under `names`, for a role that the task is to be without. */
const NO_ROLE = 'none'

export interface Images {
  own: string
  /** By container, of the sidecars that are built. */
  beside: Record<string, string>
}

/**
 * What RegisterTaskDefinition is asked, without tags. `base` is the file's definition that the manifest starts from, if any:
 * it stands over kiban's defaults, what the manifest says stands over it, and `containers` stands over all.
 */
export function taskDefinition(
  service: ServiceManifest,
  images: Images,
  where: Account,
  { base: file, commit }: { base?: Record<string, unknown>; commit: string },
): RegisterTaskDefinitionRequest {
  const base = typeof service.definition === 'object' ? service.definition : (file ?? {})
  const { written } = service
  const roles = {
    executionRoleArn: roleOf(service.names.executionRole, where),
    taskRoleArn: roleOf(service.names.taskRole, where),
  }
  const size = { cpu: String(service.size.cpu), memory: String(service.size.memory) }
  const platform = {
    runtimePlatform: {
      cpuArchitecture: service.architecture === 'arm64' ? 'ARM64' : 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
  }
  const usual = {
    ...roles,
    networkMode: 'awsvpc',
    requiresCompatibilities: [onInstances(service) ? 'EC2' : 'FARGATE'],
    ...(onInstances(service) ? {} : platform),
    ...(isSizedByContainer(service, base) ? {} : size),
  }
  const said = {
    family: service.names.family,
    ...(written.names?.execution_role === undefined ? {} : { executionRoleArn: roles.executionRoleArn }),
    ...(written.names?.task_role === undefined ? {} : { taskRoleArn: roles.taskRoleArn }),
    ...(written.size === undefined ? {} : size),
    ...(written.architecture === undefined ? {} : platform),
    ...(service.storage === undefined ? {} : { ephemeralStorage: { sizeInGiB: service.storage } }),
    ...(service.volumes.length > 0 ? { volumes: service.volumes } : {}),
  }
  const containerDefinitions = containers(service, images, where.region, baseContainers(base))
  const whole = { ...usual, ...base, ...said, containerDefinitions }
  return filled(whole, commit.slice(0, COMMIT_CHARACTERS)) as unknown as RegisterTaskDefinitionRequest
}

const roleOf = (nameOrArn: string, { account, region }: Account): string | undefined =>
  nameOrArn === NO_ROLE ? undefined : roleArn(nameOrArn, account, region)

/** A role's ARN from its name; an ARN stays what it is. */
export function roleArn(nameOrArn: string, account: string, region: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:${partitionOf(region)}:iam::${account}:role/${nameOrArn}`
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

/** Whether each task has a network interface of its own; only such a one is told where to stand. `base`: as in `taskDefinition`. */
export function ownAddress(service: ServiceManifest, base: Record<string, unknown> | undefined): boolean {
  const given = typeof service.definition === 'object' ? service.definition : base
  return (given?.networkMode ?? 'awsvpc') === 'awsvpc'
}

const onInstances = (service: ServiceManifest): boolean => 'launch' in service.capacity && service.capacity.launch === 'ec2'

/** On instances a task needs no size of its own where its containers have one. */
function isSizedByContainer(service: ServiceManifest, base: Record<string, unknown>): boolean {
  if (!onInstances(service)) return false
  const { container } = service.names
  const own = { ...baseContainers(base)[container], ...service.containers[container] }
  return own.memory !== undefined || own.memoryReservation !== undefined
}

type Containers = Record<string, Record<string, unknown>>

function baseContainers(base: Record<string, unknown>): Containers {
  const given = Array.isArray(base.containerDefinitions) ? (base.containerDefinitions as Record<string, unknown>[]) : []
  return Object.fromEntries(given.map((container) => [String(container.name), container]))
}

function containers(service: ServiceManifest, images: Images, region: string, base: Containers): Record<string, unknown>[] {
  const name = service.names.container
  const own = { ...ownContainer(service, images.own, region, base[name] ?? {}), ...service.containers[name] }
  const others = new Set([...Object.keys(base), ...Object.keys(service.containers)])
  others.delete(name)
  return [
    own,
    ...[...others].map((other) => {
      const image = images.beside[other]
      return { ...base[other], ...service.containers[other], ...(image === undefined ? {} : { image }), name: other }
    }),
  ]
}

function ownContainer(
  service: ServiceManifest,
  image: string,
  region: string,
  base: Record<string, unknown>,
): Record<string, unknown> {
  const { health, written } = service
  const environment = { ...pairs(base.environment, 'value'), ...service.env }
  const secrets = { ...pairs(base.secrets, 'valueFrom'), ...service.secrets }
  const encrypted = Object.entries(secrets).filter(([, from]) => from.startsWith(KMS_VALUE))
  const usual: ContainerDefinition = {
    essential: true,
    portMappings: [],
    ...(onInstances(service) ? {} : { stopTimeout: service.stopTimeout }),
    ...logConfiguration(service, region),
  }
  const said: ContainerDefinition = {
    name: service.names.container,
    // Only a definition that brings its own image goes without another.
    ...(image === '' ? {} : { image }),
    ...(service.command ? { command: service.command } : {}),
    ...(service.entrypoint ? { entryPoint: service.entrypoint } : {}),
    environment: byName({ ...environment, ...Object.fromEntries(encrypted) }).map(([name, value]) => ({ name, value })),
    secrets: byName(secrets).flatMap(([name, valueFrom]) => (valueFrom.startsWith(KMS_VALUE) ? [] : [{ name, valueFrom }])),
    // In awsvpc mode a task has ports of its own, so the two numbers are one.
    ...(service.ports.length > 0
      ? {
          portMappings: service.ports.map(({ port, protocol, name }) => ({
            containerPort: port,
            hostPort: port,
            protocol,
            ...(name === undefined ? {} : { name }),
          })),
        }
      : {}),
    ...(health.command
      ? {
          healthCheck: {
            command: checkCommand(health.command),
            interval: health.interval ?? 30,
            timeout: health.timeout ?? 5,
            retries: health.unhealthy ?? 3,
            startPeriod: Math.min(health.grace, MAX_CONTAINER_START_PERIOD_SECONDS),
          },
        }
      : {}),
    ...(written.stop_timeout === undefined ? {} : { stopTimeout: service.stopTimeout }),
    // A shell in the task leaves processes behind that somebody must collect.
    ...(service.exec ? { linuxParameters: { initProcessEnabled: true } } : {}),
    ...(written.logs === undefined ? {} : logConfiguration(service, region)),
  }
  return { ...usual, ...base, ...said }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html: the list begins with its kind. */
const checkCommand = (command: string[]): string[] =>
  ['CMD', 'CMD-SHELL', 'NONE'].includes(command[0] ?? '') ? command : ['CMD', ...command]

/** A list of pairs as the map that it stands for. */
function pairs(list: unknown, value: 'value' | 'valueFrom'): Record<string, string> {
  const given = Array.isArray(list) ? (list as Record<string, unknown>[]) : []
  return Object.fromEntries(given.map((pair) => [String(pair.name), String(pair[value])]))
}

function logConfiguration(service: ServiceManifest, region: string): Pick<ContainerDefinition, 'logConfiguration'> {
  const { driver, options } = service.logs
  switch (driver) {
    case 'none':
      return {}
    case 'firelens':
      return { logConfiguration: { logDriver: 'awsfirelens', options } }
    case 'awslogs': {
      const own = {
        'awslogs-group': service.names.logGroup,
        'awslogs-region': region,
        'awslogs-stream-prefix': service.names.container,
      }
      return { logConfiguration: { logDriver: 'awslogs', options: { ...own, ...options } } }
    }
  }
}

const byName = (map: Record<string, string>): [string, string][] => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))

/** Keys in one order, so that equal definitions are equal texts, and the commit where it is asked for. */
function filled(value: unknown, commit: string): unknown {
  if (typeof value === 'string') return value.replaceAll(COMMIT, commit)
  if (Array.isArray(value)) return value.map((inner) => filled(inner, commit))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, filled(inner, commit)]))
}
