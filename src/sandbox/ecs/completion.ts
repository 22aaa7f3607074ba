// How a service deployment ends well, and how a service is told steady.
import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { deadline, timeLeft } from '../../core/clock.ts'
import { putDeploymentEvent, putServiceAction } from './bus-events.ts'
import { type Engine, keepServiceDeployment, type LiveRevision, type LiveRollout, type LiveService, queue } from './engine.ts'
import { healthyCount, isComplete } from './fleet.ts'
import { minimumHealthy } from './rolling.ts'
import { tell } from './service-events.ts'
import { shiftsTraffic } from './stages.ts'

/** Looks whether the deployment under way has reached its end, or the service a steady state. */
export function settleRollout(engine: Engine, service: LiveService): void {
  const primary = service.revisions[0]
  if (!primary || primary.deployment.rolloutState === 'FAILED') return
  const { rollout } = service
  const isDone = service.revisions.length === 1 && isComplete(primary, service.record.desiredCount)
  if (rollout && shiftsTraffic(rollout.record.configuration)) return
  if (rollout && !isDone) {
    succeedEarly(engine, service, primary, rollout)
    return
  }
  if (rollout) {
    if (isBaked(engine, service, rollout)) completeRollout(engine, service)
  } else if (!isDone) service.steady = false
  else if (primary.deployment.rolloutState === 'IN_PROGRESS') completeDeployment(engine, service, primary)
  else tellSteady(engine, service)
}

/** The deployment under way is SUCCESSFUL, or its rollback is. */
export function completeRollout(engine: Engine, service: LiveService): void {
  const primary = service.revisions[0]
  const { rollout } = service
  if (!primary || !rollout) return
  completeDeployment(engine, service, primary)
  const isRollback = rollout.record.status === 'ROLLBACK_IN_PROGRESS'
  endRollout(engine, service, isRollback ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL', undefined)
}

/** Ends what is under way in one of the last states; a `reason` given replaces the one that stands. */
export function endRollout(
  engine: Engine,
  service: LiveService,
  status: ServiceDeploymentStatus,
  reason: string | undefined,
): void {
  const { rollout } = service
  if (!rollout) return
  const { record } = rollout
  const now = engine.clock.now()
  record.status = status
  record.statusReason = reason ?? record.statusReason
  if (status === 'STOPPED') record.stoppedAt = now
  record.finishedAt = now
  if (record.breaker.status === 'MONITORING') record.breaker.status = 'MONITORING_COMPLETE'
  if (record.alarms.status === 'MONITORING') record.alarms.status = 'MONITORING_COMPLETE'
  rollout.timer?.cancel()
  for (const timer of rollout.hookTimers.values()) timer.cancel()
  service.rollout = undefined
  keepServiceDeployment(engine, record)
  queue(engine, service)
}

function completeDeployment(engine: Engine, service: LiveService, primary: LiveRevision): void {
  const { deployment } = primary
  deployment.rolloutState = 'COMPLETED'
  deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`
  deployment.updatedAt = engine.clock.now()
  service.record.completedRevision = primary.record.arn
  service.record.serving = primary.record.arn
  tell(engine, service, `) (deployment ${deployment.id}) deployment completed.`)
  putDeploymentEvent(engine, service, 'COMPLETED', deployment.id, deployment.rolloutStateReason)
  service.steady = false
  tellSteady(engine, service)
}

function tellSteady(engine: Engine, service: LiveService): void {
  if (service.steady) return
  service.steady = true
  service.told.clear()
  tell(engine, service, ') has reached a steady state.')
  putServiceAction(engine, service, 'SERVICE_STEADY_STATE')
}

/** Source: SDK, DeploymentEarlySuccessCriteria. */
function succeedEarly(engine: Engine, service: LiveService, primary: LiveRevision, rollout: LiveRollout): void {
  const criteria = rollout.record.configuration.earlySuccessCriteria
  if (!criteria?.enable || rollout.record.status !== 'IN_PROGRESS') return
  const enough = minimumHealthy(service.record.desiredCount, criteria.healthyPercent ?? 100)
  if (healthyCount(primary) < enough) return
  if (criteria.sourceServiceRevisionCleanup !== 'DEFERRED' && service.revisions.length > 1) return
  if (!isBaked(engine, service, rollout)) return
  rollout.record.early = true
  service.record.completedRevision = primary.record.arn
  endRollout(engine, service, 'SUCCESSFUL', undefined)
}

/** While alarms are watched a rolling deployment stays IN_PROGRESS for a while after its tasks are healthy. */
function isBaked(engine: Engine, service: LiveService, rollout: LiveRollout): boolean {
  const { record } = rollout
  if (record.alarms.status !== 'MONITORING' || record.status !== 'IN_PROGRESS') return true
  if (record.bakeEndsAt === undefined) {
    record.bakeEndsAt = deadline(engine.clock, engine.timings.alarmBake)
    keepServiceDeployment(engine, record)
  }
  if (rollout.baked) return true
  rollout.timer ??= engine.clock.after(timeLeft(engine.clock, record.bakeEndsAt), () => {
    rollout.baked = true
    queue(engine, service)
  })
  return false
}
