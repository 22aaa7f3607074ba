// Tasks: what is read of them, how they are stopped and protected.

import type { Task } from '@aws-sdk/client-ecs'
import { deadline } from '../../core/clock.ts'
import { AwsError, type ContainerAgent } from '../cloud.ts'
import { sortedBy } from '../page.ts'
import { words } from '../session/words.ts'
import { ecsArn, lastPart, resourceOf } from './arn.ts'
import { type Context, clusterOf, type EcsHandlers, invalid, paged, serviceArn } from './context.ts'
import { type Engine, keepTask, queue } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import type { ClusterRecord, TaskRecord } from './state.ts'
import { MINUTE_MS, PROTECTION_DEFAULT_MINUTES } from './timings.ts'

const DESCRIBED_AT_ONCE = 100
const PROTECTED_AT_ONCE = 10
const LONGEST_PROTECTION_MINUTES = 2880

export function taskOperations({ engine, history }: Context): EcsHandlers {
  return {
    DescribeTasks({ cluster: name, tasks = [], include = [] }) {
      const cluster = clusterOf(engine, name)
      if (tasks.length === 0) throw invalid('Tasks cannot be empty.')
      if (tasks.length > DESCRIBED_AT_ONCE) throw invalid(`Tasks cannot have more than ${DESCRIBED_AT_ONCE} elements.`)
      const failures: { arn: string; reason: string }[] = []
      const found = tasks.flatMap((each) => {
        const arn = taskArn(engine, cluster, each)
        const task = history.seen<Task>('DescribeTasks', 'task', arn)
        if (!task) failures.push({ arn, reason: 'MISSING' })
        if (!task || !include.includes('TAGS')) return task ?? []
        return { ...task, tags: engine.taskRecords.get(arn)?.tags ?? [] }
      })
      return { tasks: found, failures }
    },

    ListTasks({
      cluster: name,
      family,
      serviceName,
      startedBy,
      desiredStatus = 'RUNNING',
      launchType,
      containerInstance,
      daemonName,
      ...input
    }) {
      const cluster = clusterOf(engine, name)
      if (family !== undefined && serviceName !== undefined) throw invalid('Cannot specify both family and serviceName.')
      if (startedBy !== undefined && (family !== undefined || serviceName !== undefined))
        throw invalid('startedBy must be the only filter.')
      if (desiredStatus === 'PENDING') return { taskArns: [] }
      if (daemonName !== undefined) return { taskArns: [] }
      if (serviceName !== undefined) checkService(engine, cluster, serviceName)
      const group = serviceName === undefined ? undefined : `service:${lastPart(resourceOf(serviceName))}`
      const found = history.all<Task>('ListTasks', 'task', taskArn(engine, cluster, '')).filter(({ value }) => {
        if (value.desiredStatus !== desiredStatus) return false
        if (group !== undefined && value.group !== group) return false
        if (startedBy !== undefined && value.startedBy !== startedBy) return false
        if (containerInstance !== undefined && lastPart(value.containerInstanceArn ?? '') !== lastPart(containerInstance))
          return false
        if (launchType !== undefined && value.launchType !== launchType) return false
        return family === undefined || familyOf(value) === family
      })
      const arns = sortedBy(
        found.map(({ key }) => key),
        String,
      )
      const { items, nextToken } = paged(arns, String, input, 100)
      return { taskArns: items, nextToken }
    },

    StopTask({ cluster: name, task = '', reason }) {
      const cluster = clusterOf(engine, name)
      const arn = taskArn(engine, cluster, task)
      const record = engine.taskRecords.get(arn)
      if (!record) throw invalid('The referenced task was not found.')
      engine.tasks.get(arn)?.stop('UserInitiated', reason ?? 'Task stopped by user')
      return { task: history.seen<Task>('DescribeTasks', 'task', arn) }
    },

    UpdateTaskProtection({
      cluster: name,
      tasks = [],
      protectionEnabled = false,
      expiresInMinutes = PROTECTION_DEFAULT_MINUTES,
    }) {
      const cluster = clusterOf(engine, name)
      if (tasks.length === 0 || tasks.length > PROTECTED_AT_ONCE)
        throw invalid(`Tasks must have between 1 and ${PROTECTED_AT_ONCE} elements.`)
      if (expiresInMinutes < 1 || expiresInMinutes > LONGEST_PROTECTION_MINUTES) {
        throw invalid(`expiresInMinutes must be between 1 and ${LONGEST_PROTECTION_MINUTES}.`)
      }
      const failures: { arn: string; reason: string; detail?: string }[] = []
      const protectedTasks = tasks.flatMap((each) => {
        const arn = taskArn(engine, cluster, each)
        const live = engine.tasks.get(arn)
        if (!live?.active) failures.push({ arn, reason: 'MISSING' })
        else if (!live.service)
          failures.push({ arn, reason: 'TASK_NOT_VALID', detail: 'Task protection is only supported for tasks of services.' })
        else {
          protect(engine, live.record, protectionEnabled ? expiresInMinutes : undefined)
          queue(engine, live.service)
          return protection(engine, live.record)
        }
        return []
      })
      return { protectedTasks, failures }
    },

    GetTaskProtection({ cluster: name, tasks }) {
      const cluster = clusterOf(engine, name)
      if (tasks && tasks.length > DESCRIBED_AT_ONCE) throw invalid(`Tasks cannot have more than ${DESCRIBED_AT_ONCE} elements.`)
      const ofServices = [...engine.tasks.values()].filter((each) => each.service && each.record.cluster === cluster.name)
      const asked = tasks?.map((each) => taskArn(engine, cluster, each)) ?? ofServices.map(({ record }) => record.arn)
      const failures: { arn: string; reason: string }[] = []
      const protectedTasks = asked.flatMap((arn) => {
        const live = engine.tasks.get(arn)
        if (!live) failures.push({ arn, reason: 'MISSING' })
        return live ? protection(engine, live.record) : []
      })
      return { protectedTasks, failures }
    },

    ExecuteCommand({ cluster: name, task = '', container, interactive, command = '' }) {
      const cluster = clusterOf(engine, name)
      const live = engine.tasks.get(taskArn(engine, cluster, task))
      if (!live?.active) throw invalid('The specified task could not be found.')
      if (!interactive) throw invalid('Interactive is the only mode supported currently.')
      const { record } = live
      if (container !== undefined && !record.containers.some((each) => each.name === container)) {
        throw invalid('The specified container was not found in the task.')
      }
      if (!record.enableExecuteCommand) throw invalid(EXEC_NOT_ENABLED)
      const only = container ?? (record.containers.length === 1 ? record.containers[0]?.name : undefined)
      if (only === undefined) throw invalid('Container name must be specified for a task that has several containers.')
      const start = agentOf(engine, live, only)?.terminal(words(command))
      if (start) {
        const own = record.containers.find((each) => each.name === only)
        return {
          clusterArn: cluster.arn,
          containerArn: ecsArn(engine.cloud, `container/${record.cluster}/${record.id}/${own?.id}`),
          containerName: only,
          interactive: true,
          session: engine.cloud.sessions.open('ecs-execute-command', start),
          taskArn: record.arn,
        }
      }
      const why = 'Internal server error'
      throw new AwsError(
        'TargetNotConnectedException',
        `The execute command failed due to an internal error. Try again later. (${why})`,
      )
    },
  }
}

const EXEC_NOT_ENABLED =
  "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again."

/** The agent in a container reaches Session Manager by the task's role alone (Developer Guide, "ECS Exec", task role). */
export function agentOf(engine: Engine, live: LiveTask, container: string): ContainerAgent | undefined {
  const { record, definition } = live
  const role = record.overrides?.taskRoleArn ?? definition.spec.taskRoleArn
  const reaches = role !== undefined && AGENT_ACTIONS.every((action) => engine.cloud.roles.allows(role, action, '*'))
  if (!record.enableExecuteCommand || !reaches) return undefined
  return {
    terminal: (command) => live.terminal(container, command),
    place: (port) => live.place(port),
    stopped: () => live.containerEnd(container),
  }
}

const AGENT_ACTIONS = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(
  (action) => `ssmmessages:${action}`,
)

/** Full ARN of a task given by id or ARN. */
export function taskArn(engine: Engine, cluster: ClusterRecord, task: string): string {
  return ecsArn(engine.cloud, `task/${cluster.name}/${lastPart(resourceOf(task))}`)
}

/** One that drains still has tasks. */
function checkService(engine: Engine, cluster: ClusterRecord, service: string): void {
  if (engine.services.has(serviceArn(engine, cluster.name, service))) return
  throw new AwsError('ServiceNotFoundException', 'Service not found.')
}

function familyOf({ taskDefinitionArn = '' }: Task): string {
  return lastPart(taskDefinitionArn.slice(0, taskDefinitionArn.lastIndexOf(':')))
}

function protect(engine: Engine, record: TaskRecord, minutes: number | undefined): void {
  record.protectedUntil = minutes === undefined ? undefined : deadline(engine.clock, minutes * MINUTE_MS)
  keepTask(engine, record)
}

function protection(engine: Engine, { arn, protectedUntil }: TaskRecord) {
  const isProtected = protectedUntil !== undefined && protectedUntil > engine.clock.now()
  return { taskArn: arn, protectionEnabled: isProtected, expirationDate: isProtected ? new Date(protectedUntil) : undefined }
}
