import type { Cloud, Handlers, Queues, Service } from '../cloud.ts'
import { moveTaskOperations } from './move-tasks.ts'
import { queueOperations } from './queue-operations.ts'
import { QueueStore } from './queue-store.ts'
import { receiveOperations } from './receive-operations.ts'
import { sendOperations } from './send-operations.ts'

export type SqsHandlers = Handlers<typeof import('@aws-sdk/client-sqs')>

/** SQS with standard queues; `queues` is for targets of events. */
export function sqs(cloud: Cloud): Service & { queues: Queues } {
  const store = new QueueStore(cloud)
  const handlers: SqsHandlers = {
    ...queueOperations(cloud, store),
    ...sendOperations(store),
    ...receiveOperations(cloud, store),
    ...moveTaskOperations(cloud, store),
  }
  return { client: () => import('@aws-sdk/client-sqs'), signingName: 'sqs', handlers, queues: store }
}
