import { logEvents } from '../../aws/logs.ts'
import type { AwsSession } from '../../aws/session.ts'
import { sharedLook } from '../../aws/shared-look.ts'
import type { Clock } from '../../core/clock.ts'
import { type LogLine, recordOf } from './log-line.ts'
import type { LogPlace } from './log-places.ts'

/**
 * How late a line may come and is still found. CloudWatch gives lines in the order of their own times, and they arrive in
 * another: now and then so much is read again, and what was read before is left out.
 */
export const LATE_MS = 30_000
const LATE_EVERY_MS = 5_000
/** What every look reads again: most lines arrive within it, and a busy service writes thousands of lines a second. */
const OVERLAP_MS = 2_000
/** All who follow a place ask from the full second on, so that their questions are the same one, and AWS hears it once. */
const STEP_MS = 1_000
const FRESH_MS = 500

interface Filter {
  startTime: number
  streamPrefix: string
  pattern: string | undefined
}

/** Reads one place again and again without a gap, and without a line twice. */
export class PlaceReader {
  readonly #session: AwsSession
  readonly #place: LogPlace
  readonly #clock: Clock
  readonly #pattern: string | undefined
  readonly #since: number
  /** Times of lines that a later look will meet again, by their ids. */
  readonly #seen = new Map<string, number>()
  #newest: number
  #lookedForLate = Number.NEGATIVE_INFINITY

  constructor(
    session: AwsSession,
    place: LogPlace,
    { clock, since, pattern }: { clock: Clock; since: number; pattern: string | undefined },
  ) {
    this.#session = session
    this.#place = place
    this.#clock = clock
    this.#pattern = pattern
    this.#since = since
    this.#newest = since
  }

  /** What is new since the look before, oldest first; the last look is for what came late, too. */
  async *look(signal: AbortSignal, isLast: boolean): AsyncGenerator<LogLine> {
    const begun = this.#clock.elapsed()
    const isForLate = isLast || begun - this.#lookedForLate >= LATE_EVERY_MS
    const again = this.#from(LATE_MS)
    for (const [id, at] of this.#seen) if (at < again) this.#seen.delete(id)
    const startTime = isForLate ? again : this.#from(OVERLAP_MS)
    for await (const line of this.#lines({ startTime, streamPrefix: this.#place.streams, pattern: this.#pattern }, signal)) {
      if (line.at < this.#since || this.#seen.has(line.id)) continue
      yield line
      // Only what was taken counts as read: another place may fail while this line waits for its turn.
      this.#seen.set(line.id, line.at)
      this.#newest = Math.max(this.#newest, line.at)
    }
    if (isForLate) this.#lookedForLate = begun
  }

  #from(beforeNewestMs: number): number {
    return Math.floor(Math.max(this.#since, this.#newest - beforeNewestMs) / STEP_MS) * STEP_MS
  }

  async *#lines(filter: Filter, signal: AbortSignal): AsyncGenerator<LogLine> {
    let next: string | undefined
    do {
      signal.throwIfAborted()
      const page = await pageOf(this.#session, this.#place, filter, next)
      yield* page.lines
      next = page.next
    } while (next !== undefined)
  }
}

function pageOf(session: AwsSession, place: LogPlace, filter: Filter, token: string | undefined) {
  return sharedLook(session, JSON.stringify(['lines', place, filter, token]), FRESH_MS, async () => {
    const { events, next } = await logEvents(session, place.group, filter, token)
    const { service, container, streams } = place
    const lines = events.map(({ eventId = '', timestamp = 0, message: written = '', logStreamName = '' }): LogLine => {
      const message = written.replace(/\n$/, '')
      const record = recordOf(message)
      const task = logStreamName.slice(streams.length)
      return { at: timestamp, service, container, task, message, ...(record ? { record } : {}), id: eventId }
    })
    return { lines, next }
  })
}
