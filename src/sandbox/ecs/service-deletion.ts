import { endRollout } from './completion.ts'
import { type Engine, keepService, type LiveService, queue } from './engine.ts'

/** The service drains: every task is stopped in order, and it is INACTIVE when the last one is gone. */
export function stopsEveryTask(engine: Engine, service: LiveService): void {
  if (service.rollout) endRollout(engine, service, 'STOPPED', 'Service was deleted.')
  service.record.status = 'DRAINING'
  service.record.desiredCount = 0
  service.steady = false
  keepService(engine, service)
  queue(engine, service)
}
