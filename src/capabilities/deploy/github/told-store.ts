import type { Verdict } from '../../../core/verdict.ts'
import type { Queryable } from '../../../database/database.ts'
import { fromRow } from '../../../database/row.ts'
import type { State } from '../deployment.ts'
import type { WorkflowState } from '../workflows/workflow-run.ts'

/** A deployment that ended so long ago is news to nobody. */
const NEWS_MS = 24 * 60 * 60_000
const AT_ONCE = 200

interface OfCommit {
  id: string
  product: string
  environment: string
  repository: string
  commit: string
  verdict: Verdict | undefined
  told: string | undefined
}

/** A deployment of whose end GitHub has not heard. */
export interface UntoldDeployment extends OfCommit {
  kind: 'deployment'
  state: State
  githubId: number | undefined
}

/** A run of a workflow of whose end GitHub has not heard. */
export interface UntoldRun extends OfCommit {
  kind: 'workflow-run'
  state: WorkflowState
  workflow: string
}

/** Those whose commit is known, oldest first. */
export async function deploymentsToTell(database: Queryable, now: number): Promise<UntoldDeployment[]> {
  const rows = await database.query<{ github_id: string | number | null }>(
    `select 'deployment' as kind, d.id, d.product, d.environment, d.repository, d.commit, d.state, d.verdict, t.github_id, t.told
     from deploy_deployments d left join deploy_github_deployments t on t.deployment_id = d.id
     where d.commit is not null and d.repository is not null
       and (t.told is null or t.told in ('none', 'queued', 'in_progress'))
       and (d.state <> 'done' or coalesce(d.ended_at, d.created_at) > to_timestamp($1::double precision / 1000))
     order by d.created_at, d.id limit ${AT_ONCE}`,
    [now - NEWS_MS],
  )
  // A bigint comes as text from one driver, as a number from the other.
  return rows.map((row) =>
    fromRow<UntoldDeployment>({ ...row, github_id: row.github_id === null ? null : Number(row.github_id) }),
  )
}

export async function keepTold(
  database: Queryable,
  { id, githubId, told }: { id: string; githubId: number; told: string },
  now: number,
): Promise<void> {
  await database.query(
    `insert into deploy_github_deployments (deployment_id, github_id, told, told_at)
     values ($1, $2, $3, to_timestamp($4::double precision / 1000))
     on conflict (deployment_id) do update set github_id = excluded.github_id, told = excluded.told, told_at = excluded.told_at`,
    [id, githubId, told, now],
  )
}

/** Those whose commit is known, oldest first. One that is resumed is news again. */
export async function workflowRunsToTell(database: Queryable, now: number): Promise<UntoldRun[]> {
  const rows = await database.query(
    `select 'workflow-run' as kind, r.id, r.product, r.environment, r.workflow, r.repository, r.commit, r.state, r.verdict, t.told
     from deploy_workflow_runs r left join deploy_github_workflow_runs t on t.run_id = r.id
     where r.commit is not null
       and (t.told is null or t.told in ('queued', 'in_progress') or r.state <> 'done')
       and (r.state <> 'done' or coalesce(r.ended_at, r.created_at) > to_timestamp($1::double precision / 1000))
     order by r.created_at, r.id limit ${AT_ONCE}`,
    [now - NEWS_MS],
  )
  return rows.map((row) => fromRow<UntoldRun>(row))
}

export async function keepRunTold(
  database: Queryable,
  { id, told }: Pick<UntoldRun, 'id'> & { told: string },
  now: number,
): Promise<void> {
  await database.query(
    `insert into deploy_github_workflow_runs (run_id, told, told_at) values ($1, $2, to_timestamp($3::double precision / 1000))
     on conflict (run_id) do update set told = excluded.told, told_at = excluded.told_at`,
    [id, told, now],
  )
}
