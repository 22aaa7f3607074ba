// RunTask: tasks that belong to no service.
import type { Failure, RunTaskRequest, Task } from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { type Context, checkToken, clientError, clusterOf, type EcsHandlers, invalid, usableDefinition } from './context.ts'
import type { Engine } from './engine.ts'
import { instancesOf, seat } from './instance-placement.ts'
import { launchTask } from './launch.ts'
import { type Infrastructure, misplacement, NO_INSTANCES, nextPlace, nextProvider } from './placement.ts'
import { renderedTask } from './render-task.ts'
import { unassumableRole } from './role-check.ts'
import { checkCapacity, checkLaunchType, checkNetwork, checkPlacement, checkPlatform, usualLaunchType } from './service-check.ts'
import type { ClusterRecord, TaskDefinitionRecord } from './state.ts'
import { checkTags } from './tags.ts'
import { normalSize } from './task-definition-check.ts'

const MOST_AT_ONCE = 10
const LONGEST_TOKEN = 64
const TOKEN_KEPT_MS = 24 * 60 * 60 * 1000

export function runTaskOperations({ engine }: Context): EcsHandlers {
  return { RunTask: (input) => runTask(engine, input) }
}

export function runTask(engine: Engine, input: RunTaskRequest): { tasks: Task[]; failures: Failure[] } {
  const cluster = clusterOf(engine, input.cluster)
  const { count = 1, clientToken } = input
  if (!Number.isInteger(count) || count < 1 || count > MOST_AT_ONCE) throw invalid(`Count must be between 1 and ${MOST_AT_ONCE}.`)
  checkToken(clientToken, LONGEST_TOKEN)
  const earlier = clientToken === undefined ? undefined : engine.runTokens.get(`${cluster.name} ${clientToken}`)
  if (earlier) return repeated(engine, input, earlier)
  const definition = usableDefinition(engine, input.taskDefinition)
  const strategy = strategyOf(cluster, input)
  checkRun(engine, cluster, definition, input)
  const overrides = input.overrides && {
    ...input.overrides,
    cpu: normalSize(input.overrides.cpu, 'cpu'),
    memory: normalSize(input.overrides.memory, 'memory'),
  }
  const subnets = input.networkConfiguration?.awsvpcConfiguration?.subnets ?? []
  const zones = subnets.map((subnet) => ({ subnet, zone: engine.cloud.network.availabilityZone(subnet) }))
  const group = input.group ?? `family:${definition.family}`
  const launchType = usualLaunchType(definition, input.launchType)
  const seating = {
    ...{ cluster: cluster.name, definition, overrides, group, zones: zones.map(({ zone }) => zone) },
    ...{ constraints: input.placementConstraints ?? [], strategies: input.placementStrategy ?? [] },
  }
  const tasks: Task[] = []
  const failures: Failure[] = []
  const started = []
  const running = new Map<string, number>()
  for (let made = 0; made < count; made++) {
    const where: Infrastructure = {
      launchType: strategy.length > 0 ? 'FARGATE' : launchType,
      capacityProvider: strategy.length > 0 ? nextProvider(strategy, running) : undefined,
      ...(launchType === 'EC2' && strategy.length === 0 ? { seat: seat(engine, seating) } : {}),
    }
    if (where.seat && 'lacking' in where.seat) {
      for (const { instance, lack } of where.seat.lacking) failures.push({ arn: instance.arn, reason: lack })
      break
    }
    const trouble = misplacement(engine, where, overrides?.cpu ?? definition.spec.cpu)
    if (trouble) {
      failures.push({ arn: undefined, reason: trouble.reason })
      continue
    }
    if (where.capacityProvider) running.set(where.capacityProvider, (running.get(where.capacityProvider) ?? 0) + 1)
    const task = launchTask(engine, {
      cluster,
      definition,
      where,
      platformVersion: input.platformVersion,
      place: nextPlace(engine, where, zones, started),
      securityGroups: input.networkConfiguration?.awsvpcConfiguration?.securityGroups,
      group,
      startedBy: input.startedBy,
      enableExecuteCommand: input.enableExecuteCommand ?? false,
      tags: runTags(cluster, definition, input),
      overrides,
    })
    started.push(task)
    tasks.push({ ...renderedTask(engine, task.record), tags: task.record.tags })
  }
  // What started nothing is tried anew.
  if (clientToken !== undefined && started.length > 0) {
    const taskArns = started.map(({ record }) => record.arn)
    const now = engine.clock.now()
    forgetTokens(engine, now - TOKEN_KEPT_MS)
    engine.runTokens.set(`${cluster.name} ${clientToken}`, { request: essence(input), taskArns, at: now })
  }
  return { tasks, failures }
}

/** A token used again gives the tasks that it started; with other parameters it is refused (SDK, ConflictException.resourceIds). */
function repeated(
  engine: Engine,
  input: RunTaskRequest,
  earlier: { request: string; taskArns: string[] },
): { tasks: Task[]; failures: Failure[] } {
  if (earlier.request !== essence(input)) {
    throw new AwsError('ConflictException', 'The clientToken was already used with different parameters.', {
      resourceIds: earlier.taskArns,
    })
  }
  const tasks = earlier.taskArns.flatMap((arn) => {
    const record = engine.taskRecords.get(arn)
    return record ? renderedTask(engine, record) : []
  })
  return { tasks, failures: [] }
}

/** SDKs send a new one with each request. */
function forgetTokens({ runTokens }: Engine, oldest: number): void {
  for (const [token, { at }] of runTokens.entries()) {
    if (at >= oldest) return
    runTokens.delete(token)
  }
}

const essence = ({ clientToken: _, ...input }: RunTaskRequest) =>
  JSON.stringify(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)))

function strategyOf(cluster: ClusterRecord, { capacityProviderStrategy, launchType }: RunTaskRequest) {
  if (capacityProviderStrategy?.length) return capacityProviderStrategy
  return launchType === undefined ? cluster.defaultCapacityProviderStrategy : []
}

function checkRun(engine: Engine, cluster: ClusterRecord, definition: TaskDefinitionRecord, input: RunTaskRequest): void {
  checkTags(input.tags)
  checkPlatform(input.platformVersion)
  checkCapacity(cluster, input.launchType, input.capacityProviderStrategy)
  const usesProviders = strategyOf(cluster, input).length > 0
  const launchType = usesProviders ? 'FARGATE' : usualLaunchType(definition, input.launchType)
  checkLaunchType(definition, launchType)
  checkPlacement(launchType, input)
  const hasInstances = launchType === 'EC2' && instancesOf(engine, cluster.name).length > 0
  if (launchType !== 'FARGATE' && !hasInstances) throw invalid(`${NO_INSTANCES}.`)
  if (input.propagateTags === 'SERVICE')
    throw invalid('The SERVICE option of propagateTags is not supported when running a task.')
  checkNetwork(engine, definition, input.networkConfiguration)
  for (const { name } of input.overrides?.containerOverrides ?? []) {
    if (!name) throw invalid('Container name can not be blank in container overrides.')
    if (!definition.spec.containerDefinitions?.some((each) => each.name === name)) {
      throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`)
    }
  }
  if (input.enableExecuteCommand && !(input.overrides?.taskRoleArn ?? definition.spec.taskRoleArn)) {
    throw invalid(
      "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.",
    )
  }
  const role = unassumableRole(engine, definition, input.overrides)
  if (role !== undefined) throw clientError(role)
}

function runTags(cluster: ClusterRecord, definition: TaskDefinitionRecord, input: RunTaskRequest) {
  const own = [...(input.propagateTags === 'TASK_DEFINITION' ? definition.tags : []), ...(input.tags ?? [])]
  return input.enableECSManagedTags ? [...own, { key: 'aws:ecs:clusterName', value: cluster.name }] : own
}
