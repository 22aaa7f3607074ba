// A service deployment from its request to the moment when its tasks start.
import { ecsArn, newDeploymentId } from './arn.ts'
import { putDeploymentEvent } from './bus-events.ts'
import { failureThreshold } from './circuit-breaker.ts'
import { endRollout } from './completion.ts'
import { watchAlarms } from './deployment-alarms.ts'
import { type Engine, keepService, keepServiceDeployment, type LiveRollout, type LiveService, queue } from './engine.ts'
import { liveRevision, newDeployment, newRevision, promote } from './revision.ts'
import { firstStage, shiftsTraffic } from './stages.ts'
import type { RevisionRecord, RevisionSpec, ServiceDeploymentRecord } from './state.ts'

/** Starts bringing a revision made of `spec` to the service; a deployment under way is superseded by it. */
export function beginDeployment(engine: Engine, service: LiveService, spec: RevisionSpec): LiveRollout {
  supersede(engine, service)
  const { serving } = service.record
  const revision = newRevision(engine, service.record, spec, serving)
  service.record.serving ??= revision.arn
  const sources = service.revisions.map(({ record }) => record.arn)
  const deployment = newDeployment(engine, revision)
  promote(service, liveRevision(engine, revision, deployment))
  const record = newServiceDeployment(engine, service, revision, sources, serving)
  service.record.currentServiceDeployment = record.arn
  service.startsPausedUntil = 0
  service.failuresInRow = 0
  service.steady = false
  service.rebalancing = undefined
  service.lost = []
  service.told.clear()
  const rollout: LiveRollout = { record, timer: undefined, hookTimers: new Map(), waiting: false }
  service.rollout = rollout
  rollout.timer = engine.clock.after(engine.timings.deploymentPending, () => startRollout(engine, service, rollout))
  keepServiceDeployment(engine, record)
  keepService(engine, service)
  return rollout
}

/** PENDING is over. */
export function startRollout(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const { record } = rollout
  const primary = service.revisions[0]
  record.status = 'IN_PROGRESS'
  record.startedAt = engine.clock.now()
  rollout.timer = undefined
  watchAlarms(engine, record)
  if (shiftsTraffic(record.configuration)) record.stage = firstStage(service.revisions.length)
  keepServiceDeployment(engine, record)
  if (primary) putDeploymentEvent(engine, service, 'IN_PROGRESS', primary.deployment.id, primary.deployment.rolloutStateReason)
  queue(engine, service)
}

function newServiceDeployment(
  engine: Engine,
  service: LiveService,
  revision: RevisionRecord,
  sources: string[],
  serving: string | undefined,
): ServiceDeploymentRecord {
  const { cluster, clusterArn, name, arn, deploymentConfiguration, desiredCount, currentServiceDeployment } = service.record
  const breaker = deploymentConfiguration.deploymentCircuitBreaker
  const before = engine.serviceDeployments.get(currentServiceDeployment ?? '')
  // Two of the same millisecond have an order all the same.
  const now = Math.max(engine.clock.now(), (before?.createdAt ?? 0) + 1)
  return {
    arn: ecsArn(engine.cloud, `service-deployment/${cluster}/${name}/${newDeploymentId()}`),
    service: arn,
    clusterArn,
    sources,
    target: revision.arn,
    serving: serving !== undefined && sources.includes(serving) ? serving : sources[0],
    status: 'PENDING',
    createdAt: now,
    updatedAt: now,
    configuration: deploymentConfiguration,
    breaker: {
      status: breaker?.enable ? 'MONITORING' : 'DISABLED',
      stage: 1,
      failures: 0,
      threshold: failureThreshold(breaker, desiredCount),
    },
    alarms: { status: 'DISABLED', names: deploymentConfiguration.alarms?.alarmNames ?? [], triggered: [] },
    step: 0,
    productionWeight: 0,
    testWeight: 0,
    hooks: [],
  }
}

function supersede(engine: Engine, service: LiveService): void {
  const record = service.rollout?.record
  if (!record) return
  // Its bake is over and all traffic is on it: what comes next goes back to it.
  if (record.stage === 'CLEAN_UP' && record.status === 'IN_PROGRESS') service.record.completedRevision = record.target
  const wasRollingBack = record.status === 'ROLLBACK_REQUESTED' || record.status === 'ROLLBACK_IN_PROGRESS'
  endRollout(
    engine,
    service,
    wasRollingBack ? 'ROLLBACK_FAILED' : 'STOPPED',
    'Service deployment was superseded by a newer service deployment.',
  )
}
