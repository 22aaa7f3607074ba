// Tasks that move the messages of a dead-letter queue back, or to another queue.
import { randomUUID } from 'node:crypto'
import { AwsError, type Cloud } from '../cloud.ts'
import { type Queue, redrivePolicy } from './queue.ts'
import type { QueueStore } from './queue-store.ts'
import type { SqsHandlers } from './sqs.ts'

interface MoveTask {
  handle: string
  source: string
  destination?: string
  rate?: number
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  moved: number
  toMove: number
  startedAt: number
  failure?: string
}

const MAXIMUM_RATE = 500
const SECOND_MS = 1000
const LIST_MOST = 10

export function moveTaskOperations(cloud: Cloud, store: QueueStore): SqsHandlers {
  const tasks = cloud.table<MoveTask>('sqs.move-tasks')
  for (const task of tasks.values()) if (task.status === 'RUNNING') cloud.clock.after(0, () => step(task.handle))

  /** Moves as much as the rate allows for one second. */
  function step(handle: string): void {
    const task = tasks.get(handle)
    if (task?.status !== 'RUNNING') return
    const next = moved(store, task)
    tasks.set(handle, next)
    if (next.status === 'RUNNING') cloud.clock.after(SECOND_MS, () => step(handle))
  }

  const newestFirst = (source: string) =>
    [...tasks.values()].filter((task) => task.source === source).sort((a, b) => b.startedAt - a.startedAt)

  return {
    StartMessageMoveTask(input) {
      const source = sourceQueue(store, input.SourceArn as string)
      if (input.DestinationArn !== undefined && !store.byArn(input.DestinationArn)) throw noResource()
      const rate = input.MaxNumberOfMessagesPerSecond
      if (rate !== undefined && (rate < 1 || rate > MAXIMUM_RATE)) {
        throw new AwsError(
          'InvalidParameterValue',
          `Value ${rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and ${MAXIMUM_RATE}.`,
        )
      }
      if (newestFirst(source.arn)[0]?.status === 'RUNNING') {
        throw new AwsError(
          'UnsupportedOperation',
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
        )
      }
      const task: MoveTask = {
        handle: randomUUID(),
        source: source.arn,
        ...(input.DestinationArn !== undefined && { destination: input.DestinationArn }),
        ...(rate !== undefined && { rate }),
        status: 'RUNNING',
        moved: 0,
        toMove: store.counts(source).visible,
        startedAt: cloud.clock.now(),
      }
      tasks.set(task.handle, task)
      cloud.clock.after(0, () => step(task.handle))
      return { TaskHandle: taskHandle(task) }
    },

    ListMessageMoveTasks(input) {
      const source = sourceQueue(store, input.SourceArn as string)
      const shown = newestFirst(source.arn).slice(0, Math.min(input.MaxResults ?? 1, LIST_MOST))
      const results = shown.map((task) => ({
        ...(task.status === 'RUNNING' && { TaskHandle: taskHandle(task) }),
        Status: task.status,
        SourceArn: task.source,
        DestinationArn: task.destination,
        MaxNumberOfMessagesPerSecond: task.rate,
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        FailureReason: task.failure,
        StartedTimestamp: task.startedAt,
      }))
      return { Results: results }
    },

    CancelMessageMoveTask(input) {
      const { taskId } = parsedHandle(input.TaskHandle ?? '')
      const task = tasks.get(taskId)
      if (task?.status !== 'RUNNING') throw noResource('Task does not exist.')
      tasks.set(taskId, { ...task, status: 'CANCELLED' })
      return { ApproximateNumberOfMessagesMoved: task.moved }
    },
  }
}

function sourceQueue(store: QueueStore, arn: string): Queue {
  const queue = store.byArn(arn)
  if (!queue) throw noResource()
  const isDeadLetterQueue = [...store.queues.values()].some((one) => redrivePolicy(one)?.deadLetterTargetArn === arn)
  if (!isDeadLetterQueue) {
    throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.')
  }
  return queue
}

function moved(store: QueueStore, task: MoveTask): MoveTask {
  const source = store.byArn(task.source)
  if (!source) return { ...task, status: 'FAILED', failure: 'AWS.SimpleQueueService.NonExistentQueue' }
  const messages = store.take(source, task.rate ?? Number.POSITIVE_INFINITY, 0)
  for (const [index, message] of messages.entries()) {
    const target = store.byArn(task.destination ?? message.system.DeadLetterQueueSourceArn ?? '')
    if (!target) return { ...task, moved: task.moved + index, status: 'FAILED', failure: 'CouldNotDetermineMessageSource' }
    store.messages(source).delete(message.id)
    const { SenderId = '', AWSTraceHeader, MessageGroupId } = message.system
    const system = { SenderId, ...(AWSTraceHeader && { AWSTraceHeader }), ...(MessageGroupId && { MessageGroupId }) }
    store.add(target, { body: message.body, attributes: message.attributes, system, delaySeconds: 0 })
  }
  const isDone = task.rate === undefined || messages.length < task.rate
  return { ...task, moved: task.moved + messages.length, status: isDone ? 'COMPLETED' : 'RUNNING' }
}

const taskHandle = (task: MoveTask) =>
  Buffer.from(JSON.stringify({ taskId: task.handle, sourceArn: task.source })).toString('base64')

function parsedHandle(handle: string): { taskId: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(handle, 'base64').toString())
    if (typeof parsed === 'object' && parsed !== null && 'taskId' in parsed) return { taskId: String(parsed.taskId) }
  } catch {}
  throw new AwsError('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.')
}

const noResource = (text = "The resource that you specified for the SourceArn parameter doesn't exist.") =>
  new AwsError('ResourceNotFoundException', text)
