import type { FilterLogEventsCommandInput, FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../cloud.ts'
import { constraintError, invalidToken, pageSize } from './constraint.ts'
import { type Place, placeFrom, placeText } from './event-place.ts'
import { events, type StreamEvent } from './event-reader.ts'
import { filterPattern } from './filter-pattern.ts'
import { PAGE_BYTES } from './get-events.ts'
import { groupOf } from './group-operations.ts'
import type { LogStore, LogStream } from './log-store.ts'
import { EVENT_OVERHEAD_BYTES } from './put-events.ts'

const MAXIMUM_EVENTS = 10_000
const MAXIMUM_STREAM_NAMES = 100
const MAXIMUM_PATTERN_LENGTH = 1024
/** A page looks at so many events and then answers with what it has, be it nothing. */
const SCANNED_EVENTS = 100_000

/** A page of a group's events, from all of its streams or some; `endTime` itself still counts. */
export async function filterEvents(store: LogStore, input: FilterLogEventsCommandInput): Promise<FilterLogEventsResponse> {
  const group = store.group(groupOf(input))
  const matches = filterPattern(checkedPattern(input.filterPattern))
  const token = input.nextToken === undefined ? undefined : parsedToken(input.nextToken)
  const limit = pageSize(input.limit, MAXIMUM_EVENTS)
  const range = {
    startTime: Math.max(input.startTime ?? 0, store.expiry(group)),
    endTime: (input.endTime ?? Number.POSITIVE_INFINITY) + 1,
    beyond: token?.place,
    backwards: token?.backwards ?? input.startFromHead === false,
  }
  const streams = chosenStreams(store, group.name, input).map((stream) => ({ name: stream.name, file: store.file(stream) }))

  const found: StreamEvent[] = []
  let [scanned, bytes] = [0, 0]
  let last: Place | undefined
  for await (const event of events(streams, range)) {
    const isFull = found.length === limit || bytes > PAGE_BYTES || scanned === SCANNED_EVENTS
    if (isFull && last) return { ...answer(found), nextToken: tokenText(last, range.backwards) }
    scanned++
    last = event
    if (!matches(event.message)) continue
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES
    found.push(event)
  }
  return answer(found)
}

function checkedPattern(pattern = ''): string {
  if (pattern.length > MAXIMUM_PATTERN_LENGTH) {
    throw constraintError(pattern, 'filterPattern', `Member must have length less than or equal to ${MAXIMUM_PATTERN_LENGTH}`)
  }
  return pattern
}

function chosenStreams(store: LogStore, group: string, input: FilterLogEventsCommandInput): LogStream[] {
  const { logStreamNames: names, logStreamNamePrefix: prefix } = input
  if (names !== undefined && prefix !== undefined) {
    throw new AwsError('InvalidParameterException', 'Only one of logStreamNames and logStreamNamePrefix can be specified.')
  }
  if (names && names.length > MAXIMUM_STREAM_NAMES) {
    throw constraintError('[…]', 'logStreamNames', `Member must have length less than or equal to ${MAXIMUM_STREAM_NAMES}`)
  }
  if (names) return [...new Set(names)].map((name) => store.stream(group, name))
  return store.streams(group).filter(({ name }) => name.startsWith(prefix ?? ''))
}

function answer(found: StreamEvent[]): FilterLogEventsResponse {
  const events = found.map((event) => ({
    logStreamName: event.stream,
    timestamp: event.timestamp,
    message: event.message,
    ingestionTime: event.ingestionTime,
    eventId: placeText(event),
  }))
  // AWS has sent this empty since 2019.
  return { events, searchedLogStreams: [] }
}

function tokenText(place: Place, backwards: boolean): string {
  return Buffer.from(`${backwards ? 'b' : 'f'}${placeText(place)}`).toString('base64url')
}

function parsedToken(token: string): { backwards: boolean; place: Place } {
  const text = Buffer.from(token, 'base64url').toString()
  const place = placeFrom(text.slice(1))
  if (!place || !/^[fb]/.test(text)) return invalidToken()
  return { backwards: text.startsWith('b'), place }
}
