// The audit is the timeline with what was refused, for those who answer for a product or for the platform.
import { z } from 'zod'
import { audit as text } from '../../core/messages/audit.ts'
import { about, call, type Operation, stream } from '../../core/operation.ts'
import { nextField, pageFields } from '../../core/paging.ts'
import type { View } from '../../core/view.ts'
import { appendEvent } from '../../database/events.ts'
import { auditFiles } from './audit-file.ts'
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
import type { TimelineDependencies } from './operations.ts'
import type { TimelineFilter } from './timeline.ts'

const auditFields = {
  ...filterFields,
  face: z.string().optional().meta(about(text.fieldFace.en, text.fieldFace.ja)),
  ...spanFields,
}
/** Of one answer, and of one look of an export. */
const PAGE = 500
type AuditFields = Parameters<typeof filterOf>[0] & { face?: string; since?: string; until?: string }

/** What one answers for: all of a product to audit it, one environment to audit that. */
const place = ({ product = '*', env = '*' }: { product?: string; env?: string }) => ({ product, environment: env })

export function auditOperations({ timeline }: TimelineDependencies): Operation[] {
  return [
    call({
      name: 'audit.list',
      summary: text.list,
      http: { method: 'GET', path: '/audit' },
      permission: 'audit',
      place,
      risk: 0,
      input: z.object({ ...auditFields, ...pageFields(50, PAGE) }),
      output: z.object({ events: z.array(EventItem), ...nextField }),
      cli: { alias: 'audit', short: { e: 'env' } },
      async run({ actor }, input) {
        const { eventsBefore } = await import('./timeline.ts')
        const { database, clock } = await timeline()
        const filter = auditFilter(input, clock.now())
        const found = await eventsBefore(database, actor, filter, { before: seqOf(input.cursor), limit: input.limit + 1 })
        return pageOfEvents(found, input.limit)
      },
      show: ({ events }): View => [
        events.length === 0 ? { kind: 'line', line: text.nothing } : eventTable([...events].reverse()),
      ],
    }),
    stream({
      name: 'audit.export',
      summary: text.export,
      http: { method: 'GET', path: '/audit/export' },
      permission: 'audit',
      place,
      risk: 0,
      input: z.object({
        ...auditFields,
        format: z.enum(['csv', 'ndjson']).default('csv').meta(about(text.fieldFormat.en, text.fieldFormat.ja)),
      }),
      item: EventItem,
      cli: { short: { e: 'env' } },
      files: auditFiles,
      async *run({ actor, after, signal }, input) {
        const { eventsAfter, newestSeq } = await import('./timeline.ts')
        const { database, clock } = await timeline()
        const filter = auditFilter(input, clock.now())
        // All that there is now: what is written meanwhile, that of this export among it, is for the next one.
        const until = await newestSeq(database)
        let seen = seqOf(after)
        // Whoever takes the whole of it away is on record too, once.
        if (seen === undefined)
          await database.transaction(async (tx) =>
            appendEvent(tx, {
              type: 'audit.exported',
              at: clock.now(),
              product: input.product ?? '*',
              environment: input.env,
              actor: actor.name,
              face: actor.face,
              subject: `audit/${input.format}`,
              data: input,
            }),
          )
        seen ??= 0
        for (let more = true; more; ) {
          signal.throwIfAborted()
          const page = await eventsAfter(database, actor, filter, { after: seen, until, limit: PAGE })
          yield* page.map(eventItem)
          seen = page.at(-1)?.seq ?? seen
          more = page.length === PAGE
        }
      },
      position: ({ seq }) => String(seq),
      show: (event) => ({ lines: [eventTable([event])] }),
    }),
  ]
}

const auditFilter = (input: AuditFields, now: number): TimelineFilter => ({
  ...filterOf(input),
  ...spanOf(input, now),
  refusals: true,
  face: input.face,
})
