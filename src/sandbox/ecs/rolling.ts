// The arithmetic of a rolling update: how many tasks may start and stop now. Pure.
// Source: SDK documentation of DeploymentConfiguration; Developer Guide, "Amazon ECS services", on replacing unhealthy tasks.

export interface Fleet {
  desired: number
  minimumHealthyPercent: number
  maximumPercent: number
  /** Tasks of the revision that is wanted: those not asked to stop, and of them the healthy and the sick (failed their checks). */
  fresh: Group
  /** The same of every other revision. */
  old: Group
}

export interface Group {
  active: number
  healthy: number
  /** RUNNING, and neither healthy nor sick so far. */
  waiting: number
  sick: number
}

export interface RollingStep {
  start: number
  /** Sick tasks of the wanted revision. */
  stopSick: number
  /** Tasks of the wanted revision beyond the desired count. */
  stopSurplus: number
  /** Tasks of other revisions: those that are sick or not RUNNING yet first, then the waiting, then the healthy. */
  stopOld: number
}

export function minimumHealthy(desired: number, percent: number): number {
  return Math.ceil((desired * percent) / 100)
}

export function maximumTotal(desired: number, percent: number): number {
  return Math.floor((desired * percent) / 100)
}

/** One step; taking it changes the fleet, so a caller repeats until nothing is left to do. */
export function rollingStep(fleet: Fleet): RollingStep {
  const { desired, fresh, old } = fleet
  const floor = minimumHealthy(desired, fleet.minimumHealthyPercent)
  const ceiling = maximumTotal(desired, fleet.maximumPercent)
  const healthy = fresh.healthy + old.healthy
  const sound = fresh.active - fresh.sick
  const missing = Math.max(0, desired - sound)
  const room = Math.max(0, ceiling - fresh.active - old.active)
  const start = Math.min(missing, room)
  const idle = old.active - old.healthy - old.waiting
  const stopWaiting = Math.min(old.waiting, Math.max(0, healthy + old.waiting - floor))
  const stopHealthy = Math.min(old.healthy, Math.max(0, healthy - floor))
  const stopOld = idle + stopWaiting + stopHealthy
  return {
    start,
    stopSick: sickToStop(fleet, { missing, start, healthy, floor, sound }),
    stopSurplus: Math.max(0, sound - desired),
    stopOld,
  }
}

interface Reckoning {
  missing: number
  start: number
  healthy: number
  floor: number
  sound: number
}

/**
 * A sick task is replaced before it is stopped where the maximum allows; else it makes room for its successor: freely
 * while enough others are healthy, one at a time when they are not.
 */
function sickToStop({ desired, fresh }: Fleet, at: Reckoning): number {
  if (fresh.sick === 0) return 0
  if (fresh.healthy >= desired) return fresh.sick
  if (at.start > 0 || at.missing === 0) return 0
  if (at.healthy >= at.floor) return Math.min(fresh.sick, at.missing)
  const successorUnderWay = at.sound > fresh.healthy
  return successorUnderWay ? 0 : 1
}

/** Whether the percentages forbid every step, for ever, of replacing `desired` healthy tasks. */
export function isStuck(desired: number, minimumHealthyPercent: number, maximumPercent: number): boolean {
  return (
    desired > 0 && minimumHealthy(desired, minimumHealthyPercent) >= desired && maximumTotal(desired, maximumPercent) <= desired
  )
}
