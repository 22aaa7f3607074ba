import { AwsError, type Call, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { type Attributes, checkedAttributes, newName, type Queue, redrivePolicy, shownAttributes } from './queue.ts'
import { noQueue, type QueueStore } from './queue-store.ts'
import type { SqsHandlers } from './sqs.ts'

const LIST_PAGE = 1000
const PAUSE_MS = 60_000
const MAXIMUM_TAGS = 50

export function queueOperations(cloud: Cloud, store: QueueStore): SqsHandlers {
  // Times on the simulated clock, by queue name.
  const deletedAt = new Map<string, number>()
  const purgedAt = new Map<string, number>()
  const isRecent = (at: number | undefined) => at !== undefined && cloud.clock.elapsed() - at < PAUSE_MS
  const url = (queue: Queue, call: Call) => `${call.endpoint}/${cloud.account}/${queue.name}`

  return {
    CreateQueue(input, call) {
      const name = newName(input.QueueName as string)
      const attributes = checkedAttributes(input.Attributes)
      const old = store.queues.get(name)
      if (old) return { QueueUrl: url(sameQueue(old, attributes), call) }
      if (isRecent(deletedAt.get(name))) {
        throw new AwsError(
          'QueueDeletedRecently',
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
        )
      }
      const now = cloud.clock.now()
      const queue: Queue = { name, arn: store.arn(name), attributes, tags: input.tags ?? {}, createdAt: now, modifiedAt: now }
      checkDeadLetterQueue(store, queue)
      store.queues.set(name, queue)
      return { QueueUrl: url(queue, call) }
    },

    GetQueueUrl(input, call) {
      const isOwn = (input.QueueOwnerAWSAccountId ?? cloud.account) === cloud.account
      const queue = isOwn ? store.queues.get(input.QueueName as string) : undefined
      if (!queue) throw noQueue()
      return { QueueUrl: url(queue, call) }
    },

    ListQueues(input, call) {
      const queues = [...store.queues.values()].filter(({ name }) => name.startsWith(input.QueueNamePrefix ?? ''))
      const byName = ({ name }: Queue) => name
      const { items, nextToken } = page(sortedBy(queues, byName), byName, {
        token: input.NextToken,
        size: input.MaxResults ?? LIST_PAGE,
        invalid: () => {
          throw new AwsError('InvalidParameterValue', 'Invalid NextToken')
        },
      })
      return {
        QueueUrls: items.map((queue) => url(queue, call)),
        NextToken: input.MaxResults === undefined ? undefined : nextToken,
      }
    },

    GetQueueAttributes(input) {
      const queue = store.byUrl(input.QueueUrl)
      const names: string[] = input.AttributeNames ?? []
      const counts = store.counts(queue)
      const all: Attributes = {
        ...shownAttributes(queue),
        ApproximateNumberOfMessages: String(counts.visible),
        ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
        ApproximateNumberOfMessagesDelayed: String(counts.delayed),
      }
      const shown = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name))
      return { Attributes: shown.length > 0 ? Object.fromEntries(shown) : undefined }
    },

    SetQueueAttributes(input) {
      const queue = store.byUrl(input.QueueUrl)
      const attributes = { ...queue.attributes, ...checkedAttributes(input.Attributes) }
      // An empty policy takes the old one away.
      const kept = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
      const changed = { ...queue, attributes: kept, modifiedAt: cloud.clock.now() }
      checkDeadLetterQueue(store, changed)
      store.queues.set(queue.name, changed)
      return {}
    },

    PurgeQueue(input) {
      const queue = store.byUrl(input.QueueUrl)
      if (isRecent(purgedAt.get(queue.name))) {
        throw new AwsError('PurgeQueueInProgress', `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`)
      }
      purgedAt.set(queue.name, cloud.clock.elapsed())
      store.messages(queue).clear()
      return {}
    },

    DeleteQueue(input) {
      const queue = store.byUrl(input.QueueUrl)
      deletedAt.set(queue.name, cloud.clock.elapsed())
      store.remove(queue)
      return {}
    },

    ListDeadLetterSourceQueues(input, call) {
      const { arn } = store.byUrl(input.QueueUrl)
      const sources = [...store.queues.values()].filter((queue) => redrivePolicy(queue)?.deadLetterTargetArn === arn)
      return { queueUrls: sources.map((queue) => url(queue, call)) }
    },

    TagQueue(input) {
      const queue = store.byUrl(input.QueueUrl)
      const tags = { ...queue.tags, ...input.Tags }
      if (Object.keys(tags).length > MAXIMUM_TAGS)
        throw new AwsError('InvalidParameterValue', `Too many tags added for queue ${queue.name}.`)
      store.queues.set(queue.name, { ...queue, tags })
      return {}
    },

    UntagQueue(input) {
      const queue = store.byUrl(input.QueueUrl)
      const tags = Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !input.TagKeys?.includes(key)))
      store.queues.set(queue.name, { ...queue, tags })
      return {}
    },

    ListQueueTags: (input) => ({ Tags: store.byUrl(input.QueueUrl).tags }),
  }
}

/** Creating a queue again is fine as long as nothing that was said differs. */
function sameQueue(old: Queue, attributes: Attributes): Queue {
  const known = shownAttributes(old)
  const [other] = Object.entries(attributes).find(([name, value]) => known[name] !== value) ?? []
  if (other === undefined) return old
  throw new AwsError('QueueNameExists', `A queue already exists with the same name and a different value for attribute ${other}`)
}

function checkDeadLetterQueue(store: QueueStore, queue: Queue): void {
  const policy = redrivePolicy(queue)
  if (!policy || policy.deadLetterTargetArn === queue.arn || store.byArn(policy.deadLetterTargetArn)) return
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${queue.attributes.RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
  )
}
