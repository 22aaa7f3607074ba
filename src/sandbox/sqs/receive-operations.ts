import type { Message, ReceiveMessageCommandInput } from '@aws-sdk/client-sqs'
import { AwsError, type Cloud } from '../cloud.ts'
import { batch } from './batch.ts'
import { md5, md5OfAttributes, type StoredMessage } from './message.ts'
import { numberOf, type Queue } from './queue.ts'
import type { QueueStore } from './queue-store.ts'
import type { SqsHandlers } from './sqs.ts'

const MAXIMUM_MESSAGES = 10
const MAXIMUM_WAIT_SECONDS = 20
const MAXIMUM_VISIBILITY_SECONDS = 43_200

export function receiveOperations(cloud: Cloud, store: QueueStore): SqsHandlers {
  return {
    async ReceiveMessage(input, call) {
      const queue = store.byUrl(input.QueueUrl)
      const most = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, MAXIMUM_MESSAGES)
      const waitSeconds = input.WaitTimeSeconds ?? numberOf(queue, 'ReceiveMessageWaitTimeSeconds')
      within('WaitTimeSeconds', waitSeconds, 0, MAXIMUM_WAIT_SECONDS)
      const visibility = input.VisibilityTimeout ?? numberOf(queue, 'VisibilityTimeout')
      within('VisibilityTimeout', visibility, 0, MAXIMUM_VISIBILITY_SECONDS)
      const messages = await taken(store, queue, { most, waitSeconds, visibility }, call.signal)
      return { Messages: messages.length > 0 ? messages.map((message) => wireMessage(message, input)) : undefined }
    },

    DeleteMessage(input) {
      deleted(store, store.byUrl(input.QueueUrl), input.ReceiptHandle)
      return {}
    },

    DeleteMessageBatch(input) {
      const queue = store.byUrl(input.QueueUrl)
      return batch('DeleteMessageBatchRequestEntry', input.Entries, (entry) => deleted(store, queue, entry.ReceiptHandle))
    },

    ChangeMessageVisibility(input) {
      changed(cloud, store, store.byUrl(input.QueueUrl), input)
      return {}
    },

    ChangeMessageVisibilityBatch(input) {
      const queue = store.byUrl(input.QueueUrl)
      return batch('ChangeMessageVisibilityBatchRequestEntry', input.Entries, (entry) => changed(cloud, store, queue, entry))
    },
  }
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  const reason =
    name === 'MaxNumberOfMessages'
      ? `Must be between ${least} and ${most}, if provided.`
      : `Must be >= ${least} and <= ${most}, if provided.`
  throw new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`)
}

/** Waits in real time, whatever the simulated clock does; a client that has gone takes nothing. */
async function taken(
  store: QueueStore,
  queue: Queue,
  { most, waitSeconds, visibility }: { most: number; waitSeconds: number; visibility: number },
  gone: AbortSignal,
): Promise<StoredMessage[]> {
  const end = performance.now() + waitSeconds * 1000
  for (;;) {
    if (gone.aborted) return []
    const messages = store.take(queue, most, visibility)
    const left = end - performance.now()
    if (messages.length > 0 || left <= 0 || !store.queues.has(queue.name)) return messages
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), left)
    await store.changed(queue, AbortSignal.any([gone, late.signal]))
    clearTimeout(timer)
  }
}

function wireMessage(message: StoredMessage, input: ReceiveMessageCommandInput): Message {
  const wanted: string[] = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])]
  const system = Object.entries(message.system).filter(([name]) => wanted.includes('All') || wanted.includes(name))
  const attributes = Object.entries(message.attributes).filter(([name]) => isWanted(name, input.MessageAttributeNames ?? []))
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(message),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(attributes.length > 0 && {
      MD5OfMessageAttributes: md5OfAttributes(Object.fromEntries(attributes)),
      MessageAttributes: Object.fromEntries(attributes),
    }),
  }
}

/** By name, by the start of it (`order.*`), or all. */
function isWanted(name: string, patterns: string[]): boolean {
  return patterns.some((pattern) => {
    if (pattern === 'All' || pattern === '.*') return true
    return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : name === pattern
  })
}

function receiptHandle({ id, receipt }: StoredMessage): string {
  return Buffer.from(`${id} ${receipt}`).toString('base64')
}

/** The message that a handle means, if it is still there and was not received again since. */
function received(store: QueueStore, queue: Queue, handle = ''): StoredMessage | undefined {
  const [id = '', receipt] = Buffer.from(handle, 'base64').toString().split(' ')
  if (!/^[0-9a-f-]{36}$/.test(id) || receipt === undefined) {
    throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
  }
  const message = store.messages(queue).get(id)
  return message?.receipt === receipt ? message : undefined
}

function deleted(store: QueueStore, queue: Queue, handle: string | undefined): object {
  const message = received(store, queue, handle)
  if (message) store.messages(queue).delete(message.id)
  return {}
}

function changed(
  cloud: Cloud,
  store: QueueStore,
  queue: Queue,
  given: { ReceiptHandle?: string; VisibilityTimeout?: number },
): object {
  const seconds = within('VisibilityTimeout', given.VisibilityTimeout ?? 0, 0, MAXIMUM_VISIBILITY_SECONDS)
  const message = received(store, queue, given.ReceiptHandle)
  const now = cloud.clock.elapsed()
  if (!message || message.visibleAt <= now) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${given.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for ` +
        'visibility timeout change.',
    )
  }
  store.put(queue, { ...message, visibleAt: now + seconds * 1000 })
  return {}
}
