import type { Cloud, Handlers, Logs, Service } from '../cloud.ts'
import { eventOperations } from './event-operations.ts'
import { groupOperations } from './group-operations.ts'
import { LogStore } from './log-store.ts'
import { streamOperations } from './stream-operations.ts'
import { tagOperations } from './tag-operations.ts'

export type LogsHandlers = Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>

/** CloudWatch Logs; `logs` is where tasks write. */
export function logs(cloud: Cloud): Service & { logs: Logs } {
  const store = new LogStore(cloud)
  const handlers: LogsHandlers = {
    ...groupOperations(cloud, store),
    ...streamOperations(cloud, store),
    ...eventOperations(cloud, store),
    ...tagOperations(cloud, store),
  }
  return { client: () => import('@aws-sdk/client-cloudwatch-logs'), signingName: 'logs', handlers, logs: store }
}
