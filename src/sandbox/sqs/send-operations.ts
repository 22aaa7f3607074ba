import type { MessageAttributeValue, MessageSystemAttributeValue } from '@aws-sdk/client-sqs'
import { AwsError, type Call } from '../cloud.ts'
import { batch } from './batch.ts'
import { checkAttributes, checkBody, md5, md5OfAttributes, sizeOf } from './message.ts'
import { noFifo, numberOf, type Queue } from './queue.ts'
import type { QueueStore } from './queue-store.ts'
import type { SqsHandlers } from './sqs.ts'

const MAXIMUM_BATCH_BYTES = 1_048_576
const MAXIMUM_DELAY_SECONDS = 900

interface Given {
  MessageBody: string | undefined
  DelaySeconds?: number
  MessageAttributes?: Record<string, MessageAttributeValue>
  MessageSystemAttributes?: Partial<Record<string, MessageSystemAttributeValue>>
  MessageDeduplicationId?: string
  MessageGroupId?: string
}

export function sendOperations(store: QueueStore): SqsHandlers {
  return {
    SendMessage: (input, call) => sent(store, store.byUrl(input.QueueUrl), input, call),

    SendMessageBatch(input, call) {
      const queue = store.byUrl(input.QueueUrl)
      const sizes = (input.Entries ?? []).map((entry) => sizeOf(entry.MessageBody ?? '', entry.MessageAttributes ?? {}))
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      if (bytes > MAXIMUM_BATCH_BYTES) {
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAXIMUM_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
        )
      }
      return batch('SendMessageBatchRequestEntry', input.Entries, (entry) => sent(store, queue, entry, call))
    },
  }
}

function sent(store: QueueStore, queue: Queue, given: Given, call: Call) {
  if (given.MessageDeduplicationId !== undefined) throw noFifo()
  const body = checkBody(given.MessageBody)
  const attributes = checkAttributes(given.MessageAttributes)
  checkLimits(queue, body, attributes, given.DelaySeconds)
  const trace = given.MessageSystemAttributes?.AWSTraceHeader
  const message = store.add(queue, {
    body,
    attributes,
    delaySeconds: given.DelaySeconds,
    system: {
      SenderId: call.principal.userId,
      ...(trace?.StringValue !== undefined && { AWSTraceHeader: trace.StringValue }),
      ...(given.MessageGroupId !== undefined && { MessageGroupId: given.MessageGroupId }),
    },
  })
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5(body),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    MD5OfMessageSystemAttributes: trace && md5OfAttributes({ AWSTraceHeader: trace }),
  }
}

function checkLimits(queue: Queue, body: string, attributes: Record<string, MessageAttributeValue>, delay = 0): void {
  const most = numberOf(queue, 'MaximumMessageSize')
  if (sizeOf(body, attributes) > most) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    )
  }
  if (delay < 0 || delay > MAXIMUM_DELAY_SECONDS) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${MAXIMUM_DELAY_SECONDS}.`,
    )
  }
}
