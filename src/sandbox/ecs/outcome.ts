// What becomes of a service because of how one of its tasks fared: failures counted, starts slowed down.
import { putServiceAction } from './bus-events.ts'
import { counted, failureThreshold, type TaskOutcome } from './circuit-breaker.ts'
import { type Engine, keepServiceDeployment, type LiveRevision, type LiveService, queue, wakeAfter } from './engine.ts'
import type { LiveTask } from './live-task.ts'
import { breakerFailure } from './rollback.ts'
import { resolved, tell, tellOnce } from './service-events.ts'
import { THROTTLE_FIRST_PAUSE_MS, THROTTLE_FREE_FAILURES, THROTTLE_LONGEST_PAUSE_MS } from './timings.ts'

export function fared(engine: Engine, task: LiveTask, outcome: TaskOutcome | 'gone'): void {
  const { service, revision } = task
  if (!service || !revision) return
  if (outcome === 'never-ran' && task.record.stopCode === 'TaskFailedToStart') {
    tell(engine, service, `) was unable to place a task. Reason: ${task.record.stoppedReason}.`)
  }
  // What cannot be brought back is not waited for.
  if (service.lost.length > 0 && outcome !== 'ran' && outcome !== 'healthy') service.lost = []
  if (outcome !== 'gone') countOutcome(engine, service, revision, outcome)
  if (outcome !== 'ran') queue(engine, service)
}

export function countOutcome(engine: Engine, service: LiveService, revision: LiveRevision, outcome: TaskOutcome): void {
  if (outcome === 'never-ran') slowDown(engine, service)
  else if (outcome === 'ran' && service.failuresInRow > 0) {
    service.failuresInRow = 0
    resolved(service, 'impaired')
  }
  const { rollout } = service
  if (!rollout || service.revisions[0] !== revision) return
  const { record } = rollout
  // Decided already; what else falls in the same moment changes nothing.
  if (rollout.failure) return
  const breaker = record.configuration.deploymentCircuitBreaker
  const isRollback = record.status === 'ROLLBACK_IN_PROGRESS'
  const before = (isRollback ? record.rollbackBreaker : undefined) ?? record.breaker
  const after = counted(before, outcome, breaker)
  if (after === before) return
  const { deployment } = revision
  if (outcome === 'never-ran' || outcome === 'failed-checks') deployment.failedTasks++
  else if (outcome === 'healthy') deployment.failedTasks = 0
  if (isRollback) record.rollbackBreaker = after
  else Object.assign(record.breaker, after)
  keepServiceDeployment(engine, record)
  const threshold = failureThreshold(breaker, service.record.desiredCount)
  if (!breaker?.enable || after.failures === 0 || after.failures < threshold) return
  if (record.status !== 'IN_PROGRESS' && !isRollback) return
  if (!isRollback) record.breaker = { ...record.breaker, status: 'TRIGGERED', threshold }
  // The scheduler may be in the midst of a step; it acts on this in its next one.
  rollout.failure ??= breakerFailure(record)
  queue(engine, service)
}

/** Service throttle: tasks that keep ending before RUNNING are started ever more seldom (Developer Guide, "Service throttle logic"). */
function slowDown(engine: Engine, service: LiveService): void {
  service.failuresInRow++
  const excess = service.failuresInRow - THROTTLE_FREE_FAILURES
  if (excess <= 0) return
  const pause = Math.min(THROTTLE_LONGEST_PAUSE_MS, THROTTLE_FIRST_PAUSE_MS * 2 ** (excess - 1))
  service.startsPausedUntil = Math.max(service.startsPausedUntil, engine.clock.elapsed() + pause)
  wakeAfter(engine, service, pause)
  if (tellOnce(engine, service, 'impaired', ') is unable to consistently start tasks successfully.')) {
    putServiceAction(engine, service, 'SERVICE_TASK_START_IMPAIRED')
  }
}
