// The tasks of one or more revisions, counted and brought towards their wanted number.
import type { Engine, LiveRevision, LiveService } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import { type Group, rollingStep } from './rolling.ts'
import { startTasks, stopTasks } from './workforce.ts'

/** A step changes what the next one finds; more than a few are never needed. */
const PASSES = 8
const NOBODY: readonly LiveTask[] = []

// Scratch space of one look: the engine never looks at two services at once.
const fresh: Group = { active: 0, healthy: 0, waiting: 0, sick: 0 }
const old: Group = { active: 0, healthy: 0, waiting: 0, sick: 0 }

/** Brings the tasks of `revision` to `desired`, in place of those of the `others`; true when it could do anything. */
export function tendFleet(
  engine: Engine,
  service: LiveService,
  revision: LiveRevision,
  desired: number,
  others: readonly LiveTask[] = NOBODY,
): boolean {
  let acted = false
  for (let pass = 0; pass < PASSES; pass++) {
    const { staying, leaving } = parted(revision.tasks, others)
    tally(staying, fresh)
    tally(leaving, old)
    if (!step(engine, service, revision, desired, staying, leaving)) break
    acted = true
  }
  return acted
}

/** Tasks of instances that drain are replaced as those of another revision are. */
function parted(tasks: readonly LiveTask[], others: readonly LiveTask[]) {
  if (!tasks.some(({ leaving }) => leaving)) return { staying: tasks, leaving: others }
  return { staying: tasks.filter(({ leaving }) => !leaving), leaving: [...others, ...tasks.filter(({ leaving }) => leaving)] }
}

/** Counts tasks into `into`, which is given back. */
export function tally(tasks: readonly LiveTask[], into: Group): Group {
  into.active = into.healthy = into.waiting = into.sick = 0
  for (const task of tasks) {
    if (!task.active) continue
    into.active++
    if (task.record.lastStatus !== 'RUNNING') continue
    if (task.health === 'healthy') into.healthy++
    else if (task.health === 'sick') into.sick++
    else into.waiting++
  }
  return into
}

/** Whether exactly `desired` tasks of the revision are there and all of them are healthy. */
export function isComplete(revision: LiveRevision, desired: number): boolean {
  const { active, healthy } = tally(revision.tasks, fresh)
  return active === desired && healthy === desired
}

export function healthyCount(revision: LiveRevision): number {
  return tally(revision.tasks, fresh).healthy
}

function step(
  engine: Engine,
  service: LiveService,
  revision: LiveRevision,
  desired: number,
  staying: readonly LiveTask[],
  others: readonly LiveTask[],
): boolean {
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.record.deploymentConfiguration
  const next = rollingStep({ desired, minimumHealthyPercent, maximumPercent, fresh, old })
  // The task that evens out the zones is one more than desired until it has replaced another.
  const surplus = next.stopSurplus - (service.rebalancing?.active ? 1 : 0)
  let acted = 0
  if (next.stopSick > 0) acted += stopTasks(engine, service, staying, next.stopSick, 'sick')
  if (surplus > 0) acted += stopTasks(engine, service, staying, surplus, 'surplus')
  if (next.stopOld > 0) acted += stopTasks(engine, service, others, next.stopOld, 'old')
  if (next.start > 0) acted += startTasks(engine, service, revision, next.start, fresh.sick)
  return acted > 0
}
