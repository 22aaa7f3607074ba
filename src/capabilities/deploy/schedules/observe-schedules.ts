// Looks at what schedules started since the last look, and tells what was missed, late, too long or failed, each once.

import type { Task } from '../../../aws/ecs-shapes.ts'
import { describeTasks, listTasks } from '../../../aws/ecs-tasks.ts'
import { type LiveSchedule, schedulesOf } from '../../../aws/scheduler.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { dueAfter, parsedExpression } from '../../../core/schedule/expression.ts'
import { appendEvent } from '../../../database/events.ts'
import type { DeployEngine } from '../engine.ts'
import { SCHEDULE_VARIABLE } from './schedule-plan.ts'
import {
  dropMissed,
  type KnownSchedule,
  keepScheduleRun,
  knownSchedules,
  type ScheduleRun,
  scheduleRuns,
  tellOnce,
} from './schedule-store.ts'
import { dueOf, isScheduled } from './scheduled-task.ts'
import { SKIPPED } from './skip-overlaps.ts'

const MINUTE_MS = 60_000
/** EventBridge starts a task within a minute of its time: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
const LATE_MS = 5 * MINUTE_MS
/** ECS shows a stopped task for an hour; what was due before that cannot be known any more. */
const VISIBLE_MS = 50 * MINUTE_MS
const DUES_LOOKED_AT = 100
const RUNS_LOOKED_AT = 500

interface Place {
  product: string
  environment: string
}

/** What stands of a place's schedules now, after a look at their tasks. `now` is the time of the schedules' calendar. */
export interface Observed {
  known: KnownSchedule[]
  live: Map<string, LiveSchedule>
  /** Every task that ECS still shows of the schedules' definitions. */
  tasks: Task[]
}

export async function observeSchedules(
  engine: Pick<DeployEngine, 'database' | 'aws'>,
  place: Place,
  now: number,
  signal: AbortSignal,
): Promise<Observed> {
  const known = await knownSchedules(engine.database, place)
  const [first] = known
  if (!first) return { known, live: new Map(), tasks: [] }
  const session = engine.aws(first.region)
  const [live, tasks] = await Promise.all([schedulesOf(session, first.group, signal), tasksOf(session, known, signal)])
  for (const one of known) {
    const runs = tasks.flatMap((task) => runOf(one, task) ?? [])
    const schedule = live.get(one.schedule)
    for (const run of runs) await keep(engine, one, run, { now, lateAfterMs: LATE_MS + windowOf(schedule) })
    if (schedule) await tellMissed(engine, one, schedule, runs, now)
  }
  return { known, live, tasks }
}

/** Within which EventBridge may start it. */
const windowOf = (live: LiveSchedule | undefined): number => (live?.FlexibleTimeWindow?.MaximumWindowInMinutes ?? 0) * MINUTE_MS

/** Every task that ECS still shows of the definitions' families. */
async function tasksOf(session: AwsSession, known: readonly KnownSchedule[], signal: AbortSignal): Promise<Task[]> {
  const places = new Map(
    known.map(({ settings, definition }) => {
      const family = definition.replace(/^.*\/|:\d+$/g, '')
      return [`${settings.cluster} ${family}`, { cluster: settings.cluster, family }]
    }),
  )
  const found = await Promise.all(
    [...places.values()].map(async ({ cluster, family }) => {
      const arns = await Promise.all(
        (['RUNNING', 'STOPPED'] as const).map((desiredStatus) => listTasks(session, { cluster, family, desiredStatus }, signal)),
      )
      return [...(await describeTasks(session, cluster, arns.flat(), signal)).values()]
    }),
  )
  return found.flat()
}

function runOf({ product, environment, schedule }: KnownSchedule, task: Task): ScheduleRun | undefined {
  const own = task.overrides?.containerOverrides?.find(({ environment = [] }) =>
    environment.some(({ name, value }) => name === SCHEDULE_VARIABLE && value === schedule),
  )
  if (!own || !isScheduled(task)) return undefined
  const container = task.containers?.find(({ name }) => name === own.name)
  const isOver = task.lastStatus === 'STOPPED' || container?.exitCode !== undefined
  return {
    product,
    environment,
    schedule,
    dueAt: dueOf(task),
    taskArn: task.taskArn ?? '',
    verdict: isOver ? verdictOf(task, container?.exitCode) : 'running',
    exitCode: container?.exitCode,
    stoppedReason: isOver ? (container?.reason ?? task.stoppedReason) : undefined,
    startedAt: (task.startedAt ?? task.createdAt)?.getTime(),
    endedAt: isOver ? (task.stoppedAt ?? task.stoppingAt)?.getTime() : undefined,
  }
}

function verdictOf({ stoppedReason }: Task, exitCode: number | undefined): ScheduleRun['verdict'] {
  if (stoppedReason === SKIPPED) return 'skipped'
  return exitCode === 0 ? 'succeeded' : 'failed'
}

async function keep(
  { database }: Pick<DeployEngine, 'database'>,
  known: KnownSchedule,
  run: ScheduleRun,
  { now, lateAfterMs }: { now: number; lateAfterMs: number },
): Promise<void> {
  const { schedule, timeoutSeconds } = known
  const { dueAt, startedAt = now, endedAt, taskArn, exitCode, stoppedReason } = run
  await database.transaction(async (tx) => {
    const isNew = await keepScheduleRun(tx, run)
    const tell = async (type: string, data: Record<string, unknown>) => {
      if (!(await tellOnce(tx, known, schedule, `${type} ${taskArn}`))) return
      const { product, environment } = known
      const subject = `schedule/${schedule}`
      appendEvent(tx, {
        type,
        at: now,
        product,
        environment,
        actor: 'kiban',
        face: 'worker',
        subject,
        data: { schedule, taskArn, dueAt, ...data },
      })
    }
    if (isNew && dueAt !== undefined) await dropMissed(tx, known, schedule, dueAt)
    if (dueAt !== undefined && startedAt - dueAt > lateAfterMs)
      await tell('schedule.late', { minutes: Math.round((startedAt - dueAt) / MINUTE_MS) })
    if ((endedAt ?? now) - startedAt > timeoutSeconds * 1000)
      await tell('schedule.overran', { minutes: Math.round(timeoutSeconds / 60) })
    if (run.verdict === 'failed') await tell('schedule.failed', { exitCode, stoppedReason })
    if (run.verdict === 'skipped') await tell('schedule.skipped', {})
    if (run.verdict === 'succeeded') await tell('schedule.succeeded', { exitCode })
  })
}

/** Times of a calendar alone: from when on EventBridge counts a rate is not told. */
async function tellMissed(
  { database }: Pick<DeployEngine, 'database'>,
  known: KnownSchedule,
  live: LiveSchedule,
  runs: readonly ScheduleRun[],
  now: number,
): Promise<void> {
  const expression = parsedExpression(live.ScheduleExpression ?? '')
  if (live.State === 'DISABLED' || expression?.kind !== 'cron') return
  const until = now - LATE_MS - windowOf(live)
  const { schedule, product, environment } = known
  let due: number | undefined = Math.max(known.appliedAt, live.LastModificationDate?.getTime() ?? 0, now - VISIBLE_MS)
  const seen = new Set(
    [...runs, ...(await scheduleRuns(database, known, { schedule, limit: RUNS_LOOKED_AT }))].map(({ dueAt }) => dueAt),
  )
  for (let count = 0; count < DUES_LOOKED_AT; count++) {
    due = dueAfter(expression, due, live.ScheduleExpressionTimezone ?? 'UTC', 0)
    if (due === undefined || due > until || (live.EndDate && due > live.EndDate.getTime())) return
    if (seen.has(due) || (live.StartDate && due < live.StartDate.getTime())) continue
    const dueAt = due
    const missed = {
      product,
      environment,
      schedule,
      dueAt,
      taskArn: '',
      verdict: 'missed',
      exitCode: undefined,
      stoppedReason: undefined,
      startedAt: undefined,
      endedAt: undefined,
    } as const
    await database.transaction(async (tx) => {
      await keepScheduleRun(tx, missed)
      if (!(await tellOnce(tx, known, schedule, `schedule.missed ${dueAt}`))) return
      const subject = `schedule/${schedule}`
      appendEvent(tx, {
        type: 'schedule.missed',
        at: now,
        product,
        environment,
        actor: 'kiban',
        face: 'worker',
        subject,
        data: { schedule, dueAt },
      })
    })
  }
}
