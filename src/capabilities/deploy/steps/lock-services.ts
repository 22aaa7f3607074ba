// planned → locked: waits for the locks of all services, then makes sure that the plan still holds.
import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import { holderOf } from '../deployment.ts'
import { makerOf } from '../deployment-store.ts'
import type { Driver } from '../driver.ts'
import { type Fences, takeLocks } from '../lock.ts'
import type { Plan } from '../plan.ts'
import { freshPlan, planChanged, storePlan } from './plan-deployment.ts'
import { refuseFrozen } from './refuse-frozen.ts'

/** A release of a lock is heard at once; this is for locks that run out. */
const ASK_AGAIN_MS = 2_000

export async function lockServices(driver: Driver): Promise<void> {
  const shown = driver.plan
  const fences = await takenLocks(driver)
  if (!fences) return
  // What began while this waited holds it too.
  await refuseFrozen(driver, { tell: true })
  const now = await freshPlan(driver)
  await refuseForeignChanges(driver, shown, now)
  if (now.fingerprint === shown.fingerprint) return storePlan(driver, now, 'locked', { fences }, { fences })
  if (driver.deployment.options.agreedPlan !== undefined) throw planChanged(changedServices(shown, now))
  // The locks stay ours: the next round takes them anew, and finds the plan as it is now stored.
  await storePlan(
    driver,
    now,
    'planned',
    { fingerprint: now.fingerprint, replanned: true, changed: changedServices(shown, now) },
    { fences },
  )
}

/** Waits in the queue; undefined when somebody asked to stop meanwhile. */
async function takenLocks(driver: Driver): Promise<Fences | undefined> {
  const { engine, deployment } = driver
  const services = driver.plan.services.map(({ service }) => service)
  let told = ''
  for (;;) {
    if (await driver.cancelled()) return undefined
    const answer = await engine.database.transaction((tx) =>
      takeLocks(tx, deployment, services, driver.claimant, { leased: true, now: driver.now }),
    )
    if ('fences' in answer) return answer.fences
    const blockers = JSON.stringify(answer.blockedBy)
    if (blockers !== told) await driver.store({}, [{ type: 'deployment.waited', data: { blockedBy: answer.blockedBy } }])
    told = blockers
    await driver.pause(
      ASK_AGAIN_MS,
      services.map((service) => `service/${service}`),
    )
  }
}

/**
 * Refuses when a service deployment that no deployment of ours made took the place of the one that was planned from:
 * somebody who does not share this database is at work there.
 */
async function refuseForeignChanges(driver: Driver, shown: Plan, now: Plan): Promise<void> {
  for (const service of now.services) {
    const before = shown.services.find((one) => one.service === service.service)?.plannedFrom
    if (before === undefined || service.plannedFrom === undefined || service.plannedFrom === before) continue
    const maker = await makerOf(driver.engine.database, service.plannedFrom)
    if (maker === undefined || maker === holderOf(driver.deployment)) {
      throw new KibanError('conflict', 'deploy.changed-elsewhere', deploy.changedElsewhere(service.service), {
        hint: deploy.changedElsewhereHint,
        details: [deploy.serviceDeployments(before, service.plannedFrom)],
      })
    }
  }
}

/** What is not as it was shown, by service. */
function changedServices(shown: Plan, now: Plan) {
  return now.services.flatMap((service) => {
    const before = shown.services.find((one) => one.service === service.service)
    const same =
      before && before.action === service.action && JSON.stringify(before.differences) === JSON.stringify(service.differences)
    return same
      ? []
      : [{ service: service.service, before: before?.action, action: service.action, differences: service.differences }]
  })
}
