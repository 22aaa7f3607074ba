// Deployments, rollouts and migrations as they are kept.
import type { Queryable } from '../../database/database.ts'
import { json } from '../../database/database.ts'
import { assignments, type Columns, fromRow } from '../../database/row.ts'
import type { Deployment, Migration, Rollout } from './deployment.ts'
import type { Deployed, Plan } from './plan.ts'

const deploymentColumns: Columns = {
  times: new Set(['troubleSince', 'createdAt', 'endedAt']),
  jsons: new Set(['services', 'options', 'plan', 'fences', 'cancel', 'error', 'causes', 'cloud']),
}
const rolloutColumns: Columns = {
  times: new Set(['registeringAt', 'sendingAt', 'sentAt', 'deadline', 'undoSendingAt', 'endedAt']),
  jsons: new Set(['view', 'undoView', 'error', 'causes']),
}
const migrationColumns: Columns = { times: new Set(['startingAt', 'endedAt']), jsons: new Set(['view']) }

export type NewDeployment = Omit<
  Deployment,
  'state' | 'verdict' | 'epoch' | 'plan' | 'fences' | 'cancel' | 'error' | 'causes' | 'troubleSince' | 'endedAt'
>

/** Keeps a new deployment; gives the one that the same request started before, if any. */
export async function insertDeployment(
  tx: Queryable,
  fresh: NewDeployment,
  request: string,
): Promise<{ id: string; fresh: boolean }> {
  const rows = await tx.query<{ id: string }>(
    `insert into deploy_deployments
       (id, request, product, environment, kind, state, repository, ref, commit, release_id, services, options, reason, created_at, created_by, face, cloud)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, to_timestamp($14::double precision / 1000), $15, $16, $17)
     on conflict (request) do nothing returning id`,
    [
      fresh.id,
      request,
      fresh.product,
      fresh.environment,
      fresh.kind,
      fresh.releaseId === undefined ? 'queued' : 'built',
      fresh.repository ?? null,
      fresh.ref ?? null,
      fresh.commit ?? null,
      fresh.releaseId ?? null,
      json(fresh.services),
      json(fresh.options),
      fresh.reason ?? null,
      fresh.createdAt,
      fresh.createdBy,
      fresh.face,
      fresh.cloud ? json(fresh.cloud) : null,
    ],
  )
  if (rows[0]) return { id: rows[0].id, fresh: true }
  const [known] = await tx.query<{ id: string }>('select id from deploy_deployments where request = $1', [request])
  return { id: known?.id ?? '', fresh: false }
}

export async function findDeployment(database: Queryable, id: string): Promise<Deployment | undefined> {
  const [row] = await database.query('select * from deploy_deployments where id = $1', [id])
  return row && fromRow<Deployment>(row)
}

/** The deployment that a request started or stopped already, when it is made again because its answer was lost. */
export async function deploymentOfRequest(
  database: Queryable,
  request: string,
): Promise<{ id: string; stops: boolean } | undefined> {
  const [row] = await database.query<{ id: string; stops: boolean }>(
    `select id, request <> $1 as stops from deploy_deployments where request = $1 or cancel->'requests' @> to_jsonb($1::text)`,
    [request],
  )
  return row
}

export interface DeploymentFilter {
  product: string
  environment?: string
  service?: string
  /** Who asked for it. */
  actor?: string
  state?: 'open' | 'done'
  verdict?: string
  /** Only those that are older than this one, which is the product's. */
  before?: string
  limit?: number
}

/** Newest first. */
export async function listDeployments(database: Queryable, filter: DeploymentFilter): Promise<Deployment[]> {
  const { product, environment, service, actor, state, verdict, before, limit = 100 } = filter
  const rows = await database.query(
    `select * from deploy_deployments d
     where product = $1 and ($2::text is null or environment = $2)
       and ($3::text is null or (state = 'done') = ($3 = 'done')) and ($4::text is null or verdict = $4)
       and ($5::text is null or created_by = $5)
       and ($6::text is null or services @> to_jsonb($6::text)
         or exists (select from deploy_rollouts r where r.deployment_id = d.id and r.service = $6 and r.action <> 'for-task'))
       and ($7::text is null or (created_at, id) < (select b.created_at, b.id from deploy_deployments b where b.id = $7))
     order by created_at desc, id desc limit $8`,
    [product, environment ?? null, state ?? null, verdict ?? null, actor ?? null, service ?? null, before ?? null, limit],
  )
  return rows.map((row) => fromRow<Deployment>(row))
}

/** Ids of deployments that have not ended, oldest first. */
export async function openDeployments(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`select id from deploy_deployments where state <> 'done' order by created_at`)
  return rows.map(({ id }) => id)
}

/** Makes this process the driver of a deployment: whoever drove it before can store nothing more. */
export async function claimDeployment(database: Queryable, id: string): Promise<Deployment | undefined> {
  const [row] = await database.query(
    `update deploy_deployments set epoch = epoch + 1 where id = $1 and state <> 'done' returning *`,
    [id],
  )
  return row && fromRow<Deployment>(row)
}

/** Stores a change if this process is still the driver; false when another has taken over, or it has ended. */
export async function changeDeployment(
  tx: Queryable,
  { id, epoch }: Pick<Deployment, 'id' | 'epoch'>,
  change: Partial<Deployment>,
): Promise<boolean> {
  const { sql, values } = assignments(change, deploymentColumns, 3)
  const rows = await tx.query(
    `update deploy_deployments set ${sql} where id = $1 and epoch = $2 and state <> 'done' returning id`,
    [id, epoch, ...values],
  )
  return rows.length === 1
}

type PlannedRollout = Pick<Rollout, 'deploymentId' | 'service' | 'action' | 'cluster' | 'name' | 'plannedFrom' | 'previous'>

/** Keeps what the plan says of a service; a newer plan takes the place of the older. */
export async function insertRollout(tx: Queryable, rollout: PlannedRollout): Promise<void> {
  await tx.query(
    `insert into deploy_rollouts (deployment_id, service, action, cluster, name, planned_from, previous)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (deployment_id, service) do update set action = excluded.action, cluster = excluded.cluster,
       name = excluded.name, planned_from = excluded.planned_from, previous = excluded.previous`,
    [
      rollout.deploymentId,
      rollout.service,
      rollout.action,
      rollout.cluster,
      rollout.name,
      rollout.plannedFrom ?? null,
      rollout.previous ?? null,
    ],
  )
}

export async function changeRollout(
  tx: Queryable,
  { deploymentId, service }: Pick<Rollout, 'deploymentId' | 'service'>,
  change: Partial<Rollout>,
): Promise<void> {
  const { sql, values } = assignments(change, rolloutColumns, 3)
  await tx.query(`update deploy_rollouts set ${sql} where deployment_id = $1 and service = $2`, [
    deploymentId,
    service,
    ...values,
  ])
}

/** Ends the rollouts that ECS was never told of, and never will be. */
export async function dropUnsent(tx: Queryable, deploymentId: string, now: number): Promise<void> {
  await tx.query(
    `update deploy_rollouts set verdict = 'stopped', ended_at = to_timestamp($2::double precision / 1000)
     where deployment_id = $1 and sent_at is null and verdict is null and action <> 'for-task'`,
    [deploymentId, now],
  )
}

/** In name order. */
export async function rolloutsOf(database: Queryable, deploymentId: string): Promise<Rollout[]> {
  const rows = await database.query('select * from deploy_rollouts where deployment_id = $1 order by service', [deploymentId])
  return rows.map((row) => fromRow<Rollout>(row))
}

export async function insertMigration(
  tx: Queryable,
  migration: Pick<Migration, 'deploymentId' | 'task' | 'position'>,
): Promise<void> {
  await tx.query('insert into deploy_migrations (deployment_id, task, position) values ($1, $2, $3) on conflict do nothing', [
    migration.deploymentId,
    migration.task,
    migration.position,
  ])
}

export async function changeMigration(
  tx: Queryable,
  { deploymentId, task }: Pick<Migration, 'deploymentId' | 'task'>,
  change: Partial<Migration>,
): Promise<void> {
  const { sql, values } = assignments(change, migrationColumns, 3)
  await tx.query(`update deploy_migrations set ${sql} where deployment_id = $1 and task = $2`, [deploymentId, task, ...values])
}

/** In the order in which they run. */
export async function migrationsOf(database: Queryable, deploymentId: string): Promise<Migration[]> {
  const rows = await database.query('select * from deploy_migrations where deployment_id = $1 order by position', [deploymentId])
  return rows.map((row) => fromRow<Migration>(row))
}

/** How many of the last rollouts tell how long one usually takes. */
const USUAL_OF = 5

/** How long a rollout of each service usually takes in an environment, in seconds: the median of the last that went well. */
export async function usualSeconds(
  database: Queryable,
  place: { product: string; environment: string },
): Promise<Record<string, number>> {
  const rows = await database.query<{ service: string; seconds: number }>(
    `select service, percentile_cont(0.5) within group (order by seconds)::double precision as seconds from (
       select r.service, extract(epoch from r.ended_at - r.sent_at)::double precision as seconds,
         row_number() over (partition by r.service order by r.sent_at desc) as back
       from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
       where d.product = $1 and d.environment = $2 and r.verdict = 'succeeded' and r.sent_at is not null and r.ended_at is not null
     ) last where back <= $3 group by service`,
    [place.product, place.environment, USUAL_OF],
  )
  return Object.fromEntries(rows.map(({ service, seconds }) => [service, Math.round(seconds)]))
}

/** The deployment of kiban's that made a service deployment, if one did. */
export async function makerOf(database: Queryable, serviceDeployment: string): Promise<string | undefined> {
  const [row] = await database.query<{ deployment_id: string }>(
    'select deployment_id from deploy_rollouts where service_deployment = $1 or undo_service_deployment = $1',
    [serviceDeployment],
  )
  return row?.deployment_id
}

/** The last rollout of a service that went well, with what was planned for it. */
export async function lastDeployed(
  database: Queryable,
  place: { product: string; environment: string },
  service: string,
): Promise<({ releaseId: string } & Deployed) | undefined> {
  const [row] = await database.query<{ release_id: string; plan: Plan }>(
    `select d.release_id, d.plan from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
     where d.product = $1 and d.environment = $2 and r.service = $3 and r.verdict = 'succeeded' and r.action <> 'for-task'
     order by d.created_at desc limit 1`,
    [place.product, place.environment, service],
  )
  const planned = row?.plan.services.find((one) => one.service === service)
  return row && planned && { releaseId: row.release_id, definition: planned.definition, settings: planned.settings }
}
