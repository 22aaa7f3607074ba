// The service scheduler: looks at one service and starts or stops what brings it nearer to what is wanted.
import { settleRollout } from './completion.ts'
import { type Engine, keepService, type LiveRevision, type LiveService, wakeAfter } from './engine.ts'
import { isComplete, tendFleet } from './fleet.ts'
import { rebalance } from './rebalancing.ts'
import { failRollout } from './rollback.ts'
import { isStuck } from './rolling.ts'
import { resolved, tellOnce } from './service-events.ts'
import { shiftsTraffic } from './stages.ts'
import { EVENT_MUTE_MS } from './timings.ts'
import { shiftTraffic } from './traffic-shift.ts'
import { othersOf, stopTasks } from './workforce.ts'

/** Runs on each event that concerns the service; it never waits. */
export function reconcile(engine: Engine, service: LiveService): void {
  const { record } = service
  if (record.status === 'INACTIVE') return
  if (record.status === 'DRAINING') {
    drain(engine, service)
    return
  }
  if (service.rollout?.failure) failRollout(engine, service, service.rollout.failure)
  const status = service.rollout?.record.status
  const [primary] = service.revisions
  if (primary && status !== 'PENDING' && status !== 'ROLLBACK_REQUESTED' && isRecovered(engine, service))
    advance(engine, service, primary)
  keepService(engine, service)
}

/** One step nearer to what is wanted. */
function advance(engine: Engine, service: LiveService, primary: LiveRevision): void {
  const { rollout } = service
  if (rollout && shiftsTraffic(rollout.record.configuration)) shiftTraffic(engine, service, rollout)
  else if (primary.deployment.rolloutState === 'FAILED') trim(engine, service)
  else roll(engine, service, primary)
  forgetEmpty(service)
  settleRollout(engine, service)
  if (!service.rollout) rebalance(engine, service, primary)
}

/** After a restart the tasks that a deployment was replacing come before anything else; false while they are on their way. */
function isRecovered(engine: Engine, service: LiveService): boolean {
  if (service.lost.length === 0) return true
  for (const { revision, count } of service.lost) tendFleet(engine, service, revision, count)
  if (!service.lost.every(({ revision, count }) => isComplete(revision, count))) return false
  service.lost = []
  return true
}

function roll(engine: Engine, service: LiveService, primary: LiveRevision): void {
  const others = othersOf(service, primary)
  const acted = tendFleet(engine, service, primary, service.record.desiredCount, others)
  if (!acted && others.length > 0) tellWhenStuck(engine, service)
}

/** A failed deployment starts no task any more; what is more than desired goes all the same. */
function trim(engine: Engine, service: LiveService): void {
  const { deploymentConfiguration, desiredCount } = service.record
  const fleets = service.revisions.map(({ tasks }) => tasks)
  for (const tasks of shiftsTraffic(deploymentConfiguration) ? fleets : [fleets.flat()]) {
    const surplus = tasks.filter(({ active }) => active).length - desiredCount
    if (surplus > 0) stopTasks(engine, service, tasks, surplus, 'old')
  }
}

function tellWhenStuck(engine: Engine, service: LiveService): void {
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.record.deploymentConfiguration
  if (!isStuck(service.record.desiredCount, minimumHealthyPercent, maximumPercent)) {
    resolved(service, 'stuck')
    return
  }
  const what = 'was unable to stop or start tasks during a deployment because of the service deployment configuration'
  tellOnce(engine, service, 'stuck', `) ${what}. Update the minimumHealthyPercent or maximumPercent value and try again.`)
  wakeAfter(engine, service, EVENT_MUTE_MS)
}

/** A revision without tasks is no longer a deployment of the service, unless it is the primary or may serve as blue again. */
function forgetEmpty(service: LiveService): void {
  const { revisions, rollout } = service
  if (revisions.length === 1 || (rollout && shiftsTraffic(rollout.record.configuration))) return
  const kept = revisions.filter((revision, at) => at === 0 || revision.tasks.length > 0)
  if (kept.length === revisions.length) return
  service.revisions = kept
  service.record.deployments = kept.map(({ deployment }) => deployment)
}

function drain(engine: Engine, service: LiveService): void {
  let left = 0
  for (const { tasks } of service.revisions) {
    stopTasks(engine, service, tasks, tasks.length, 'all')
    left += tasks.filter(({ isStopping }) => !isStopping).length
  }
  if (left === 0) {
    service.record.status = 'INACTIVE'
    service.record.deployments = []
    service.revisions = []
    service.wake?.timer.cancel()
    engine.services.delete(service.record.arn)
    forgetDeployments(engine, service)
  }
  keepService(engine, service)
}

/** They are deleted with their service (Developer Guide, "View service history using Amazon ECS service deployments"). */
function forgetDeployments({ serviceDeployments, revisionRecords, changed }: Engine, { record }: LiveService): void {
  for (const { arn, service } of [...serviceDeployments.values()]) {
    if (service !== record.arn) continue
    serviceDeployments.delete(arn)
    changed?.('deployment', arn)
  }
  // The service itself is still described for a while, by its last revision.
  for (const { arn, service } of [...revisionRecords.values()])
    if (service === record.arn && arn !== record.revision) revisionRecords.delete(arn)
}
