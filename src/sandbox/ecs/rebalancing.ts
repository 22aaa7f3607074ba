// Evens a steady service out over its Availability Zones: starts a task where fewest are, then stops one where most are.
// Source: Developer Guide, "Balancing an Amazon ECS service across Availability Zones", "… rebalancing event messages".
import { putServiceAction } from './bus-events.ts'
import { type Engine, type LiveRevision, type LiveService, wakeAfter } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import { zoneCounts } from './placement.ts'
import { maximumTotal } from './rolling.ts'
import { tell, tellOnce } from './service-events.ts'
import { launchTasks, named, stoppable, stoppedReason } from './workforce.ts'

/** Looks at a service without a deployment under way. */
export function rebalance(engine: Engine, service: LiveService, primary: LiveRevision): void {
  if (service.rebalancing) finish(engine, service, primary, service.rebalancing)
  else if (service.steady && isUneven(service, primary)) begin(engine, service, primary)
}

/** Zones differ by more than one task, and one task more than desired may run for a while. */
function isUneven({ record }: LiveService, primary: LiveRevision): boolean {
  const { maximumPercent = 200 } = record.deploymentConfiguration
  const hasRoom = maximumTotal(record.desiredCount, maximumPercent) > record.desiredCount
  if (record.availabilityZoneRebalancing !== 'ENABLED' || primary.zones.length < 2 || !hasRoom) return false
  const [fullest, emptiest] = extremes(primary)
  return fullest.count - emptiest.count > 1
}

function begin(engine: Engine, service: LiveService, primary: LiveRevision): void {
  const [fullest, emptiest] = extremes(primary)
  const hasRoom = primary.zones.some(
    ({ subnet, zone }) => zone === emptiest.zone && engine.cloud.network.freeAddresses(subnet) > 0,
  )
  const isProtected = stoppableIn(engine, primary, fullest.zone).length === 0
  if (!hasRoom || isProtected) {
    if (isProtected) tellProtected(engine, service, primary, fullest)
    wakeAfter(engine, service, engine.timings.rebalance)
    return
  }
  const spread = spreadOf(primary)
  launchTasks(engine, service, primary, 1, (tasks) => {
    service.rebalancing = tasks[0]
    tell(engine, service, `) is not AZ balanced with ${spread}. AZ Rebalancing in progress.`)
    tell(engine, service, `) has started 1 tasks in ${emptiest.zone} to AZ Rebalance: ${named(tasks)}.`)
    putServiceAction(engine, service, 'SERVICE_REBALANCING_STARTED')
  })
}

/** The added task has taken the place of another, or has come to nothing. */
function finish(engine: Engine, service: LiveService, primary: LiveRevision, added: LiveTask): void {
  if (added.active && added.health !== 'healthy') return
  service.rebalancing = undefined
  if (!added.active) return
  const [fullest] = extremes(primary)
  const [task] = stoppableIn(engine, primary, fullest.zone)
  if (!task) return
  tell(engine, service, `) has stopped 1 running tasks in ${fullest.zone} due to AZ rebalancing: ${named([task])}.`)
  task.stop('ServiceSchedulerInitiated', stoppedReason(task))
  if (isUneven(service, primary)) return
  tell(engine, service, `) is AZ balanced with ${spreadOf(primary)}.`)
  putServiceAction(engine, service, 'SERVICE_REBALANCING_COMPLETED')
}

interface ZoneCount {
  zone: string
  count: number
}

function countsByZone({ tasks, zones }: LiveRevision): ZoneCount[] {
  const counts = zoneCounts(tasks)
  return [...new Set(zones.map(({ zone }) => zone))].map((zone) => ({ zone, count: counts.get(zone) ?? 0 }))
}

/** The zones with the most and with the fewest tasks. */
function extremes(primary: LiveRevision): [fullest: ZoneCount, emptiest: ZoneCount] {
  const counts = countsByZone(primary).sort((a, b) => b.count - a.count)
  return [counts[0] as ZoneCount, counts.at(-1) as ZoneCount]
}

/** `3 tasks in ap-northeast-1a, 1 tasks in ap-northeast-1c` */
function spreadOf(primary: LiveRevision): string {
  return countsByZone(primary)
    .map(({ zone, count }) => `${count} tasks in ${zone}`)
    .join(', ')
}

function stoppableIn(engine: Engine, primary: LiveRevision, zone: string): LiveTask[] {
  return stoppable(engine, primary.tasks, 'surplus').filter(({ record }) => record.availabilityZone === zone)
}

function tellProtected(engine: Engine, service: LiveService, primary: LiveRevision, { count }: ZoneCount): void {
  const why = `${primary.deployment.id} was unable to scale in due to (reason ${count} tasks under protection)`
  tellOnce(engine, service, 'protected', `) was unable to AZ Rebalance because ${why}.`)
}
