import { nextEvent } from '../../../database/event-feed.ts'
import { EVENT_CHANNEL, eventsAbout } from '../../../database/events.ts'
import { patiently } from '../../../database/patiently.ts'
import { findDeployment, usualSeconds } from '../deployment-store.ts'
import { errorAgain } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { wakeSubject } from '../stored-driver.ts'
import { findRun } from '../tasks/run-store.ts'
import { runShape } from '../tasks/watch-run.ts'
import { itemOf } from '../watch.ts'
import { WORKFLOW_WORK, workflowRunOf } from './start-workflow.ts'
import { type Child, childSubject, type WorkflowRun, workflowSubject } from './workflow-run.ts'
import { WorkflowItem, WorkflowRunShape } from './workflow-shapes.ts'

/** A change is heard at once; this is for what a lost connection to the database swallowed. */
const LOOK_AGAIN_MS = 2_000

/**
 * Follows a run to its end, with what it has under way. Throws the error with which it ended when it was refused before
 * anything was done. `after` is the sequence number of the last event that the watcher knows.
 */
export async function* watchWorkflow(
  engine: DeployEngine,
  { product, id, after, served, signal }: { product: string; id: string; after: number; served: boolean; signal: AbortSignal },
): AsyncGenerator<WorkflowItem> {
  await bringCredentials(engine, product, id)
  let seq = after
  let shown = ''
  let open: Child[] = []
  for (;;) {
    const subjects = [workflowSubject({ id }), ...open.map(childSubject)]
    const changed = nextEvent(engine.events, subjects, LOOK_AGAIN_MS, signal)
    const fault = engine.database.fault()
    // It can be read, but nothing goes on.
    if (fault) throw fault
    const { run, item } = await patiently(() => look(engine, product, id, seq), signal)
    const now = { ...item, served }
    const text = JSON.stringify(now)
    if (text !== shown) yield now
    // The same state is not told again when only its events are gone.
    shown = JSON.stringify({ ...now, events: [] })
    seq = item.seq
    if (run.state === 'done') {
      changed.forget()
      if (run.error && run.steps.every(({ startedAt }) => startedAt === undefined)) throw errorAgain(run.error)
      return
    }
    const before = open
    open = openChildren(run)
    // What was begun meanwhile is listened to from the next look on.
    if (open.some(({ id }) => !before.some((one) => one.id === id))) changed.forget()
    await changed.happened
    signal.throwIfAborted()
  }
}

async function look(engine: DeployEngine, product: string, id: string, after: number) {
  const run = await workflowRunOf(engine, product, id)
  const events = await eventsAbout(engine.database, workflowSubject(run), after)
  const children = openChildren(run)
  const deployments = await Promise.all(
    children.filter(({ kind }) => kind === 'deployment').map((one) => deploymentItem(engine, one)),
  )
  const tasks = await Promise.all(
    children.filter(({ kind }) => kind === 'task-run').map(({ id }) => findRun(engine.database, id)),
  )
  const item = WorkflowItem.parse({
    run: workflowShape(run),
    deployments: deployments.flatMap((one) => one ?? []),
    tasks: tasks.flatMap((one) => (one ? [runShape(one)] : [])),
    events: events.map(({ seq, type, at, actor, data }) => ({ seq, type, at, actor, data })),
    seq: events.at(-1)?.seq ?? after,
  })
  return { run, item }
}

async function deploymentItem(engine: DeployEngine, { id }: Child) {
  const deployment = await findDeployment(engine.database, id)
  if (!deployment) return undefined
  const item = await itemOf(engine, deployment, Number.MAX_SAFE_INTEGER)
  return { ...item, seq: 0, usual: await usualSeconds(engine.database, deployment) }
}

/** What is under way for the run now. */
export const openChildren = ({ steps }: Pick<WorkflowRun, 'steps'>): Child[] =>
  steps
    .flatMap(({ parts }) => parts)
    .flatMap(({ children, returned = [] }) => [...children, ...returned.flatMap(({ child }) => child ?? [])])
    .filter(({ verdict }) => verdict === undefined)

/** Lets a run that waits for credentials go on with those of the caller, if they are the right ones. */
async function bringCredentials(engine: DeployEngine, product: string, id: string): Promise<void> {
  const run = await workflowRunOf(engine, product, id)
  if (run.state === 'done' || !engine.callers.bring(id, engine.caller)) return
  for (const child of openChildren(run)) engine.callers.bring(child.id, engine.caller)
  await engine.database.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
  await engine.durable.goOn(WORKFLOW_WORK, id)
}

export const workflowShape = (run: WorkflowRun): WorkflowRunShape => WorkflowRunShape.parse(run)
