// verifying → scheduling or done: watches all rollouts of the deployment together until each has its verdict, and goes back where one failed.
import type { KibanError } from '../../../core/error.ts'
import { worst } from '../../../core/verdict.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout, rolloutsOf } from '../deployment-store.ts'
import { type Driver, storedError } from '../driver.ts'
import { causesOfRollouts } from '../explain/deployment-causes.ts'
import { pollDelay } from '../pace.ts'
import { changesSchedules } from './apply-schedules.ts'
import { isOverdue } from './deadline.ts'
import { explainRollouts } from './explain-rollouts.ts'
import { goBack } from './go-back.ts'
import { look } from './look.ts'

export async function verifyRollouts(driver: Driver): Promise<void> {
  const begun = driver.now
  const start = driver.elapsed
  for (;;) {
    const before = await openRollouts(driver)
    if (before.open.length > 0) {
      await look(driver, before.open)
      await askBack(driver)
      await goBack(driver)
      await driver.calm()
    }
    const { open, all } = await openRollouts(driver)
    await explainRollouts(driver, all)
    if (open.length === 0) return end(driver)
    await driver.pause(pollDelay(open, begun + driver.elapsed - start, begun))
  }
}

/** Ends a deployment of which nothing is open any more, without asking AWS again. */
export async function endSettled(driver: Driver): Promise<void> {
  if (driver.deployment.state === 'scheduling') return
  const { open, all } = await openRollouts(driver)
  if (open.length === 0 && all.length > 0) await end(driver)
}

async function end(driver: Driver): Promise<void> {
  const { all } = await openRollouts(driver)
  // Where schedules alone are brought, no service rolls.
  const verdict = all.length > 0 ? worst(all.map(({ verdict }) => verdict ?? 'failed')) : 'succeeded'
  // Without the locks, whoever has them now brings schedules of their own.
  if (verdict === 'succeeded' && driver.deployment.fences && changesSchedules(driver.plan)) return driver.to('scheduling')
  await driver.end(verdict, { causes: causesOfRollouts(all) })
}

/** AWS may stay silent past every deadline: then that is all there is to tell. */
export async function giveUpOverdue(driver: Driver, error: KibanError | undefined): Promise<void> {
  const { troubleSince } = driver.deployment
  const silentMs =
    driver.troubledSince === undefined ? driver.now - (troubleSince ?? driver.now) : driver.elapsed - driver.troubledSince
  for (const rollout of (await openRollouts(driver)).open) {
    const { service, sendingAt, sentAt, verdict: known } = rollout
    const limitMs = 1000 * (driver.plan.services.find((one) => one.service === service)?.deadlineSeconds ?? 0)
    if (sentAt === undefined ? silentMs <= limitMs : !isOverdue(driver, rollout)) continue
    // What may have reached ECS is not called a failure, and what has gone wrong already is told as what it was.
    const unknown = sendingAt === undefined ? 'failed' : 'timed-out'
    const verdict = known === undefined || known === 'succeeded' ? unknown : known
    const undo = rollout.undo && rollout.undo !== 'resetting' ? 'impossible' : undefined
    const told = known === verdict ? [] : [{ type: 'rollout.ended', data: { service, verdict } }]
    await driver.store({}, told, (tx) =>
      changeRollout(tx, rollout, { verdict, undo, error: error && storedError(error), endedAt: driver.now }),
    )
  }
  if (driver.deployment.state === 'rolling' && (await openRollouts(driver)).open.length === 0) await driver.to('verifying')
}

async function openRollouts(driver: Driver): Promise<{ open: Rollout[]; all: Rollout[] }> {
  const all = (await rolloutsOf(driver.engine.database, driver.deployment.id)).filter(({ action }) => action !== 'for-task')
  return { open: all.filter((rollout) => !isSettled(rollout)), all }
}

const isSettled = ({ verdict, undo }: Rollout): boolean =>
  verdict !== undefined && (undo === undefined || undo === 'done' || undo === 'impossible')

/** When one did not go well, or a person asks to stop, the others shall go back. */
async function askBack(driver: Driver): Promise<void> {
  const { all } = await openRollouts(driver)
  const stop = await driver.cancelled()
  const failed = all.some(({ verdict }) => verdict !== undefined && verdict !== 'succeeded')
  if (!stop && (!failed || driver.deployment.options.keepSiblings)) return
  const asked = all.filter(
    (rollout) =>
      rollout.undo === undefined &&
      rollout.sentAt !== undefined &&
      (rollout.verdict === undefined || rollout.verdict === 'succeeded'),
  )
  if (asked.length === 0) return
  const why = stop
    ? { asked: stop.by }
    : { failed: all.filter(({ verdict }) => verdict && verdict !== 'succeeded').map(({ service }) => service) }
  await driver.store(
    {},
    [{ type: 'deployment.going-back', data: { services: asked.map(({ service }) => service), ...why } }],
    async (tx) => {
      for (const rollout of asked) await changeRollout(tx, rollout, { undo: 'asked' })
    },
  )
}
