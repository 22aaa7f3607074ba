// The rules of a batch. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
import type { InputLogEvent, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../cloud.ts'
import { constraintError } from './constraint.ts'

const HOUR_MS = 3_600_000
const NEWEST_MS = 2 * HOUR_MS
const OLDEST_MS = 14 * 24 * HOUR_MS
const SPAN_MS = 24 * HOUR_MS
const MAXIMUM_EVENTS = 10_000
const MAXIMUM_BATCH_BYTES = 1_048_576
export const EVENT_OVERHEAD_BYTES = 26

export interface Accepted {
  events: { timestamp: number; message: string }[]
  rejected: RejectedLogEventsInfo | undefined
}

/** `expiry` is the time before which the group keeps nothing. Throws InvalidParameterException. */
export function accepted(given: InputLogEvent[], now: number, expiry: number): Accepted {
  const events = given.map(({ timestamp, message }) => ({ timestamp: timestamp as number, message: message as string }))
  checkSize(events)
  checkOrder(events)
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + NEWEST_MS)
  const tooOld = end(events, now - OLDEST_MS)
  const expired = end(events, expiry)
  const valid = events.slice(Math.max(tooOld, expired), tooNew < 0 ? undefined : tooNew)
  checkSpan(valid)
  const rejected = {
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld > 0 && tooOld > expired && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && expired >= tooOld && { expiredLogEventEndIndex: expired }),
  }
  return { events: valid, rejected: Object.keys(rejected).length > 0 ? rejected : undefined }
}

/** How many events at the start lie before a time. */
function end(events: { timestamp: number }[], time: number): number {
  const index = events.findIndex(({ timestamp }) => timestamp >= time)
  return index < 0 ? events.length : index
}

function checkSize(events: { message: string }[]): void {
  if (events.length === 0) throw constraintError('[]', 'logEvents', 'Member must have length greater than or equal to 1')
  if (events.length > MAXIMUM_EVENTS) {
    throw constraintError('[…]', 'logEvents', `Member must have length less than or equal to ${MAXIMUM_EVENTS}`)
  }
  const empty = events.findIndex(({ message }) => message === '')
  if (empty >= 0) {
    throw constraintError('', `logEvents.${empty + 1}.member.message`, 'Member must have length greater than or equal to 1')
  }
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES, 0)
  if (bytes > MAXIMUM_BATCH_BYTES) {
    throw new AwsError('InvalidParameterException', `Upload too large: ${bytes} bytes exceeds limit of ${MAXIMUM_BATCH_BYTES}`)
  }
}

function checkOrder(events: { timestamp: number }[]): void {
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? timestamp))) {
    throw new AwsError('InvalidParameterException', 'Log events in a single PutLogEvents request must be in chronological order.')
  }
}

function checkSpan(events: { timestamp: number }[]): void {
  const [first, last] = [events[0], events.at(-1)]
  if (first && last && last.timestamp - first.timestamp > SPAN_MS) {
    throw new AwsError(
      'InvalidParameterException',
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    )
  }
}
