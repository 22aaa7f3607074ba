// Task runs as they are kept.
import { json, type Queryable } from '../../../database/database.ts'
import { assignments, type Columns, fromRow } from '../../../database/row.ts'
import type { TaskRun } from './task-run.ts'

const columns: Columns = {
  times: new Set(['registeringAt', 'startingAt', 'startedAt', 'endedAt']),
  jsons: new Set(['tasks', 'cancel', 'error', 'causes']),
}

export type NewRun = Pick<
  TaskRun,
  | 'id'
  | 'product'
  | 'environment'
  | 'task'
  | 'schedule'
  | 'releaseId'
  | 'plan'
  | 'definition'
  | 'reason'
  | 'options'
  | 'cloud'
  | 'createdAt'
  | 'createdBy'
  | 'face'
>

/** Keeps a new run; gives the one that the same request started before, if any. */
export async function insertRun(tx: Queryable, fresh: NewRun, request: string): Promise<{ id: string; fresh: boolean }> {
  const rows = await tx.query<{ id: string }>(
    `insert into deploy_task_runs
       (id, request, product, environment, task, schedule, state, release_id, plan, definition, tasks, reason, options, cloud, created_at, created_by, face)
     values ($1, $2, $3, $4, $5, $6, 'planned', $7, $8, $9, '[]', $10, $11, $12, to_timestamp($13::double precision / 1000), $14, $15)
     on conflict (request) do nothing returning id`,
    [
      fresh.id,
      request,
      fresh.product,
      fresh.environment,
      fresh.task,
      fresh.schedule,
      fresh.releaseId,
      json(fresh.plan),
      fresh.definition ?? null,
      fresh.reason ?? null,
      json(fresh.options),
      fresh.cloud ? json(fresh.cloud) : null,
      fresh.createdAt,
      fresh.createdBy,
      fresh.face,
    ],
  )
  if (rows[0]) return { id: rows[0].id, fresh: true }
  return { id: (await runOfRequest(tx, request)) ?? '', fresh: false }
}

/** The run that a request started already, when it is made again because its answer was lost. */
export async function runOfRequest(database: Queryable, request: string): Promise<string | undefined> {
  const [row] = await database.query<{ id: string }>('select id from deploy_task_runs where request = $1', [request])
  return row?.id
}

export async function findRun(database: Queryable, id: string): Promise<TaskRun | undefined> {
  const [row] = await database.query('select * from deploy_task_runs where id = $1', [id])
  return row && fromRow<TaskRun>(row)
}

/** Newest first. */
export async function listRuns(
  database: Queryable,
  filter: { product: string; environment?: string; task?: string; open?: boolean; before?: string; limit: number },
): Promise<TaskRun[]> {
  const { product, environment, task, open = false, before, limit } = filter
  const rows = await database.query(
    `select * from deploy_task_runs
     where product = $1 and ($2::text is null or environment = $2) and ($3::text is null or task = $3)
       and (not $4 or state <> 'done')
       and ($5::text is null or (created_at, id) < (select b.created_at, b.id from deploy_task_runs b where b.id = $5))
     order by created_at desc, id desc limit $6`,
    [product, environment ?? null, task ?? null, open, before ?? null, limit],
  )
  return rows.map((row) => fromRow<TaskRun>(row))
}

/** The newest run of each task or schedule of an environment. */
export async function lastRuns(
  database: Queryable,
  place: { product: string; environment: string; schedule: boolean },
): Promise<Map<string, TaskRun>> {
  const rows = await database.query(
    `select distinct on (task) * from deploy_task_runs where product = $1 and environment = $2 and schedule = $3
     order by task, created_at desc, id desc`,
    [place.product, place.environment, place.schedule],
  )
  return new Map(rows.map((row) => fromRow<TaskRun>(row)).map((run) => [run.task, run]))
}

/** Ids of runs that have not ended, oldest first. */
export async function openRuns(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`select id from deploy_task_runs where state <> 'done' order by created_at`)
  return rows.map(({ id }) => id)
}

/** Makes this process the driver of a run: whoever drove it before can store nothing more. */
export async function claimRun(database: Queryable, id: string): Promise<TaskRun | undefined> {
  const [row] = await database.query(
    `update deploy_task_runs set epoch = epoch + 1 where id = $1 and state <> 'done' returning *`,
    [id],
  )
  return row && fromRow<TaskRun>(row)
}

/** Stores a change if this process is still the driver; false when another has taken over, or it has ended. */
export async function changeRun(
  tx: Queryable,
  { id, epoch }: Pick<TaskRun, 'id' | 'epoch'>,
  change: Partial<TaskRun>,
): Promise<boolean> {
  const { sql, values } = assignments(change, columns, 3)
  const rows = await tx.query(
    `update deploy_task_runs set ${sql} where id = $1 and epoch = $2 and state <> 'done' returning id`,
    [id, epoch, ...values],
  )
  return rows.length === 1
}

/** The definition that was registered when a release came to an environment; undefined when it never did. */
export async function definitionOfRelease(
  database: Queryable,
  place: { product: string; environment: string; releaseId: string; service: string },
): Promise<string | undefined> {
  const [row] = await database.query<{ definition: string | null }>(
    `select case when r.action = 'unchanged' then r.previous else r.definition end as definition
     from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
     where d.product = $1 and d.environment = $2 and d.release_id = $3 and r.service = $4
       and (r.verdict = 'succeeded' or (r.action = 'for-task' and d.verdict = 'succeeded'))
     order by d.created_at desc limit 1`,
    [place.product, place.environment, place.releaseId, place.service],
  )
  return row?.definition ?? undefined
}
