// Runs of workflows as they are kept.
import { json, type Queryable } from '../../../database/database.ts'
import { assignments, type Columns, fromRow } from '../../../database/row.ts'
import type { WorkflowRun } from './workflow-run.ts'

const columns: Columns = {
  times: new Set(['endedAt']),
  jsons: new Set(['sources', 'steps', 'options', 'cancel', 'error']),
}

export type NewWorkflowRun = Omit<
  WorkflowRun,
  'state' | 'verdict' | 'epoch' | 'attempt' | 'sources' | 'steps' | 'cancel' | 'error' | 'endedAt'
>

/** Keeps a new run; gives the one that the same request started before, if any. */
export async function insertWorkflowRun(
  tx: Queryable,
  fresh: NewWorkflowRun,
  request: string,
): Promise<{ id: string; fresh: boolean }> {
  const rows = await tx.query<{ id: string }>(
    `insert into deploy_workflow_runs
       (id, request, product, environment, workflow, state, repository, ref, commit, sources, steps, options, reason, cloud, created_at, created_by, face)
     values ($1, $2, $3, $4, $5, 'preparing', $6, $7, $8, '[]', '[]', $9, $10, $11, to_timestamp($12::double precision / 1000), $13, $14)
     on conflict (request) do nothing returning id`,
    [
      fresh.id,
      request,
      fresh.product,
      fresh.environment,
      fresh.workflow,
      fresh.repository,
      fresh.ref,
      fresh.commit ?? null,
      json(fresh.options),
      fresh.reason ?? null,
      fresh.cloud ? json(fresh.cloud) : null,
      fresh.createdAt,
      fresh.createdBy,
      fresh.face,
    ],
  )
  if (rows[0]) return { id: rows[0].id, fresh: true }
  const [known] = await tx.query<{ id: string }>('select id from deploy_workflow_runs where request = $1', [request])
  return { id: known?.id ?? '', fresh: false }
}

export async function findWorkflowRun(database: Queryable, id: string): Promise<WorkflowRun | undefined> {
  const [row] = await database.query('select * from deploy_workflow_runs where id = $1', [id])
  return row && fromRow<WorkflowRun>(row)
}

/** Newest first. */
export async function listWorkflowRuns(
  database: Queryable,
  filter: { product: string; environment?: string; workflow?: string; before?: string; limit: number },
): Promise<WorkflowRun[]> {
  const { product, environment, workflow, before, limit } = filter
  const rows = await database.query(
    `select * from deploy_workflow_runs
     where product = $1 and ($2::text is null or environment = $2) and ($3::text is null or workflow = $3)
       and ($4::text is null or (created_at, id) < (select b.created_at, b.id from deploy_workflow_runs b where b.id = $4))
     order by created_at desc, id desc limit $5`,
    [product, environment ?? null, workflow ?? null, before ?? null, limit],
  )
  return rows.map((row) => fromRow<WorkflowRun>(row))
}

/** The newest run of each workflow of a product. */
export async function lastWorkflowRuns(database: Queryable, product: string): Promise<Map<string, WorkflowRun>> {
  const rows = await database.query(
    'select distinct on (workflow) * from deploy_workflow_runs where product = $1 order by workflow, created_at desc, id desc',
    [product],
  )
  return new Map(rows.map((row) => fromRow<WorkflowRun>(row)).map((run) => [run.workflow, run]))
}

/** Ids of runs that have not ended, oldest first. */
export async function openWorkflowRuns(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from deploy_workflow_runs where state <> 'done' order by created_at`,
  )
  return rows.map(({ id }) => id)
}

/** Makes this process the driver of a run: whoever drove it before can store nothing more. */
export async function claimWorkflowRun(database: Queryable, id: string): Promise<WorkflowRun | undefined> {
  const [row] = await database.query(
    `update deploy_workflow_runs set epoch = epoch + 1 where id = $1 and state <> 'done' returning *`,
    [id],
  )
  return row && fromRow<WorkflowRun>(row)
}

/** Stores a change if this process is still the driver; false when another has taken over, or it has ended. */
export async function changeWorkflowRun(
  tx: Queryable,
  { id, epoch }: Pick<WorkflowRun, 'id' | 'epoch'>,
  change: Partial<WorkflowRun>,
): Promise<boolean> {
  const { sql, values } = assignments(change, columns, 3)
  const rows = await tx.query(
    `update deploy_workflow_runs set ${sql} where id = $1 and epoch = $2 and state <> 'done' returning id`,
    [id, epoch, ...values],
  )
  return rows.length === 1
}

/** Opens a run that has ended once more; false when it was opened meanwhile. */
export async function reopenWorkflowRun(
  tx: Queryable,
  { id, attempt }: Pick<WorkflowRun, 'id' | 'attempt'>,
  change: Partial<WorkflowRun>,
): Promise<boolean> {
  const { sql, values } = assignments({ ...change, attempt: attempt + 1 }, columns, 3)
  const rows = await tx.query(
    `update deploy_workflow_runs set epoch = epoch + 1, ${sql} where id = $1 and attempt = $2 and state = 'done' returning id`,
    [id, attempt, ...values],
  )
  return rows.length === 1
}
