// How a service deployment ends badly: it is rolled back to the last one COMPLETED, or it stalls.
import { putDeploymentEvent } from './bus-events.ts'
import { endRollout } from './completion.ts'
import { type Engine, keepService, keepServiceDeployment, type LiveRollout, type LiveService, queue } from './engine.ts'
import { liveRevision, newDeployment, promote } from './revision.ts'
import { tell } from './service-events.ts'
import type { DeploymentRecord, ServiceDeploymentRecord } from './state.ts'

export interface Failure {
  /** Why, as the deployment's `statusReason` and `rollback.reason` tell it. */
  reason: string
  /** The sentence of the failed deployment's rolloutStateReason and event on the bus. */
  rolloutReason: string
  /** What follows `deployment failed: ` in the service's events. */
  told: string
  rollback: boolean
}

/** The circuit breaker has triggered. */
export function breakerFailure({ configuration }: ServiceDeploymentRecord): Failure {
  return {
    reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    rolloutReason: 'ECS deployment circuit breaker: tasks failed to start.',
    told: 'tasks failed to start.',
    rollback: configuration.deploymentCircuitBreaker?.rollback === true,
  }
}

const NO_CANDIDATE = 'No rollback candidate was found to run the rollback.'

/** The deployment under way has failed. */
export function failRollout(engine: Engine, service: LiveService, failure: Failure): void {
  const { rollout } = service
  const primary = service.revisions[0]
  if (!rollout || !primary) return
  rollout.failure = undefined
  tell(engine, service, `) (deployment ${primary.deployment.id}) deployment failed: ${failure.told}`)
  markFailed(engine, service, primary.deployment, failure.rolloutReason)
  if (rollout.record.status === 'ROLLBACK_IN_PROGRESS') endRollout(engine, service, 'ROLLBACK_FAILED', failure.reason)
  else if (failure.rollback) rollBack(engine, service, failure.reason)
  else standStill(engine, service, 'STOPPED', failure.reason.replace('rolled back', 'stopped'))
  keepService(engine, service)
}

/** A person's StopServiceDeployment: ROLLBACK_REQUESTED for a moment, then as if it had failed. */
export function requestRollback(engine: Engine, service: LiveService, rollout: LiveRollout, reason: string): void {
  const { record } = rollout
  cancelWaits(rollout)
  record.status = 'ROLLBACK_REQUESTED'
  record.statusReason = reason
  keepServiceDeployment(engine, record)
  rollout.timer = engine.clock.after(engine.timings.deploymentPending, () => beginRequestedRollback(engine, service, rollout))
}

export function beginRequestedRollback(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const primary = service.revisions[0]
  if (service.rollout !== rollout || !primary) return
  rollout.timer = undefined
  markFailed(engine, service, primary.deployment, rollout.record.statusReason ?? '')
  rollBack(engine, service, rollout.record.statusReason ?? '')
  keepService(engine, service)
}

function rollBack(engine: Engine, service: LiveService, reason: string): void {
  const { rollout } = service
  if (!rollout) return
  const candidate = service.record.completedRevision
  const revision = candidate === undefined ? undefined : engine.revisionRecords.get(candidate)
  if (!revision) {
    standStill(engine, service, 'ROLLBACK_FAILED', NO_CANDIDATE)
    return
  }
  const { record } = rollout
  cancelWaits(rollout)
  record.status = 'ROLLBACK_IN_PROGRESS'
  record.statusReason = reason
  record.rollback = { reason, startedAt: engine.clock.now(), revision: revision.arn }
  record.rollbackBreaker = { stage: 1, failures: 0 }
  if (record.sources.includes(revision.arn)) record.serving = revision.arn
  const live = service.revisions.find((each) => each.record === revision || each.record.arn === revision.arn)
  const target = live ?? liveRevision(engine, revision, newDeployment(engine, revision))
  // While it is being brought back it is not COMPLETED, and so no candidate of another rollback (Developer Guide).
  service.record.completedRevision = undefined
  target.deployment.rolloutState = 'IN_PROGRESS'
  target.deployment.rolloutStateReason = `${cause(record)}: rolling back to deploymentId ${target.deployment.id}.`
  target.deployment.updatedAt = engine.clock.now()
  promote(service, target)
  service.startsPausedUntil = 0
  service.failuresInRow = 0
  tell(engine, service, `) rolling back to deployment ${target.deployment.id}.`)
  putDeploymentEvent(engine, service, 'IN_PROGRESS', target.deployment.id, target.deployment.rolloutStateReason)
  keepServiceDeployment(engine, record)
  queue(engine, service)
}

/** A failed deployment that goes nowhere; traffic stays where it has been moved to. */
function standStill(engine: Engine, service: LiveService, status: 'STOPPED' | 'ROLLBACK_FAILED', reason: string): void {
  const record = service.rollout?.record
  if (record?.productionWeight === 100) service.record.serving = record.target
  endRollout(engine, service, status, reason)
}

const cause = ({ breaker }: ServiceDeploymentRecord) =>
  breaker.status === 'TRIGGERED' ? 'ECS deployment circuit breaker' : 'ECS deployment'

function markFailed(engine: Engine, service: LiveService, deployment: DeploymentRecord, reason: string): void {
  deployment.rolloutState = 'FAILED'
  deployment.rolloutStateReason = reason
  deployment.updatedAt = engine.clock.now()
  putDeploymentEvent(engine, service, 'FAILED', deployment.id, reason)
}

function cancelWaits(rollout: LiveRollout): void {
  rollout.timer?.cancel()
  rollout.timer = undefined
  rollout.waiting = false
  rollout.record.bakeEndsAt = undefined
  for (const timer of rollout.hookTimers.values()) timer.cancel()
  rollout.hookTimers.clear()
}
