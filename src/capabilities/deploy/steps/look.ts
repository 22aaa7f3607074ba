// One look at ECS for all rollouts that are still open: as few calls as there can be, and what was seen is stored.
import { describeServiceDeployments } from '../../../aws/ecs-deployments.ts'
import type { Service } from '../../../aws/ecs-shapes.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout } from '../deployment-store.ts'
import { type Driver, plannedOf } from '../driver.ts'
import { definitionsOf, madeBy, newestAfter } from '../find-service-deployment.ts'
import { sameJson } from '../same-json.ts'
import { type ServiceDeploymentView, serviceDeploymentView } from '../service-deployment.ts'
import type { NewEvent } from '../stored-driver.ts'
import { hasGoneBack, judge } from '../verdict.ts'
import { currentServices } from './current-services.ts'
import { isOverdue } from './deadline.ts'

/** From here on a service deployment that the service does not show is looked for in the list. */
const LIST_AFTER_MS = 5_000
/** How often it is asked whether another deployment took our place, while nothing hints at it. */
const NEWER_EVERY_MS = 30_000

export async function look(driver: Driver, open: readonly Rollout[]): Promise<void> {
  const watched = open.filter((rollout) => rollout.sentAt !== undefined && rollout.verdict === undefined)
  const services = await servicesWhereNeeded(driver, watched)
  const candidates = new Map(watched.map((rollout) => [rollout.service, candidateOf(rollout, services.get(rollout.service))]))
  const arns = [...candidates.values()].filter((arn) => arn !== undefined)
  const described = arns.length > 0 ? await describeServiceDeployments(driver.session, arns, driver.signal) : []
  const views = new Map([...described].map(([arn, one]) => [arn, serviceDeploymentView(one)]))
  const unknown = watched
    .filter(({ revision }) => revision === undefined)
    .map(({ service }) => views.get(candidates.get(service) ?? ''))
  // In one call for all; `identified` finds them known.
  await definitionsOf(
    driver.session,
    unknown.flatMap((view) => view?.target?.revision ?? []),
    driver.signal,
  )
  for (const rollout of watched)
    await judged(driver, rollout, views.get(candidates.get(rollout.service) ?? ''), services.get(rollout.service))
}

/** Services themselves are asked for only while our service deployment is not known, or to see what else runs. */
async function servicesWhereNeeded(driver: Driver, watched: readonly Rollout[]): Promise<Map<string, Service>> {
  const needed = watched.filter((rollout) => {
    const planned = plannedOf(driver, rollout)
    return (
      rollout.serviceDeployment === undefined ||
      (planned.earlySuccess && rollout.view?.status === 'SUCCESSFUL') ||
      isTimeToLookForNewer(driver, rollout)
    )
  })
  return needed.length > 0 ? currentServices(driver, needed) : new Map()
}

function isTimeToLookForNewer(driver: Driver, { service }: Rollout): boolean {
  const last = driver.lookedForNewer.get(service)
  if (last !== undefined && driver.elapsed - last < NEWER_EVERY_MS) return false
  driver.lookedForNewer.set(service, driver.elapsed)
  return last !== undefined
}

function candidateOf(rollout: Rollout, service: Service | undefined): string | undefined {
  if (rollout.serviceDeployment !== undefined) return rollout.serviceDeployment
  const current = service?.currentServiceDeployment
  return current === rollout.plannedFrom ? undefined : current
}

async function judged(
  driver: Driver,
  rollout: Rollout,
  view: ServiceDeploymentView | undefined,
  service: Service | undefined,
): Promise<void> {
  const ours = await identified(driver, rollout, view)
  const seen = ours && ours.serviceDeployment === view?.arn ? view : undefined
  const newer = rollout.newer || (await isReplaced(driver, rollout, ours, seen, service))
  const oldTasks = service && plannedOf(driver, rollout).earlySuccess ? tasksOfOthers(service, rollout) : 0
  const judgement = judge({
    deployment: seen ?? (ours ? rollout.view : undefined),
    revision: ours?.revision,
    newer,
    stopAsked: driver.deployment.cancel !== undefined,
    oldTasks,
    pastDeadline: isOverdue(driver, rollout),
  })
  // Stored with the verdict, so that nobody who goes on from here takes the way back for done.
  const undo = rollout.undo ?? (hasGoneBack(seen) && plannedOf(driver, rollout).before ? 'resetting' : undefined)
  await stored(driver, rollout, {
    ...(ours ?? {}),
    ...(seen ? { view: seen } : {}),
    newer,
    oldTasks,
    undo,
    ...(judgement.verdict ? { verdict: judgement.verdict, endedAt: driver.now } : {}),
  })
}

/** Our service deployment and its revision, once ECS shows a target with our definition. */
async function identified(driver: Driver, rollout: Rollout, view: ServiceDeploymentView | undefined) {
  const { serviceDeployment, revision, sentAt = 0 } = rollout
  if (serviceDeployment !== undefined && revision !== undefined) return { serviceDeployment, revision }
  const target = view?.target?.revision
  if (view && target && (await definitionsOf(driver.session, [target], driver.signal)).get(target) === rollout.definition) {
    return { serviceDeployment: view.arn, revision: target }
  }
  // Either way: the clock may have been set back.
  const isLate = Math.abs(driver.now - sentAt) > LIST_AFTER_MS
  const made = isLate ? await madeBy(driver.session, rollout, sentAt, driver.signal) : undefined
  return made && { serviceDeployment: made.serviceDeployment, revision: made.revision }
}

/** Whether a service deployment that began after ours is there; asked of the list only where something hints at it. */
async function isReplaced(
  driver: Driver,
  rollout: Rollout,
  ours: { serviceDeployment: string } | undefined,
  seen: ServiceDeploymentView | undefined,
  service: Service | undefined,
): Promise<boolean> {
  if (!ours || !seen?.createdAt) return false
  const another = service?.currentServiceDeployment !== undefined && service.currentServiceDeployment !== ours.serviceDeployment
  const stopped = seen.status === 'STOPPED' || seen.status === 'STOP_REQUESTED'
  if (!another && !stopped) return false
  return (await newestAfter(driver.session, rollout, seen, driver.signal)) !== undefined
}

function tasksOfOthers(service: Service, rollout: Rollout): number {
  const others = (service.deployments ?? []).filter(({ taskDefinition }) => taskDefinition !== rollout.definition)
  return others.reduce((sum, { runningCount = 0, pendingCount = 0 }) => sum + runningCount + pendingCount, 0)
}

/** Stores what changed, with an event when the word of ECS or the verdict did. */
async function stored(driver: Driver, rollout: Rollout, seen: Partial<Rollout>): Promise<void> {
  const change = Object.fromEntries(
    Object.entries(seen).filter(([name, value]) => !sameJson(rollout[name as keyof Rollout], value)),
  ) as Partial<Rollout>
  if (Object.keys(change).length === 0) return
  const events: NewEvent[] = []
  const { service } = rollout
  if (change.view && change.view.status !== rollout.view?.status) {
    events.push({ type: 'rollout.changed', data: { service, status: change.view.status, reason: change.view.statusReason } })
  }
  if (change.verdict)
    events.push({
      type: 'rollout.ended',
      data: { service, verdict: change.verdict, status: seen.view?.status, reason: seen.view?.statusReason },
    })
  await driver.store({}, events, (tx) => changeRollout(tx, rollout, change))
}
