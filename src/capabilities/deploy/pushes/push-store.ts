// The pushes that were told of, and what became of each.
import { createHash } from 'node:crypto'
import { newId } from '../../../core/ids.ts'
import type { IgnoredFor } from '../../../core/messages/pushes.ts'
import type { Database, Queryable } from '../../../database/database.ts'
import { fromRow } from '../../../database/row.ts'
import type { Push } from '../../../github/push.ts'

export interface StoredPush {
  id: string
  repository: string
  ref: string
  before: string
  after: string
  forced: boolean
  pusher: string
  /** Epoch milliseconds. */
  receivedAt: number
}

export type Outcome =
  | { ignored: IgnoredFor; environment?: string; details?: string[] }
  | { environment: string; started: Started; ignored?: undefined }

export interface Started {
  kind: 'deployment' | 'workflow-run'
  id: string
  workflow?: string
}

/** False for one that is known already: by its delivery, or by its body under the name of another delivery. */
export async function insertPush(
  tx: Queryable,
  { delivery, body, push, repository }: { delivery: string; body: Uint8Array; push: Push; repository: string },
  now: number,
): Promise<boolean> {
  const rows = await tx.query(
    `insert into deploy_pushes (id, delivery, body_hash, repository, ref, before, after, forced, pusher, received_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::double precision / 1000)) on conflict do nothing returning id`,
    [
      newId('psh', now),
      delivery,
      createHash('sha256').update(body).digest('hex'),
      repository,
      push.ref,
      push.before,
      push.after,
      push.forced,
      push.pusher.name,
      now,
    ],
  )
  return rows.length > 0
}

/** The pushes of a repository that are not decided, in the order in which they came. */
export async function openPushes(database: Queryable, repository: string): Promise<StoredPush[]> {
  const rows = await database.query('select * from deploy_pushes where repository = $1 and decided_at is null order by seq', [
    repository,
  ])
  return rows.map((row) => fromRow<StoredPush>(row))
}

export async function repositoriesWithOpenPushes(database: Database): Promise<string[]> {
  const rows = await database.query<{ repository: string }>(
    'select distinct repository from deploy_pushes where decided_at is null',
  )
  return rows.map(({ repository }) => repository)
}

const LOOKED_AT = 20

/** The latest pushes to the same branch that were deployed to an environment. */
export async function deployedPushes(
  database: Queryable,
  { repository, ref }: StoredPush,
  { product, environment }: { product: string; environment: string },
): Promise<StoredPush[]> {
  const rows = await database.query(
    `select pushes.* from deploy_pushes pushes join deploy_push_outcomes outcomes on outcomes.push_id = pushes.id
     where pushes.repository = $1 and pushes.ref = $2 and outcomes.product = $3 and outcomes.environment = $4
       and outcomes.ignored is null order by pushes.seq desc limit ${LOOKED_AT}`,
    [repository, ref, product, environment],
  )
  return rows.map((row) => fromRow<StoredPush>(row))
}

export async function isDecided(database: Queryable, push: StoredPush, product: string): Promise<boolean> {
  const rows = await database.query('select 1 from deploy_push_outcomes where push_id = $1 and product = $2', [push.id, product])
  return rows.length > 0
}

export async function keepOutcome(tx: Queryable, push: StoredPush, product: string, outcome: Outcome): Promise<void> {
  await tx.query(
    'insert into deploy_push_outcomes (push_id, product, environment, deployment_id, workflow_run_id, ignored) values ($1, $2, $3, $4, $5, $6)',
    [
      push.id,
      product,
      outcome.environment ?? null,
      startedOf(outcome, 'deployment'),
      startedOf(outcome, 'workflow-run'),
      outcome.ignored ?? null,
    ],
  )
}

const startedOf = (outcome: Outcome, kind: Started['kind']): string | null =>
  'started' in outcome && outcome.started.kind === kind ? outcome.started.id : null

export async function keepDecided(tx: Queryable, push: StoredPush, now: number): Promise<void> {
  await tx.query('update deploy_pushes set decided_at = to_timestamp($2::double precision / 1000) where id = $1', [push.id, now])
}
