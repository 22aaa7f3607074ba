// Starting, stopping and resuming workflows: what is asked is stored, and whoever works on runs goes on with it.
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { newId } from '../../../core/ids.ts'
import { workflows as text } from '../../../core/messages/workflows.ts'
import { json, type Queryable } from '../../../database/database.ts'
import { appendEvent, EVENT_CHANNEL } from '../../../database/events.ts'
import { freezeAt, tellBroken } from '../../approvals/freeze.ts'
import type { DeployEngine } from '../engine.ts'
import { refuseProtected } from '../refuse-protected.ts'
import type { Asking } from '../start.ts'
import { wakeSubject } from '../stored-driver.ts'
import { frozen } from '../tasks/start-run.ts'
import { places } from './resolve-workflow.ts'
import { fresh } from './resumed-steps.ts'
import { releaseIdOf, type WorkflowOptions, type WorkflowRun, workflowSubject } from './workflow-run.ts'
import { findWorkflowRun, insertWorkflowRun, type NewWorkflowRun, reopenWorkflowRun } from './workflow-store.ts'

/** The kind of durable work that drives workflows. */
export const WORKFLOW_WORK = 'workflow'

export interface WorkflowStart {
  product: string
  environment: string
  workflow: string
  repository: string
  ref: string
  commit?: string
  refs?: Record<string, string>
  reason?: string
  breakGlass?: boolean
  /** Fingerprint of the plan that a person agreed to. */
  plan?: string
}

/** Starts a run of a workflow at a commit; the same request twice starts one. Gives its id. Throws `freeze.active`. */
export async function startWorkflow(engine: DeployEngine, { actor, requestId }: Asking, wanted: WorkflowStart): Promise<string> {
  const { product, environment, workflow, repository, ref, commit, reason, breakGlass = false } = wanted
  const place = { product, environment }
  const cloud = await engine.callers.cloudOf(engine.caller)
  const fresh: NewWorkflowRun = {
    id: newId('wfr'),
    ...place,
    workflow,
    repository,
    ref,
    commit,
    options: { actor: behalf(actor), refs: wanted.refs ?? {}, breakGlass, agreedPlan: wanted.plan },
    reason,
    cloud,
    createdAt: engine.clock.now(),
    createdBy: actor.name,
    face: actor.face,
  }
  return engine.database.transaction(async (tx) => {
    const at = engine.clock.now()
    const freeze = await freezeAt(tx, place, at)
    if (freeze && !breakGlass) throw frozen(place, freeze)
    const stored = await insertWorkflowRun(tx, fresh, requestId)
    engine.callers.bring(stored.id, engine.caller)
    if (!stored.fresh) return stored.id
    tell(tx, fresh, actor, 'workflow.queued', { workflow, ref, commit, reason }, at)
    if (freeze) tellBroken(tx, { freeze, place, actor, subject: workflowSubject(fresh), reason: reason ?? '', at })
    await engine.durable.goOn(WORKFLOW_WORK, stored.id, tx)
    return stored.id
  })
}

const behalf = ({ kind, name, grants, face }: Actor): WorkflowOptions['actor'] => ({ kind, name, grants, face })

/** Asks a run to stop, and what it has under way. Throws `workflow.ended`, and `workflow.run-unknown` for another product's too. */
export async function cancelWorkflow(
  engine: DeployEngine,
  { actor }: Pick<Asking, 'actor'>,
  { product, environment, id, reason }: { product: string; environment: string; id: string; reason?: string },
): Promise<WorkflowRun> {
  const run = await workflowRunOf(engine, product, id)
  if (run.environment !== environment) throw unknownRun(id)
  // Whoever started it may stop it.
  if (actor.kind !== 'user' || actor.name !== run.createdBy) await refuseProtected(engine.database, actor, run)
  engine.callers.bring(id, engine.caller)
  if (run.cancel) return run
  const cancel = { at: engine.clock.now(), by: actor.name, grants: actor.grants }
  const asked = await engine.database.transaction(async (tx) => {
    const rows = await tx.query(
      `update deploy_workflow_runs set cancel = $2 where id = $1 and state not in ('returning', 'done') and cancel is null returning id`,
      [id, json(cancel)],
    )
    if (rows.length === 0) return false
    tell(tx, run, actor, 'workflow.cancel-asked', { workflow: run.workflow, reason }, cancel.at)
    await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
    await engine.durable.goOn(WORKFLOW_WORK, id, tx)
    return true
  })
  const now = asked ? { ...run, cancel } : await workflowRunOf(engine, product, id)
  if (!now.cancel) throw new KibanError('conflict', 'workflow.ended', text.ended(id, now.state), { hint: text.endedHint(id) })
  return now
}

/**
 * Goes on with a run that did not succeed, from its first step that did not: what succeeded and was not taken back is not
 * done again. Its parts are started on behalf of whoever resumes it. Throws `workflow.not-resumable` and `freeze.active`.
 */
export async function resumeWorkflow(
  engine: DeployEngine,
  { actor, requestId }: Asking,
  {
    product,
    environment,
    id,
    reason,
    breakGlass,
  }: { product: string; environment: string; id: string; reason?: string; breakGlass: boolean },
): Promise<string> {
  const run = await workflowRunOf(engine, product, id)
  if (run.environment !== environment) throw unknownRun(id)
  if (run.options.resumedBy === requestId) return id
  await refuseProtected(engine.database, actor, run)
  engine.callers.bring(id, engine.caller)
  if (run.state !== 'done' || run.verdict === 'succeeded') throw notResumable(run)
  await engine.database.transaction(async (tx) => {
    const at = engine.clock.now()
    const freeze = await freezeAt(tx, run, at)
    if (freeze && !breakGlass) throw frozen(run, freeze)
    const built = run.steps.length > 0 && places(run.steps).every((place) => releaseIdOf(run, place) !== undefined)
    const reopened = await reopenWorkflowRun(tx, run, {
      state: built ? 'planned' : 'preparing',
      verdict: undefined,
      error: undefined,
      cancel: undefined,
      endedAt: undefined,
      steps: run.steps.map(fresh),
      options: { ...run.options, actor: behalf(actor), breakGlass, resumedBy: requestId },
    })
    if (!reopened) throw notResumable({ ...run, state: 'running' })
    tell(tx, run, actor, 'workflow.resumed', { workflow: run.workflow, attempt: run.attempt + 1, reason }, at)
    if (freeze) tellBroken(tx, { freeze, place: run, actor, subject: workflowSubject(run), reason: reason ?? '', at })
    await engine.durable.goOn(WORKFLOW_WORK, id, tx)
  })
  return id
}

const notResumable = (run: Pick<WorkflowRun, 'id' | 'state'>): KibanError =>
  new KibanError('conflict', 'workflow.not-resumable', text.notResumable(run.id, run.state === 'done'), {
    hint: text.notResumableHint(run.id),
  })

/** Whoever may look at one product learns nothing of another's. */
export async function workflowRunOf(
  { database }: Pick<DeployEngine, 'database'>,
  product: string,
  id: string,
): Promise<WorkflowRun> {
  const found = await findWorkflowRun(database, id)
  if (found?.product === product) return found
  throw unknownRun(id)
}

const unknownRun = (id: string): KibanError =>
  new KibanError('not-found', 'workflow.run-unknown', text.runUnknown(id), { hint: text.runUnknownHint })

const tell = (
  tx: Queryable,
  of: Pick<WorkflowRun, 'id' | 'product' | 'environment'>,
  actor: Actor,
  type: string,
  data: Record<string, unknown>,
  at: number,
): void => {
  const { product, environment } = of
  appendEvent(tx, { type, at, product, environment, actor: actor.name, face: actor.face, subject: workflowSubject(of), data })
}
