// A sandbox that was killed comes back: its tasks died with it, its services replace them, its deployments go on.
import { putTaskEvent } from './bus-events.ts'
import { startRollout } from './deployment.ts'
import { catchUpOnAlarms } from './deployment-alarms.ts'
import { type Engine, keepTask, type LiveRollout, type LiveService, newLiveService, queue } from './engine.ts'
import { liveRevision } from './revision.ts'
import { beginRequestedRollback, breakerFailure } from './rollback.ts'
import { shiftsTraffic } from './stages.ts'
import type { ServiceRecord, TaskRecord } from './state.ts'

const HOST_DIED = 'The sandbox that ran this task was ended; its processes ended with it.'

/** Called once, when the other services of the cloud are there. */
export function restore(engine: Engine): void {
  const lost = new Map<string, number>()
  for (const record of [...engine.taskRecords.values()]) {
    const { revision, desiredStatus, lastStatus } = record
    if (revision !== undefined && desiredStatus === 'RUNNING') lost.set(revision, (lost.get(revision) ?? 0) + 1)
    if (lastStatus !== 'STOPPED') bury(engine, record)
    engine.stopped.push(record)
  }
  engine.stopped.sort((a, b) => (a.stoppedAt ?? 0) - (b.stoppedAt ?? 0))
  for (const record of engine.serviceRecords.values()) if (record.status !== 'INACTIVE') revive(engine, record, lost)
}

function bury(engine: Engine, record: TaskRecord): void {
  const now = engine.clock.now()
  for (const { targetGroupArn, id, port } of record.targets ?? [])
    engine.cloud.balancing.deregister(targetGroupArn, { id, port }, () => {})
  if (record.interface) engine.cloud.network.release(record.interface.networkInterfaceId)
  for (const container of record.containers) container.lastStatus = 'STOPPED'
  record.targets = undefined
  record.desiredStatus = 'STOPPED'
  record.lastStatus = 'STOPPED'
  record.stopCode ??= 'InfrastructureHealth'
  record.stoppedReason ??= HOST_DIED
  record.stoppingAt ??= now
  record.executionStoppedAt ??= now
  record.stoppedAt = now
  record.version++
  keepTask(engine, record)
  putTaskEvent(engine, record)
}

function revive(engine: Engine, record: ServiceRecord, lost: ReadonlyMap<string, number>): void {
  const service = newLiveService(record)
  engine.services.set(record.arn, service)
  for (const deployment of record.deployments) {
    const revision = engine.revisionRecords.get(deployment.revision)
    if (revision) service.revisions.push(liveRevision(engine, revision, deployment))
  }
  // Fleets that traffic shifts between are kept at their size anyway.
  if (!shiftsTraffic(record.deploymentConfiguration))
    for (const revision of service.revisions.slice(1)) service.lost.push({ revision, count: lost.get(revision.record.arn) ?? 0 })
  resumeRollout(engine, service)
  queue(engine, service)
}

const OPEN = ['PENDING', 'IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS']

function resumeRollout(engine: Engine, service: LiveService): void {
  const arn = service.record.currentServiceDeployment
  const record = arn === undefined ? undefined : engine.serviceDeployments.get(arn)
  if (!record || !OPEN.includes(record.status ?? '')) return
  // The present stage is begun again; its hooks and its bake keep what they had reached and the time that they have left.
  const rollout: LiveRollout = { record, timer: undefined, hookTimers: new Map(), waiting: false }
  service.rollout = rollout
  const soon = (run: typeof startRollout) => {
    rollout.timer = engine.clock.after(engine.timings.deploymentPending, () => run(engine, service, rollout))
  }
  if (record.status === 'PENDING') soon(startRollout)
  if (record.status === 'ROLLBACK_REQUESTED') soon(beginRequestedRollback)
  if (record.status === 'IN_PROGRESS' && record.breaker.status === 'TRIGGERED') rollout.failure = breakerFailure(record)
  catchUpOnAlarms(engine, service)
}
