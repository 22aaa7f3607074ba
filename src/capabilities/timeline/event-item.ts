// An event as it is read in any face, and how it is looked for.
import { z } from 'zod'
import { eventWords, timeline as text } from '../../core/messages/timeline.ts'
import { Moment, momentOf } from '../../core/moment.ts'
import { about } from '../../core/operation.ts'
import { badCursor, pageOf } from '../../core/paging.ts'
import type { Block, Line } from '../../core/view.ts'
import type { StoredEvent } from '../../database/events.ts'
import type { TimelineFilter } from './timeline.ts'

export const EventItem = z.object({
  /** Rises with each event; those of one answer may leave gaps. */
  seq: z.number(),
  id: z.string(),
  type: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  product: z.string(),
  environment: z.string().optional(),
  actor: z.string(),
  face: z.string(),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
  text: z.object({ en: z.string(), ja: z.string() }),
  tone: z.enum(['good', 'bad', 'warn', 'busy', 'muted']),
})
export type EventItem = z.infer<typeof EventItem>

export const eventItem = (event: StoredEvent): EventItem => EventItem.parse({ ...event, ...eventWords(event) })

export const filterFields = {
  product: z.string().optional().meta(about(text.fieldProduct.en, text.fieldProduct.ja)),
  env: z.string().optional().meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja)),
  type: z.array(z.string().min(1)).default([]).meta(about(text.fieldType.en, text.fieldType.ja)),
  actor: z.string().optional().meta(about(text.fieldActor.en, text.fieldActor.ja)),
  subject: z.string().optional().meta(about(text.fieldSubject.en, text.fieldSubject.ja)),
  text: z.string().max(200).optional().meta(about(text.fieldText.en, text.fieldText.ja)),
}

export const spanFields = {
  since: Moment.optional().meta(about(text.fieldSince.en, text.fieldSince.ja)),
  until: Moment.optional().meta(about(text.fieldUntil.en, text.fieldUntil.ja)),
}

export const filterOf = (input: z.infer<z.ZodObject<typeof filterFields>>): TimelineFilter => ({
  product: input.product,
  environment: input.env,
  types: input.type,
  actor: input.actor,
  subject: input.subject,
  words: input.text,
})

/** From when to when, epoch milliseconds. */
export const spanOf = ({ since, until }: { since?: string; until?: string }, now: number) => ({
  from: since === undefined ? undefined : momentOf(since, now),
  to: until === undefined ? undefined : momentOf(until, now),
})

/** Throws `input.invalid`. */
export function seqOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  const seq = Number(cursor)
  if (!Number.isSafeInteger(seq) || seq < 0) throw badCursor()
  return seq
}

/** A page of events, and the cursor of the next one where there is more than `limit`. */
export function pageOfEvents(found: readonly StoredEvent[], limit: number): { events: EventItem[]; next: string | undefined } {
  const { items, next } = pageOf(found, limit, ({ seq }) => String(seq))
  return { events: items.map(eventItem), next }
}

export const eventTable = (events: readonly EventItem[]): Block => ({
  kind: 'table',
  columns: [{}, {}, {}, {}],
  rows: events.map((event): Line[] => [
    { time: event.at, tone: 'muted' },
    event.product === '*' ? '' : [event.product, event.environment ?? ''].filter(Boolean).join('/'),
    event.actor,
    { text: event.text, tone: event.tone },
  ]),
})
