import type { Cloud } from '../cloud.ts'
import { filterEvents } from './filter-events.ts'
import { getEvents } from './get-events.ts'
import type { LogStore } from './log-store.ts'
import type { LogsHandlers } from './logs.ts'
import { accepted } from './put-events.ts'
import { sequenceToken } from './stream-operations.ts'

export function eventOperations(cloud: Cloud, store: LogStore): LogsHandlers {
  return {
    PutLogEvents(input) {
      const stream = store.stream(input.logGroupName as string, input.logStreamName as string)
      const now = cloud.clock.now()
      const { events, rejected } = accepted(input.logEvents ?? [], now, store.expiry(store.group(stream.group)))
      store.append(stream, events)
      return { nextSequenceToken: sequenceToken(now), rejectedLogEventsInfo: rejected }
    },

    GetLogEvents: (input) => getEvents(store, input),
    FilterLogEvents: (input) => filterEvents(store, input),
  }
}
