import type { Event } from '../core/event.ts'
import { newId } from '../core/ids.ts'
import { json, type Queryable } from './database.ts'

/** The channel on which a subject is told when an event about it was written. */
export const EVENT_CHANNEL = 'kiban_events'

export type StoredEvent = Event & { seq: number }

/** Any fixed number: whoever writes events holds it until the commit. */
const ADVISORY_LOCK = 5_242_602

/** The events of each transaction that is open. */
const unwritten = new WeakMap<Queryable, Omit<Event, 'id'>[]>()

/** Appends an event in the transaction of the change that it tells of. Listeners of `EVENT_CHANNEL` hear its subject at the commit. */
export function appendEvent(tx: Queryable, event: Omit<Event, 'id'>): void {
  const events = unwritten.get(tx)
  if (!events) throw new Error(`${event.type} belongs in the transaction of its change`)
  events.push(event)
}

/**
 * Runs a transaction and writes its events as the last thing before the commit, one transaction after another. So
 * sequence numbers become visible in their order: whoever has read up to one has missed none before it. The lock is taken
 * last, when no other will be waited for, so that nobody can wait for each other.
 */
export async function withEvents<Result>(tx: Queryable, run: (tx: Queryable) => Promise<Result>): Promise<Result> {
  const events: Omit<Event, 'id'>[] = []
  unwritten.set(tx, events)
  const result = await run(tx)
  unwritten.delete(tx)
  if (events.length > 0) await write(tx, events)
  return result
}

async function write(tx: Queryable, events: readonly Omit<Event, 'id'>[]): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK])
  for (const { type, at, product, environment, actor, face, subject, data } of events)
    await tx.query(
      `insert into events (id, type, at, product, environment, actor, face, subject, data)
       values ($1, $2, to_timestamp($3::double precision / 1000), $4, $5, $6, $7, $8, $9)`,
      [newId('evt', at), type, at, product, environment ?? null, actor, face, subject, json(data)],
    )
  for (const subject of new Set(events.map((event) => event.subject)))
    await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, subject])
}

/** The events about a subject after a sequence number, oldest first. */
export async function eventsAbout(database: Queryable, subject: string, after = 0): Promise<StoredEvent[]> {
  const rows = await database.query<EventRow>('select * from events where subject = $1 and seq > $2 order by seq', [
    subject,
    after,
  ])
  return rows.map((row) => ({ ...row, at: row.at.getTime(), environment: row.environment ?? undefined }))
}

/** The last event of a type in an environment for each value of a member of its data, by that value. */
export async function lastEvents(
  database: Queryable,
  { product, environment, type }: { product: string; environment: string; type: string },
  member: string,
): Promise<StoredEvent[]> {
  const rows = await database.query<EventRow>(
    `select distinct on (data->>$4) * from events where product = $1 and environment = $2 and type = $3
     order by data->>$4, seq desc`,
    [product, environment, type, member],
  )
  return rows.map((row) => ({ ...row, at: row.at.getTime(), environment: row.environment ?? undefined }))
}

type EventRow = Omit<StoredEvent, 'at' | 'environment'> & { at: Date; environment: string | null }
