// EventBridge Scheduler: schedules in groups, which really fire on the cloud's clock.
import type { Cloud, Service } from '../cloud.ts'
import { schedulerOperations } from './operations.ts'
import { Planner } from './planner.ts'
import { type SchedulerHandlers, scheduleRecords } from './records.ts'

export function scheduler(cloud: Cloud): Service & { handlers: SchedulerHandlers } {
  const kept = scheduleRecords(cloud)
  const planner = new Planner(cloud, kept)
  return {
    client: () => import('@aws-sdk/client-scheduler'),
    signingName: 'scheduler',
    handlers: schedulerOperations(cloud, kept, planner),
  }
}
