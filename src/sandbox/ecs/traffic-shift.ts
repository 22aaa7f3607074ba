// Blue/green, canary and linear: two fleets side by side, and traffic that moves from one to the other stage by stage.
// Source: Developer Guide, "Amazon ECS blue/green service deployments workflow".
import { deadline, timeLeft } from '../../core/clock.ts'
import { completeRollout } from './completion.ts'
import { type Engine, keepServiceDeployment, type LiveRevision, type LiveRollout, type LiveService, queue } from './engine.ts'
import { healthyCount, isComplete, tendFleet } from './fleet.ts'
import { runHooks } from './hooks.ts'
import { isFrom, listenerWeights, nextStage, type Stage, trafficSteps } from './stages.ts'
import type { RevisionRecord, ServiceDeploymentRecord } from './state.ts'
import { MINUTE_MS } from './timings.ts'

export function shiftTraffic(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  if (rollout.record.status === 'ROLLBACK_IN_PROGRESS') {
    shiftBack(engine, service, rollout)
    return
  }
  keepFleets(engine, service, rollout)
  while (service.rollout === rollout && !rollout.waiting && rollout.record.status === 'IN_PROGRESS') {
    if (!rollout.entered) enter(engine, service, rollout)
    else if (!isPassable(service, rollout) || !leave(engine, service, rollout)) return
  }
}

/** The revision that production traffic comes from. */
function blueOf(service: LiveService): LiveRevision | undefined {
  const others = service.revisions.slice(1)
  return others.find(({ record }) => record.arn === service.rollout?.record.serving) ?? others[0]
}

function keepFleets(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const [green] = service.revisions
  const blue = blueOf(service)
  const stage = rollout.record.stage ?? ''
  const { desiredCount } = service.record
  for (const revision of service.revisions) {
    const isWanted = revision === green ? isFrom(stage, 'SCALE_UP') : revision === blue && stage !== 'CLEAN_UP'
    tendFleet(engine, service, revision, isWanted ? desiredCount : 0)
  }
}

/** What a stage does when it begins; its hooks run beside it. */
function enter(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const { record } = rollout
  rollout.entered = true
  if (record.stage === 'RECONCILE_SERVICE') setTraffic(engine, rollout, { production: 0, test: 0 })
  if (record.stage === 'TEST_TRAFFIC_SHIFT') setTraffic(engine, rollout, { test: 100 })
  if (record.stage === 'PRODUCTION_TRAFFIC_SHIFT') {
    setTraffic(engine, rollout, { production: stepsOf(record)[record.step]?.percent ?? 100 })
  }
  keepServiceDeployment(engine, record)
  keepFleets(engine, service, rollout)
  runHooks(engine, service, rollout, () => bake(engine, service, rollout))
}

const stepsOf = ({ configuration, sources }: ServiceDeploymentRecord) => trafficSteps(configuration, sources.length === 0)

/** Time that must pass in a stage before the next; only traffic steps and BAKE_TIME have any. */
function bake(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const { record } = rollout
  const ms = bakeMs(service, rollout)
  if (ms <= 0) return
  rollout.waiting = true
  record.bakeEndsAt ??= deadline(engine.clock, ms)
  keepServiceDeployment(engine, record)
  rollout.timer = engine.clock.after(Math.min(ms, timeLeft(engine.clock, record.bakeEndsAt)), () => {
    rollout.waiting = false
    queue(engine, service)
  })
}

function bakeMs(service: LiveService, { record }: LiveRollout): number {
  if (record.stage === 'PRODUCTION_TRAFFIC_SHIFT') return stepsOf(record)[record.step]?.bakeMs ?? 0
  // Nothing can be rolled back to when there is no blue: the first deployment of a service does not bake.
  if (record.stage !== 'BAKE_TIME' || service.revisions.length < 2) return 0
  return (record.configuration.bakeTimeInMinutes ?? 0) * MINUTE_MS
}

function isPassable(service: LiveService, { record }: LiveRollout): boolean {
  const [green] = service.revisions
  const { desiredCount } = service.record
  if (!green) return false
  if (record.stage === 'RECONCILE_SERVICE') {
    const blue = blueOf(service)
    return service.revisions.every((each) => each === green || each === blue || each.tasks.length === 0)
  }
  if (record.stage === 'SCALE_UP') return isComplete(green, desiredCount)
  if (record.stage === 'CLEAN_UP') return service.revisions.every((each) => each === green || each.tasks.length === 0)
  return record.stage === 'PRE_SCALE_UP' || healthyCount(green) >= desiredCount
}

/** Goes on to the next stage; false when this was the last one. */
function leave(engine: Engine, service: LiveService, rollout: LiveRollout): boolean {
  const { record } = rollout
  const next = nextStage(record.stage as Stage, record.step, stepsOf(record).length)
  record.hooks = []
  record.bakeEndsAt = undefined
  rollout.entered = false
  if (!next) {
    forgetOthers(service)
    completeRollout(engine, service)
    return false
  }
  record.stage = next.stage
  record.step = next.step
  if (next.stage === 'CLEAN_UP') service.record.serving = record.target
  keepServiceDeployment(engine, record)
  return true
}

/** Blue is brought to full size if it is not, gets all traffic, and green goes. */
function shiftBack(engine: Engine, service: LiveService, rollout: LiveRollout): void {
  const [blue, ...others] = service.revisions
  if (!blue) return
  const { desiredCount } = service.record
  tendFleet(engine, service, blue, desiredCount)
  if (!rollout.isBack) {
    if (!isComplete(blue, desiredCount)) return
    // Whatever this deployment has moved: one that it superseded may have moved traffic too.
    writeRules(engine, blue.record, { production: 100, test: 100 })
    service.record.serving = blue.record.arn
    rollout.record.productionWeight = rollout.record.testWeight = 0
    rollout.isBack = true
    keepServiceDeployment(engine, rollout.record)
  }
  for (const revision of others) tendFleet(engine, service, revision, 0)
  if (!isComplete(blue, desiredCount) || others.some(({ tasks }) => tasks.length > 0)) return
  forgetOthers(service)
  completeRollout(engine, service)
}

function forgetOthers(service: LiveService): void {
  service.revisions.length = 1
  service.record.deployments = service.revisions.map(({ deployment }) => deployment)
}

interface Shares {
  /** Per cents of the traffic that a revision is to get. */
  production?: number
  test?: number
}

/** The target revision gets these per cents of the traffic; the rest goes to blue. */
function setTraffic(engine: Engine, { record }: LiveRollout, { production, test }: Shares): void {
  record.productionWeight = production ?? record.productionWeight
  record.testWeight = test ?? record.testWeight
  keepServiceDeployment(engine, record)
  const green = engine.revisionRecords.get(record.target)
  if (green) writeRules(engine, green, { production, test })
}

/** Rewrites the listener rules so that the target groups of `revision` get these per cents, and their alternates the rest. */
function writeRules({ cloud }: Engine, { spec, targetGroups }: RevisionRecord, { production, test }: Shares): void {
  for (const [index, { advancedConfiguration, targetGroupArn: primary }] of spec.loadBalancers.entries()) {
    const mine = targetGroups[index]
    if (!advancedConfiguration || mine === undefined) continue
    const { alternateTargetGroupArn, productionListenerRule, testListenerRule } = advancedConfiguration
    const other = mine === primary ? alternateTargetGroupArn : primary
    const groups = (percent: number) => {
      const weights = listenerWeights(percent)
      const forward = [{ targetGroupArn: mine, weight: weights.fresh }]
      return other === undefined ? forward : [...forward, { targetGroupArn: other, weight: weights.old }]
    }
    if (productionListenerRule && production !== undefined) cloud.balancing.setWeights(productionListenerRule, groups(production))
    if (testListenerRule && test !== undefined) cloud.balancing.setWeights(testListenerRule, groups(test))
  }
}
