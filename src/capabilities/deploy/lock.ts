/**
 * Locks of services in an environment: fenced leases, with a queue. A deployment takes those of all its services at once
 * or waits for all, in the order of its first asking, so that no two can wait for each other.
 */

import type { Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'

/** A holder that is not heard of for so long may be replaced. */
export const LEASE_SECONDS = 30
/** A waiter that has not asked again for so long is passed over. */
const WAITER_SECONDS = 15

export interface Place {
  product: string
  environment: string
}

export interface Claimant {
  /** `deployment/dep_…` or `person/aoi`. */
  holder: string
  actor: string
  face: string
  reason: string
}

export interface Lock extends Place {
  service: string
  fence: number
  holder: string
  actor: string
  reason: string
  takenAt: number
  /** Undefined: until released. */
  leaseUntil: number | undefined
  waiters: { waiter: string; actor: string; reason: string; queuedAt: number }[]
}

/** Fence by service. */
export type Fences = Record<string, number>

/**
 * Takes the locks of all `services`, or none: then says who is before us. One's own locks are taken anew, with a higher
 * fence, which shuts out an earlier process of the same holder. `leased: false` holds them until they are released.
 */
export async function takeLocks(
  tx: Queryable,
  place: Place,
  services: readonly string[],
  claimant: Claimant,
  { leased, now }: { leased: boolean; now: number },
): Promise<{ fences: Fences } | { blockedBy: { service: string; holder: string; actor: string; reason: string }[] }> {
  const names = [...new Set(services)].sort()
  await stand(tx, place, names)
  await queue(tx, place, names, claimant)
  const blockers = await blockersOf(tx, place, names, claimant.holder)
  if (blockers.length > 0) return { blockedBy: blockers }
  const rows = await tx.query<{ service: string; fence: number; held: boolean }>(
    `update deploy_locks set fence = deploy_locks.fence + 1, holder = $4, actor = $5, reason = $6, taken_at = now(),
       lease_until = case when $7 then now() + make_interval(secs => $8) end
     from (select service, holder, reason from deploy_locks where product = $1 and environment = $2) before
     where product = $1 and environment = $2 and deploy_locks.service = any ($3) and before.service = deploy_locks.service
     returning deploy_locks.service, deploy_locks.fence, before.holder is not distinct from $4 and before.reason is not distinct from $6 as held`,
    [place.product, place.environment, names, claimant.holder, claimant.actor, claimant.reason, leased, LEASE_SECONDS],
  )
  await leaveQueue(tx, place, claimant.holder)
  for (const { service } of rows.filter((row) => !row.held))
    lockEvent(tx, 'lock.taken', place, service, claimant, now, { holder: claimant.holder, reason: claimant.reason })
  return { fences: Object.fromEntries(rows.map(({ service, fence }) => [service, fence])) }
}

/** Renews the lease; false when any of the locks is no longer ours. */
export async function renewLocks(database: Queryable, place: Place, fences: Fences, seconds = LEASE_SECONDS): Promise<boolean> {
  const rows = await database.query(
    `update deploy_locks set lease_until = now() + make_interval(secs => $5)
     from unnest($3::text[], $4::bigint[]) as mine (service, fence)
     where product = $1 and environment = $2 and deploy_locks.service = mine.service and deploy_locks.fence = mine.fence
     returning deploy_locks.service`,
    [place.product, place.environment, Object.keys(fences), Object.values(fences), seconds],
  )
  return rows.length === Object.keys(fences).length
}

/** Releases those that are still ours. */
export async function releaseLocks(tx: Queryable, place: Place, fences: Fences, claimant: Claimant, now: number): Promise<void> {
  const rows = await tx.query<{ service: string }>(
    `update deploy_locks set fence = deploy_locks.fence + 1, holder = null, actor = null, reason = null, taken_at = null, lease_until = null
     from unnest($3::text[], $4::bigint[]) as mine (service, fence)
     where product = $1 and environment = $2 and deploy_locks.service = mine.service and deploy_locks.fence = mine.fence
     returning deploy_locks.service`,
    [place.product, place.environment, Object.keys(fences), Object.values(fences)],
  )
  for (const { service } of rows) lockEvent(tx, 'lock.released', place, service, claimant, now, { reason: claimant.reason })
}

/** Takes locks away from whoever holds them; the event says from whom, by whom and why. */
export async function forceRelease(
  tx: Queryable,
  place: Place,
  services: readonly string[],
  by: Claimant,
  now: number,
): Promise<string[]> {
  const held = await heldLocks(tx, place, services)
  for (const { service, fence, holder, actor, reason } of held) {
    await tx.query(
      `update deploy_locks set fence = fence + 1, holder = null, actor = null, reason = null, taken_at = null, lease_until = null
       where product = $1 and environment = $2 and service = $3 and fence = $4`,
      [place.product, place.environment, service, fence],
    )
    lockEvent(tx, 'lock.forced', place, service, by, now, { from: holder, of: actor, heldFor: reason, reason: by.reason })
  }
  return held.map(({ service }) => service)
}

export async function heldLocks(database: Queryable, place: Place, services?: readonly string[]): Promise<Lock[]> {
  const rows = await database.query<LockRow>(
    `select * from deploy_locks where product = $1 and environment = $2 and holder is not null
       and ($3::text[] is null or service = any ($3)) order by service`,
    [place.product, place.environment, services ?? null],
  )
  const waiting = await database.query<{ service: string; waiter: string; actor: string; reason: string; queued_at: Date }>(
    `select service, waiter, actor, reason, queued_at from deploy_lock_queue where product = $1 and environment = $2 order by ticket`,
    [place.product, place.environment],
  )
  return rows.map((row) => ({
    ...place,
    service: row.service,
    fence: row.fence,
    holder: row.holder,
    actor: row.actor,
    reason: row.reason,
    takenAt: row.taken_at.getTime(),
    leaseUntil: row.lease_until?.getTime(),
    waiters: waiting
      .filter(({ service }) => service === row.service)
      .map(({ waiter, actor, reason, queued_at }) => ({ waiter, actor, reason, queuedAt: queued_at.getTime() })),
  }))
}

/** Gives up waiting. */
export async function leaveQueue(tx: Queryable, place: Place, waiter: string): Promise<void> {
  await tx.query('delete from deploy_lock_queue where product = $1 and environment = $2 and waiter = $3', [
    place.product,
    place.environment,
    waiter,
  ])
}

interface LockRow {
  service: string
  fence: number
  holder: string
  actor: string
  reason: string
  taken_at: Date
  lease_until: Date | null
}

/** Makes the rows and holds them, in name order, to the end of the transaction. */
async function stand(tx: Queryable, place: Place, services: readonly string[]): Promise<void> {
  await tx.query(
    `insert into deploy_locks (product, environment, service) select $1, $2, unnest($3::text[]) on conflict do nothing`,
    [place.product, place.environment, services],
  )
  await tx.query(
    `select service from deploy_locks where product = $1 and environment = $2 and service = any ($3) order by service for update`,
    [place.product, place.environment, services],
  )
}

async function queue(tx: Queryable, place: Place, services: readonly string[], claimant: Claimant): Promise<void> {
  await tx.query(
    `insert into deploy_lock_queue (product, environment, service, waiter, actor, reason, queued_at, seen_at)
     select $1, $2, unnest($3::text[]), $4, $5, $6, now(), now()
     on conflict (product, environment, service, waiter) do update set seen_at = now()`,
    [place.product, place.environment, services, claimant.holder, claimant.actor, claimant.reason],
  )
}

function blockersOf(tx: Queryable, place: Place, services: readonly string[], holder: string) {
  return tx.query<{ service: string; holder: string; actor: string; reason: string }>(
    `select service, holder, actor, reason from deploy_locks
       where product = $1 and environment = $2 and service = any ($3)
         and holder is not null and holder <> $4 and (lease_until is null or lease_until > now())
     union all
     select before.service, before.waiter, before.actor, before.reason from deploy_lock_queue before
       join deploy_lock_queue mine on mine.product = before.product and mine.environment = before.environment
         and mine.service = before.service and mine.waiter = $4 and before.ticket < mine.ticket
       where before.product = $1 and before.environment = $2 and before.service = any ($3)
         and before.seen_at > now() - make_interval(secs => $5)
         -- Whoever still has it does not stand in line for it.
         and not exists (select 1 from deploy_locks own where own.product = before.product and own.environment = before.environment
           and own.service = before.service and own.holder = $4 and (own.lease_until is null or own.lease_until > now()))
     order by 1`,
    [place.product, place.environment, services, holder, WAITER_SECONDS],
  )
}

const lockEvent = (
  tx: Queryable,
  type: string,
  { product, environment }: Place,
  service: string,
  { actor, face }: Claimant,
  at: number,
  data: Record<string, unknown>,
) => appendEvent(tx, { type, at, product, environment, actor, face, subject: `service/${service}`, data })
