// What happened, in one order: for a product, or for all that one may see.
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { timeline as text } from '../../core/messages/timeline.ts'
import { Moment, momentOf } from '../../core/moment.ts'
import { about, call, type Operation, stream } from '../../core/operation.ts'
import { nextField, pageFields } from '../../core/paging.ts'
import type { Line, View } from '../../core/view.ts'
import type { Database } from '../../database/database.ts'
import { type EventFeed, nextEvent } from '../../database/event-feed.ts'
import { auditOperations } from './audit-operations.ts'
import {
  EventItem,
  eventItem,
  eventTable,
  filterFields,
  filterOf,
  pageOfEvents,
  seqOf,
  spanFields,
  spanOf,
} from './event-item.ts'

export interface TimelineDependencies {
  timeline(): Promise<{ database: Database; events: EventFeed; clock: Clock }>
}

const DEFAULT_DAYS = 30
const PAGE = 500
const MINUTE_MS = 60_000
/** A follower looks again by itself after so long, though a connection that is lost tells everybody to look when it is back. */
const LOOK_AGAIN_MS = 60_000
const everywhere = () => ({ product: '*', environment: '*' })

const Measured = z.object({
  environment: z.string(),
  days: z.number(),
  deployments: z.number(),
  perWeek: z.number(),
  leadTimeMs: z.number().optional(),
  failureRate: z.number().optional(),
  recoveryMs: z.number().optional(),
})

export function timelineOperations({ timeline }: TimelineDependencies): Operation[] {
  return [
    call({
      name: 'timeline.list',
      summary: text.list,
      http: { method: 'GET', path: '/timeline' },
      // What one may not see is left out, event by event.
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({
        ...filterFields,
        ...spanFields,
        around: Moment.optional().meta(about(text.fieldAround.en, text.fieldAround.ja)),
        within: z.number().int().min(1).max(1440).default(30).meta(about(text.fieldWithin.en, text.fieldWithin.ja)),
        ...pageFields(50, PAGE),
      }),
      output: z.object({ events: z.array(EventItem), ...nextField }),
      cli: { alias: 'timeline', short: { e: 'env' } },
      async run({ actor }, input) {
        const { eventsBefore } = await import('./timeline.ts')
        const { database, clock } = await timeline()
        const now = clock.now()
        const around = input.around === undefined ? undefined : momentOf(input.around, now)
        const beside = input.within * MINUTE_MS
        const { from = around && around - beside, to = around && around + beside } = spanOf(input, now)
        const filter = { ...filterOf(input), from, to }
        const found = await eventsBefore(database, actor, filter, { before: seqOf(input.cursor), limit: input.limit + 1 })
        return pageOfEvents(found, input.limit)
      },
      show: ({ events }): View => [
        events.length === 0 ? { kind: 'line', line: text.nothing } : eventTable([...events].reverse()),
      ],
    }),
    stream({
      name: 'timeline.follow',
      summary: text.follow,
      http: { method: 'GET', path: '/timeline/events' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object(filterFields),
      item: EventItem,
      cli: { short: { e: 'env' } },
      async *run({ actor, signal, after }, input) {
        const { eventsAfter, newestSeq } = await import('./timeline.ts')
        const { database, events } = await timeline()
        let seen = seqOf(after) ?? (await newestSeq(database))
        for (;;) {
          const changed = nextEvent(events, ['*'], LOOK_AGAIN_MS, signal)
          // What one may see goes by one's grants alone.
          const page = await events.together(JSON.stringify(['timeline', actor.grants, input, seen]), async () =>
            (await eventsAfter(database, actor, filterOf(input), { after: seen, limit: PAGE })).map(eventItem),
          )
          seen = page.at(-1)?.seq ?? seen
          try {
            yield* page
            if (page.length < PAGE) await changed.happened
          } finally {
            changed.forget()
          }
          signal.throwIfAborted()
        }
      },
      position: ({ seq }) => String(seq),
      async begins() {
        const { newestSeq } = await import('./timeline.ts')
        return String(await newestSeq((await timeline()).database))
      },
      show: (event) => ({ lines: [eventTable([event])] }),
    }),
    call({
      name: 'timeline.measure',
      summary: text.measures,
      http: { method: 'GET', path: '/products/{product}/measures' },
      permission: 'read',
      place: ({ product, env }) => ({ product, environment: env }),
      risk: 0,
      input: z.object({
        product: z.string().min(1).meta(about(text.fieldProduct.en, text.fieldProduct.ja)),
        env: z.string().min(1).default('production').meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja)),
        days: z.number().int().min(1).max(366).default(DEFAULT_DAYS).meta(about(text.fieldDays.en, text.fieldDays.ja)),
      }),
      output: Measured,
      cli: { positional: ['product'], short: { e: 'env' } },
      async run({ actor }, { product, env: environment, days }) {
        const { measure } = await import('./measure.ts')
        const { database, clock } = await timeline()
        return { environment, days, ...(await measure(database, actor, { product, environment, days }, clock.now())) }
      },
      show: showMeasures,
    }),
    ...auditOperations({ timeline }),
  ]
}

function showMeasures({
  environment,
  days,
  deployments,
  perWeek,
  leadTimeMs,
  failureRate,
  recoveryMs,
}: z.infer<typeof Measured>): View {
  const seconds = (ms: number | undefined): Line => (ms === undefined ? text.notYet : { seconds: Math.round(ms / 1000) })
  const told: [Line, Line, Line][] = [
    [text.frequency, text.perWeek(perWeek.toFixed(1)), text.frequencyMeans],
    [text.leadTime, seconds(leadTimeMs), text.leadTimeMeans],
    [text.failureRate, failureRate === undefined ? text.notYet : `${(failureRate * 100).toFixed(1)} %`, text.failureRateMeans],
    [text.recovery, seconds(recoveryMs), text.recoveryMeans],
  ]
  return [
    { kind: 'heading', line: text.measured(environment, days, deployments) },
    ...told.flatMap(
      ([name, value, means]): View => [
        { kind: 'line', indent: 2, line: [name, '  ', value].flat() as Line },
        { kind: 'line', indent: 4, line: means },
      ],
    ),
  ]
}
