import { nextEvent } from '../../../database/event-feed.ts'
import { EVENT_CHANNEL } from '../../../database/events.ts'
import { patiently } from '../../../database/patiently.ts'
import { errorAgain } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { wakeSubject } from '../stored-driver.ts'
import { RunLog } from './read-run-log.ts'
import { TaskRunItem, type TaskRunShape } from './run-shapes.ts'
import { runOf, TASK_RUN_WORK } from './start-run.ts'
import type { TaskRun } from './task-run.ts'

/** How often the log is asked for what is new; a change of the run is heard at once. */
const LOOK_EVERY_MS = 1_000
/** Lines of a task that has ended arrive within this. */
const LAST_LINES_MS = 1_500

export interface Watching {
  product: string
  id: string
  /** Lines of each log stream that the watcher knows. */
  seen: readonly number[]
  /** Go on until the run has ended. */
  follow: boolean
  signal: AbortSignal
}

/** Follows a run with its log. Throws the error with which it ended when it never reached ECS. */
export async function* watchRun(
  engine: DeployEngine,
  { product, id, seen, follow, signal }: Watching,
): AsyncGenerator<TaskRunItem> {
  await bringCredentials(engine, product, id)
  const log = new RunLog(engine.aws, seen)
  let shown = ''
  let over: number | undefined
  for (;;) {
    const changed = nextEvent(engine.events, [`task-run/${id}`], LOOK_EVERY_MS, signal)
    const fault = engine.database.fault()
    // It can be read, but nothing goes on.
    if (fault) throw fault
    const run = await patiently(() => runOf(engine, product, id), signal)
    const lines = await log.look(run, signal)
    const done = run.state === 'done'
    if (done) over ??= engine.clock.elapsed()
    const last = !follow || (over !== undefined && isSilent(run, engine.clock.now(), engine.clock.elapsed() - over))
    // Its end is told with its last line.
    const now = done && !last ? { ...run, state: 'running' as const, verdict: undefined } : run
    const item = itemOf(now, lines, log)
    const text = JSON.stringify({ ...item, seen: undefined })
    if (text !== shown || last) yield item
    // The same state is not told again when only its lines are gone.
    shown = JSON.stringify({ ...item, lines: [], seen: undefined })
    if (last) {
      changed.forget()
      if (done && run.error && run.tasks.length === 0) throw errorAgain(run.error)
      return
    }
    await changed.happened
    signal.throwIfAborted()
  }
}

/** Whether no more lines come: it ended long ago, by the wall clock, or has been seen to be over for long enough. */
const isSilent = ({ tasks, endedAt = 0 }: TaskRun, now: number, overMs: number): boolean =>
  tasks.length === 0 || overMs > LAST_LINES_MS || Math.abs(now - endedAt) > 2 * LAST_LINES_MS

/** Lets a run that waits for credentials go on with those of the caller, if they are the right ones. */
async function bringCredentials(engine: DeployEngine, product: string, id: string): Promise<void> {
  const run = await runOf(engine, product, id)
  if (run.state === 'done' || !engine.callers.bring(id, engine.caller)) return
  await engine.database.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
  await engine.durable.goOn(TASK_RUN_WORK, id)
}

function itemOf(run: TaskRun, lines: TaskRunItem['lines'], { seen, unread }: RunLog): TaskRunItem {
  return { run: runShape(run), lines, seen: [...seen], ...(unread ? { unread } : {}) }
}

export function runShape(run: TaskRun): TaskRunShape {
  const { oneOff, count, commit } = run.plan
  const { service, container, command, timeoutSeconds } = oneOff
  return TaskRunItem.shape.run.parse({ ...run, service, container, command, timeoutSeconds, count, commit })
}
