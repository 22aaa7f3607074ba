// Starting and stopping task runs: what is asked is stored, and whoever works on runs goes on with it.
import { KibanError } from '../../../core/error.ts'
import { newId } from '../../../core/ids.ts'
import { approvals } from '../../../core/messages/approvals.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import { can } from '../../../core/permission.ts'
import { json } from '../../../database/database.ts'
import { appendEvent, EVENT_CHANNEL } from '../../../database/events.ts'
import { freezeAt, tellBroken } from '../../approvals/freeze.ts'
import type { DeployEngine } from '../engine.ts'
import { refuseProtected } from '../refuse-protected.ts'
import type { Asking } from '../start.ts'
import { refuseUnallowed } from '../steps/plan-deployment.ts'
import { wakeSubject } from '../stored-driver.ts'
import { planRun, type WantedRun } from './plan-run.ts'
import { findRun, insertRun, type NewRun, runOfRequest } from './run-store.ts'
import { runSubject, type TaskRun } from './task-run.ts'

/** The kind of durable work that drives task runs. */
export const TASK_RUN_WORK = 'task-run'

/** Plans a run and starts it; gives its id. Refused for the reasons for which a deployment there would be. */
export async function startRun(
  engine: DeployEngine,
  { actor, requestId, signal }: Asking & { signal: AbortSignal },
  wanted: WantedRun & { reason: string | undefined; breakGlass: boolean; agreedBy?: string },
): Promise<string> {
  const known = await runOfRequest(engine.database, requestId)
  if (known !== undefined) return known
  const place = { product: wanted.product, environment: wanted.environment }
  const [cloud, { plan, release, manifest, definition }] = await Promise.all([
    engine.callers.cloudOf(engine.caller),
    planRun(engine, wanted, signal),
  ])
  const options = { mayProtected: can(actor, 'deploy.protected', place), served: actor.face !== 'cli' }
  refuseUnallowed(manifest, {
    ...place,
    createdBy: actor.name,
    options: { keepSiblings: false, force: false, ...options },
    cloud,
  })
  const fresh: NewRun = {
    id: newId('run'),
    ...place,
    task: wanted.name,
    schedule: wanted.schedule,
    releaseId: release.id,
    plan,
    definition,
    reason: wanted.reason,
    options: { breakGlass: wanted.breakGlass, agreedBy: wanted.agreedBy },
    cloud,
    createdAt: engine.clock.now(),
    createdBy: actor.name,
    face: actor.face,
  }
  return engine.database.transaction(async (tx) => {
    const at = engine.clock.now()
    const freeze = await freezeAt(tx, place, at)
    if (freeze && !wanted.breakGlass) throw frozen(place, freeze)
    const stored = await insertRun(tx, fresh, requestId)
    engine.callers.bring(stored.id, engine.caller)
    if (!stored.fresh) return stored.id
    const subject = runSubject(fresh)
    const { oneOff, count, commit } = plan
    const { task, schedule, reason } = fresh
    const data = { task, schedule, command: oneOff.command, count, commit, envNames: Object.keys(wanted.env), reason }
    appendEvent(tx, { type: 'task.queued', at, ...place, actor: actor.name, face: actor.face, subject, data })
    if (freeze) tellBroken(tx, { freeze, place, actor, subject, reason: wanted.reason ?? '', at })
    await engine.durable.goOn(TASK_RUN_WORK, stored.id, tx)
    return stored.id
  })
}

export const frozen = (
  { product, environment }: { product: string; environment: string },
  freeze: { startedBy: string; reason: string },
): KibanError =>
  new KibanError('conflict', 'freeze.active', approvals.frozen(`${product}/${environment}`, freeze.startedBy, freeze.reason), {
    hint: approvals.frozenHint,
  })

/** Asks a run to stop. Throws `task-run.ended` when it is too late, and `task-run.unknown` for another product's too. */
export async function stopRun(
  engine: DeployEngine,
  { actor }: Pick<Asking, 'actor'>,
  { product, environment, id }: { product: string; environment: string; id: string },
): Promise<TaskRun> {
  const run = await runOf(engine, product, id)
  if (run.environment !== environment) throw unknownRun(id)
  // Whoever started it may stop it.
  if (actor.kind !== 'user' || actor.name !== run.createdBy) await refuseProtected(engine.database, actor, run)
  engine.callers.bring(id, engine.caller)
  if (run.cancel) return run
  const cancel = { at: engine.clock.now(), by: actor.name }
  const asked = await engine.database.transaction(async (tx) => {
    const rows = await tx.query(
      `update deploy_task_runs set cancel = $2 where id = $1 and state <> 'done' and cancel is null returning id`,
      [id, json(cancel)],
    )
    if (rows.length === 0) return false
    const at = cancel.at
    const subject = runSubject(run)
    appendEvent(tx, {
      type: 'task.stop-asked',
      at,
      product,
      environment,
      actor: actor.name,
      face: actor.face,
      subject,
      data: { task: run.task },
    })
    await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
    await engine.durable.goOn(TASK_RUN_WORK, id, tx)
    return true
  })
  const now = asked ? { ...run, cancel } : await runOf(engine, product, id)
  if (now.state === 'done' && !now.cancel)
    throw new KibanError('conflict', 'task-run.ended', text.ended(id), { hint: text.endedHint(id) })
  return now
}

/** Whoever may look at one product learns nothing of another's. */
export async function runOf({ database }: Pick<DeployEngine, 'database'>, product: string, id: string): Promise<TaskRun> {
  const found = await findRun(database, id)
  if (found?.product === product) return found
  throw unknownRun(id)
}

const unknownRun = (id: string): KibanError =>
  new KibanError('not-found', 'task-run.unknown', text.unknown(id), { hint: text.unknownHint })
