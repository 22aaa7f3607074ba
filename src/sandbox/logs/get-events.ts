import type { GetLogEventsCommandInput, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'
import { invalidToken, pageSize } from './constraint.ts'
import { type Place, placeFrom, placeText } from './event-place.ts'
import { events, type StreamEvent } from './event-reader.ts'
import { groupOf } from './group-operations.ts'
import type { LogStore } from './log-store.ts'
import { EVENT_OVERHEAD_BYTES } from './put-events.ts'

const MAXIMUM_EVENTS = 10_000
export const PAGE_BYTES = 1_048_576

/**
 * A page of one stream, always oldest first. A token says from where and in which direction to go on; at either end of
 * the stream the answer repeats the token that was sent, which is how clients know that they have arrived.
 */
export async function getEvents(store: LogStore, input: GetLogEventsCommandInput): Promise<GetLogEventsResponse> {
  const stream = store.stream(groupOf(input), input.logStreamName as string)
  const token = input.nextToken === undefined ? undefined : parsedToken(input.nextToken)
  const backwards = token ? token.backwards : input.startFromHead !== true
  const found = await read(store, input, stream, { backwards, beyond: token?.place })
  const page = backwards ? found.reverse() : found
  const here = token?.place ?? { timestamp: input.startTime ?? 0, sequence: 0 }
  const [first, last] = [page[0], page.at(-1)]
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${placeText(last ?? (backwards ? before(here) : here))}/s`,
    nextBackwardToken: `b/${placeText(first ?? (backwards ? here : after(here)))}/s`,
  }
}

async function read(
  store: LogStore,
  input: GetLogEventsCommandInput,
  stream: ReturnType<LogStore['stream']>,
  direction: { backwards: boolean; beyond: Place | undefined },
): Promise<StreamEvent[]> {
  const limit = pageSize(input.limit, MAXIMUM_EVENTS)
  const range = {
    startTime: Math.max(input.startTime ?? 0, store.expiry(store.group(stream.group))),
    endTime: input.endTime ?? Number.POSITIVE_INFINITY,
    ...direction,
  }
  const found: StreamEvent[] = []
  let bytes = 0
  for await (const event of events([{ name: stream.name, file: store.file(stream) }], range)) {
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES
    if (found.length === limit || (bytes > PAGE_BYTES && found.length > 0)) break
    found.push(event)
  }
  return found
}

function parsedToken(text: string): { backwards: boolean; place: Place } {
  const [, direction, digits = ''] = /^([fb])\/(\d{56})(?:\/s)?$/.exec(text) ?? invalidToken()
  const place = placeFrom(digits) ?? invalidToken()
  return { backwards: direction === 'b', place }
}

// The neighbours of a place, so that turning round at an end gives the event at that end again.
const before = ({ timestamp, sequence }: Place) => ({ timestamp, sequence: Math.max(0, sequence - 1) })
const after = ({ timestamp, sequence }: Place) => ({ timestamp, sequence: sequence + 1 })
