// What RegisterTaskDefinition refuses. The sentences are AWS's where they are known; none of them is documented.
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { clientError } from './context.ts'
import { checkTags } from './tags.ts'

const NAME = /^[\w-]{1,255}$/
const FARGATE_LOG_DRIVERS = ['awslogs', 'splunk', 'awsfirelens']
const GB = 1024

/** Memory in MiB that Fargate has for each number of CPU units (SDK, RegisterTaskDefinitionRequest.cpu). */
const FARGATE_SIZES: Record<number, (memory: number) => boolean> = {
  256: (memory) => [512, GB, 2 * GB].includes(memory),
  512: steps(1, 4, 1),
  1024: steps(2, 8, 1),
  2048: steps(4, 16, 1),
  4096: steps(8, 30, 1),
  8192: steps(16, 60, 4),
  16384: steps(32, 120, 8),
  32768: (memory) => [60, 122, 244].map((gigabytes) => gigabytes * GB).includes(memory),
}

function steps(from: number, to: number, by: number): (memory: number) => boolean {
  return (memory) => memory >= from * GB && memory <= to * GB && (memory - from * GB) % (by * GB) === 0
}

/** Throws ClientException or InvalidParameterException for the first thing that is wrong. */
export function checkTaskDefinition(input: RegisterTaskDefinitionRequest): void {
  if (!NAME.test(input.family ?? '')) throw clientError('Family contains invalid characters.')
  const containers = input.containerDefinitions ?? []
  if (containers.length === 0) throw clientError('Container list cannot be empty.')
  const names = new Set<string>()
  for (const container of containers) {
    checkContainer(container, input)
    if (names.has(container.name ?? '')) throw clientError('Container name should be unique.')
    names.add(container.name ?? '')
  }
  if (containers.every(({ essential }) => essential === false))
    throw clientError('Invalid setting for container. At least one container must be essential.')
  for (const container of containers) checkDependencies(container, containers)
  checkTags(input.tags)
  if (input.requiresCompatibilities?.includes('FARGATE')) checkFargate(input)
}

function checkContainer(container: ContainerDefinition, input: RegisterTaskDefinitionRequest): void {
  const { name = '', image = '', memory, memoryReservation } = container
  if (name === '') throw clientError('Container.name should not be null or empty.')
  if (!NAME.test(name)) throw clientError('Container name contains invalid characters.')
  if (image === '') throw clientError('Container.image should not be null or empty.')
  if (/\s/.test(image)) throw clientError(`Container.image contains invalid characters.`)
  if (input.memory === undefined && memory === undefined && memoryReservation === undefined) {
    throw clientError(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    )
  }
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation) {
    throw clientError(`Invalid setting for container '${name}'. 'memory' must be greater than or equal to 'memoryReservation'.`)
  }
  for (const { containerPort, hostPort } of container.portMappings ?? []) {
    if (input.networkMode === 'awsvpc' && hostPort !== undefined && hostPort !== containerPort) {
      throw clientError('When networkMode=awsvpc, the host ports and container ports in port mappings must match.')
    }
  }
  checkHealthCheck(container)
  checkRestartPolicy(container)
  checkNames(container)
}

function checkHealthCheck({ healthCheck }: ContainerDefinition): void {
  if (!healthCheck) return
  const { command = [], interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = healthCheck
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(command[0] ?? ''))
    throw clientError('Health check command must begin with CMD or CMD-SHELL.')
  if (interval < 5 || interval > 300) throw clientError('Health check interval must be between 5 and 300 seconds.')
  if (timeout < 2 || timeout > 60) throw clientError('Health check timeout must be between 2 and 60 seconds.')
  if (retries < 1 || retries > 10) throw clientError('Health check retries must be between 1 and 10.')
  if (startPeriod < 0 || startPeriod > 300) throw clientError('Health check startPeriod must be between 0 and 300 seconds.')
}

/** Source of the limits: SDK, ContainerRestartPolicy. */
function checkRestartPolicy({ restartPolicy }: ContainerDefinition): void {
  const { restartAttemptPeriod = 300, ignoredExitCodes = [] } = restartPolicy ?? {}
  if (restartAttemptPeriod < 60 || restartAttemptPeriod > 1800)
    throw clientError('The restartAttemptPeriod of a restart policy must be between 60 and 1800 seconds.')
  if (ignoredExitCodes.length > 50) throw clientError('A restart policy can have at most 50 ignoredExitCodes.')
}

function checkNames({ environment = [], secrets = [] }: ContainerDefinition): void {
  const names = new Set(environment.map(({ name }) => name))
  for (const { name, valueFrom } of secrets) {
    if (!name || !valueFrom) throw clientError('Secret name and valueFrom should not be null or empty.')
    if (names.has(name))
      throw clientError(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`,
      )
    names.add(name)
  }
}

function checkDependencies({ name, dependsOn = [] }: ContainerDefinition, containers: ContainerDefinition[]): void {
  for (const { containerName, condition } of dependsOn) {
    const other = containers.find((each) => each.name === containerName)
    if (!other || containerName === name)
      throw clientError(`Container '${name}' has a dependency on an unknown container '${containerName}'.`)
    if (condition === 'HEALTHY' && !other.healthCheck) {
      throw clientError(
        `Container '${name}' depends on '${containerName}' being HEALTHY, but '${containerName}' has no health check.`,
      )
    }
    if ((condition === 'SUCCESS' || condition === 'COMPLETE') && other.essential !== false) {
      throw clientError('A container that is depended on with condition SUCCESS or COMPLETE can not be essential.')
    }
  }
}

function checkFargate(input: RegisterTaskDefinitionRequest): void {
  const { cpu, memory, executionRoleArn } = input
  if (input.networkMode !== 'awsvpc') throw clientError("Fargate only supports network mode 'awsvpc'.")
  if (cpu === undefined) throw clientError("Fargate requires that 'cpu' be defined at the task level.")
  if (memory === undefined) throw clientError("Fargate requires that 'memory' be defined at the task level.")
  if (!FARGATE_SIZES[Number(cpu)]?.(Number(memory)))
    throw clientError(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    )
  let reserved = 0
  for (const container of input.containerDefinitions ?? []) {
    checkFargateContainer(container, executionRoleArn)
    reserved += container.cpu ?? 0
  }
  if (reserved > Number(cpu))
    throw clientError(`The sum of all container cpu values cannot be greater than the value of the task cpu.`)
}

function checkFargateContainer(container: ContainerDefinition, executionRoleArn: string | undefined): void {
  const driver = container.logConfiguration?.logDriver
  if (driver !== undefined && !FARGATE_LOG_DRIVERS.includes(driver))
    throw clientError(`Log driver not supported by Fargate: ${driver}`)
  if (container.privileged) throw clientError("Fargate doesn't support privileged containers.")
  if ((container.stopTimeout ?? 0) > 120)
    throw clientError('The stopTimeout of a container must be at most 120 seconds on Fargate.')
  if (executionRoleArn !== undefined) return
  if (driver === 'awslogs')
    throw clientError('Fargate requires task definition to have execution role ARN to support log driver awslogs.')
  if (container.secrets?.length)
    throw clientError("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
  if (/\.dkr\.ecr\./.test(container.image ?? ''))
    throw clientError('Fargate requires task definition to have execution role ARN to support ECR images.')
}

/** CPU and memory as ECS keeps them: `1 vCPU` is 1024, `2GB` is 2048; throws ClientException. */
export function normalSize(value: string | undefined, unit: 'cpu' | 'memory'): string | undefined {
  if (value === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)\s*(vcpu|gb)?$/i.exec(value.trim())
  const scale = match?.[2] ? 1024 : 1
  const number = Number(match?.[1]) * scale
  if (!match || !Number.isInteger(number) || (match[2] && (match[2].toLowerCase() === 'vcpu') !== (unit === 'cpu'))) {
    throw clientError(`Invalid '${unit}' setting for task`)
  }
  return String(number)
}
