import type { LiveSchedule } from '../../../aws/scheduler.ts'
import { dueAfter, parsedExpression } from '../../../core/schedule/expression.ts'
import type { DeployEngine } from '../engine.ts'
import { observeSchedules } from './observe-schedules.ts'
import { settingsOf } from './schedule-plan.ts'
import { type ScheduleList, type ScheduleRow, ScheduleRunShape } from './schedule-shapes.ts'
import { type KnownSchedule, scheduleRuns } from './schedule-store.ts'

/** Enough that each schedule's last run is among them, as a rule. */
const RUNS_LOOKED_AT = 500

/** The schedules that deployments brought to an environment, as they stand now. */
export async function listSchedules(
  engine: DeployEngine,
  place: { product: string; environment: string },
  signal: AbortSignal,
): Promise<ScheduleList> {
  const now = engine.clock.now()
  const { known, live } = await observeSchedules(engine, place, now, signal)
  const runs = await scheduleRuns(engine.database, place, { limit: RUNS_LOOKED_AT })
  return {
    environment: place.environment,
    schedules: known.map((one): ScheduleRow => {
      const last = runs.find(({ schedule }) => schedule === one.schedule)
      return { ...rowOf(one, live.get(one.schedule), now), ...(last ? { last: ScheduleRunShape.parse(last) } : {}) }
    }),
  }
}

function rowOf(known: KnownSchedule, live: LiveSchedule | undefined, now: number): ScheduleRow {
  const { schedule, service, definition } = known
  const settings = live ? settingsOf(live) : known.settings
  const { expression, timezone, description } = settings
  const next = live && settings.enabled ? nextRun(live, now) : undefined
  return {
    schedule,
    service,
    expression,
    timezone,
    state: live === undefined ? 'missing' : settings.enabled ? 'on' : known.settings.enabled ? 'paused' : 'off',
    ...(next === undefined ? {} : { next }),
    definition: live?.Target?.EcsParameters?.TaskDefinitionArn ?? definition,
    command: commandOf(settings.input),
    description,
  }
}

/** When EventBridge starts it next: in its time zone, without local times that clocks skip. */
export function nextRun(live: LiveSchedule, now: number): number | undefined {
  const expression = parsedExpression(live.ScheduleExpression ?? '')
  if (!expression) return undefined
  const { StartDate: start, EndDate: end, CreationDate: made } = live
  const from = start ? Math.max(now, start.getTime() - 1) : now
  const due = dueAfter(expression, from, live.ScheduleExpressionTimezone ?? 'UTC', (start ?? made)?.getTime() ?? now)
  return due === undefined || (end && due > end.getTime()) ? undefined : due
}

function commandOf(input: string): string[] | undefined {
  try {
    return (JSON.parse(input) as { containerOverrides?: { command?: string[] }[] }).containerOverrides?.[0]?.command
  } catch {
    return undefined
  }
}
