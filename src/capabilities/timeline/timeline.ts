// The one stream of events, read in the order in which they became true for everybody.
import type { Actor } from '../../core/actor.ts'
import { can, placesOf } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import type { StoredEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'

export interface TimelineFilter {
  product?: string
  environment?: string
  /** Types, or their nouns: `lock.forced`, `deployment`. */
  types: readonly string[]
  actor?: string
  face?: string
  subject?: string
  /** What was refused as well: it changed nothing, and is of no interest but to those who audit. */
  refusals?: boolean
  /** Found in any of the event's values. */
  words?: string
  /** Epoch milliseconds. */
  from?: number
  to?: number
}

/** Events that the actor may see, newest first, before a sequence number. */
export async function eventsBefore(
  database: Queryable,
  actor: Actor,
  filter: TimelineFilter,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<StoredEvent[]> {
  const { where, values } = conditions(actor, filter)
  const rows = await database.query(
    `select * from events where ${where} and ($${values.length + 1}::bigint is null or seq < $${values.length + 1}) order by seq desc limit $${values.length + 2}`,
    [...values, before ?? null, limit],
  )
  return rows.map((row) => fromRow<StoredEvent>(row))
}

/** The same, oldest first, after a sequence number, and up to another one where it is given. */
export async function eventsAfter(
  database: Queryable,
  actor: Actor,
  filter: TimelineFilter,
  { after, until, limit }: { after: number; until?: number; limit: number },
): Promise<StoredEvent[]> {
  const { where, values } = conditions(actor, filter)
  const at = values.length
  const rows = await database.query(
    `select * from events where ${where} and seq > $${at + 1} and ($${at + 2}::bigint is null or seq <= $${at + 2}) order by seq limit $${at + 3}`,
    [...values, after, until ?? null, limit],
  )
  return rows.map((row) => fromRow<StoredEvent>(row))
}

export async function newestSeq(database: Queryable): Promise<number> {
  const [row] = await database.query<{ seq: number | null }>('select max(seq) as seq from events')
  return row?.seq ?? 0
}

function conditions(actor: Actor, filter: TimelineFilter): { where: string; values: unknown[] } {
  const values: unknown[] = []
  const parameter = (value: unknown): string => `$${values.push(value)}`
  const parts = [visible(actor, parameter)]
  if (!filter.refusals) parts.push(`type <> 'operation.refused'`)
  const { product, environment, types, subject, words, from, to } = filter
  if (product !== undefined) parts.push(`product = ${parameter(product)}`)
  if (environment !== undefined) parts.push(`environment = ${parameter(environment)}`)
  if (types.length > 0) {
    const wanted = parameter([...types])
    parts.push(`(type = any (${wanted}) or split_part(type, '.', 1) = any (${wanted}))`)
  }
  if (filter.actor !== undefined) parts.push(`actor = ${parameter(filter.actor)}`)
  if (filter.face !== undefined) parts.push(`face = ${parameter(filter.face)}`)
  if (subject !== undefined) parts.push(`subject = ${parameter(subject)}`)
  if (words !== undefined) {
    const pattern = parameter(`%${words.replace(/[\\%_]/g, '\\$&')}%`)
    parts.push(`(type ilike ${pattern} or actor ilike ${pattern} or subject ilike ${pattern} or data::text ilike ${pattern})`)
  }
  if (from !== undefined) parts.push(`at >= to_timestamp(${parameter(from)}::double precision / 1000)`)
  if (to !== undefined) parts.push(`at <= to_timestamp(${parameter(to)}::double precision / 1000)`)
  return { where: parts.join(' and '), values }
}

/**
 * What happened where the actor may read. What concerns the whole platform (`*`: people, roles) is for those who may audit
 * it. Nothing at all for whoever holds no role.
 */
function visible(actor: Actor, parameter: (value: unknown) => string): string {
  const places = placesOf(actor, 'read')
  const products = parameter(places.products)
  const environments = parameter(places.environments)
  const mayAudit = can(actor, 'audit', { product: '*', environment: '*' })
  return `(exists (
      select from unnest(${products}::text[], ${environments}::text[]) as mine (product, environment)
      where (mine.product = '*' or mine.product = events.product)
        and (mine.environment = '*' or events.environment is null or mine.environment = events.environment))
    and (${parameter(mayAudit)} or events.product <> '*'))`
}
