// Times in which nothing may be deployed, by hand or by plan; glass that may be broken, loudly.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { approvals as text } from '../../core/messages/approvals.ts'
import { can, type Place, SOME } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'

export interface Freeze extends Place {
  id: string
  fromAt: number
  /** Undefined: until it is ended by hand. */
  untilAt: number | undefined
  reason: string
  startedBy: string
  startedAt: number
  endedAt: number | undefined
}

export async function startFreeze(
  tx: Queryable,
  actor: Actor,
  wanted: Place & { fromAt: number; untilAt: number | undefined; reason: string },
  now: number,
): Promise<Freeze> {
  const { product, environment, fromAt, untilAt, reason } = wanted
  if (untilAt !== undefined && untilAt <= Math.max(now, fromAt))
    throw new KibanError('invalid', 'freeze.over', text.over, { hint: text.overHint })
  const freeze: Freeze = { id: newId('frz'), ...wanted, startedBy: actor.name, startedAt: now, endedAt: undefined }
  await tx.query(
    `insert into approvals_freezes (id, product, environment, from_at, until_at, reason, started_by, started_at)
     values ($1, $2, $3, to_timestamp($4::double precision / 1000), to_timestamp($5::double precision / 1000), $6, $7, to_timestamp($8::double precision / 1000))`,
    [freeze.id, product, environment, fromAt, untilAt ?? null, reason, actor.name, now],
  )
  tell(tx, 'freeze.started', freeze, actor, now, { reason, fromAt, untilAt })
  return freeze
}

/** Whether somebody may know of a freeze: one of everything concerns whoever has logged in. */
export const concerns = (actor: Actor, { product }: Freeze): boolean =>
  product === '*' || can(actor, 'read', { product, environment: SOME })

/** Throws `permission.denied`; `freeze.unknown` where it is none of the actor's business whether there is one. */
export async function endFreeze(tx: Queryable, actor: Actor, id: string, now: number): Promise<Freeze> {
  const [row] = await tx.query('select * from approvals_freezes where id = $1 and ended_at is null for update', [id])
  const freeze = row && fromRow<Freeze>(row)
  if (!freeze || !concerns(actor, freeze))
    throw new KibanError('not-found', 'freeze.unknown', text.freezeUnknown(id), { hint: text.freezesHint })
  const { product, environment } = freeze
  if (!can(actor, 'freeze', freeze))
    throw new KibanError('forbidden', 'permission.denied', text.mayNotEnd(actor.name, `${product}/${environment}`), {
      hint: text.ownHint,
      place: { product, environment },
    })
  await tx.query('update approvals_freezes set ended_at = to_timestamp($2::double precision / 1000) where id = $1', [id, now])
  tell(tx, 'freeze.ended', freeze, actor, now, {})
  return { ...freeze, endedAt: now }
}

/** Those that are not over, what is to come among them. */
export async function listFreezes(database: Queryable, now: number): Promise<Freeze[]> {
  const rows = await database.query(
    `select * from approvals_freezes where ended_at is null and (until_at is null or until_at > to_timestamp($1::double precision / 1000)) order by from_at`,
    [now],
  )
  return rows.map((row) => fromRow<Freeze>(row))
}

/** The freeze that holds a place now, if any. */
export async function freezeAt(database: Queryable, { product, environment }: Place, now: number): Promise<Freeze | undefined> {
  const open = await listFreezes(database, now)
  return open.find(
    (freeze) =>
      freeze.fromAt <= now &&
      (freeze.product === '*' || freeze.product === product) &&
      (freeze.environment === '*' || freeze.environment === environment),
  )
}

/** Says loudly that somebody deployed through a freeze. */
export function tellBroken(
  tx: Queryable,
  broken: { freeze: Freeze; place: Place; actor: { name: string; face: string }; subject: string; reason: string; at: number },
): void {
  const { freeze, place, actor, subject, reason, at } = broken
  const data = { freeze: freeze.id, frozenFor: freeze.reason, reason }
  appendEvent(tx, { type: 'freeze.broken', at, ...place, actor: actor.name, face: actor.face, subject, data })
}

const tell = (
  tx: Queryable,
  type: string,
  { id, product, environment }: Freeze,
  actor: Actor,
  at: number,
  data: Record<string, unknown>,
): void =>
  appendEvent(tx, {
    type,
    at,
    product,
    environment: environment === '*' ? undefined : environment,
    actor: actor.name,
    face: actor.face,
    subject: `freeze/${id}`,
    data,
  })
