// The way back of a rollout: ECS is asked to stop it while it is under way, and to roll the definition before it afterwards.
import { describeServiceDeployments, stopServiceDeployment } from '../../../aws/ecs-deployments.ts'
import { updateService } from '../../../aws/ecs-services.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout, rolloutsOf } from '../deployment-store.ts'
import { type Driver, plannedOf, storedError } from '../driver.ts'
import { type Found, newestAfter } from '../find-service-deployment.ts'
import { sameJson } from '../same-json.ts'
import { serviceDeploymentView } from '../service-deployment.ts'
import type { ServiceSettings } from '../service-settings.ts'
import { settingsDifferences } from '../settings-differences.ts'
import { hasGoneBack, judge } from '../verdict.ts'
import { untilConsistent } from './consistency.ts'
import { currentServices } from './current-services.ts'
import { countFromNow, isOverdue } from './deadline.ts'
import { refusal } from './roll-services.ts'

export async function goBack(driver: Driver): Promise<void> {
  for (const rollout of await rolloutsOf(driver.engine.database, driver.deployment.id)) {
    // Without its locks a deployment only watches.
    if (rollout.undo === 'asked' && !driver.deployment.fences) await change(driver, rollout, { undo: 'impossible' })
    else if (rollout.undo === 'resetting') await restoreSettings(driver, rollout, undefined)
    else if (rollout.undo === 'asked' && rollout.verdict === undefined) await stop(driver, rollout)
    else if (rollout.undo === 'asked' && rollout.verdict === 'succeeded') await restore(driver, rollout)
    else if (rollout.undo === 'restoring') await watchRestore(driver, rollout)
    // ECS had taken it back by then, or it was never ours to take back.
    else if ((rollout.undo === 'asked' || rollout.undo === 'stopping') && rollout.verdict !== undefined)
      await restoreSettings(driver, rollout, 'done')
  }
}

async function stop(driver: Driver, rollout: Rollout): Promise<void> {
  if (rollout.serviceDeployment === undefined || rollout.revision === undefined) return
  await driver.fence()
  // Refused when it has just ended; the next look tells how.
  const stopping = await stopServiceDeployment(driver.session, rollout.serviceDeployment, driver.signal)
  if (stopping) await change(driver, rollout, { undo: 'stopping' })
}

/**
 * ECS goes back to a service revision, of which the settings of the service are no part: they stay as this deployment set them.
 * A rollout that failed by itself is left without `undo`, as nobody asked for its way back.
 */
async function restoreSettings(driver: Driver, rollout: Rollout, undo: 'done' | undefined): Promise<void> {
  const mayAct = driver.deployment.fences !== undefined && hasGoneBack(rollout.view)
  const before = mayAct ? await settingsBefore(driver, rollout) : undefined
  if (!before) return change(driver, rollout, { undo })
  await driver.fence()
  const refused = await refusal(() =>
    updateService(driver.session, { cluster: rollout.cluster, service: rollout.name, ...before }, driver.signal),
  )
  if (refused) return change(driver, rollout, { undo: undo && 'impossible', error: storedError(refused) })
  await driver.store({}, [{ type: 'rollout.settings-restored', data: { service: rollout.service } }], (tx) =>
    changeRollout(tx, rollout, { undo }),
  )
}

/** The settings that the service had, unless somebody changed since what this deployment set. */
async function settingsBefore(driver: Driver, rollout: Rollout): Promise<ServiceSettings | undefined> {
  const { settings, before } = plannedOf(driver, rollout)
  const live = before && (await currentServices(driver, [rollout])).get(rollout.service)
  if (!live || settingsDifferences({ declared: settings, deployed: undefined, live }).length > 0) return undefined
  return before
}

async function restore(driver: Driver, rollout: Rollout): Promise<void> {
  const { previous, undoSendingAt } = rollout
  if (previous === undefined) return change(driver, rollout, { undo: 'impossible' })
  if (undoSendingAt !== undefined) await untilConsistent(driver)
  const later = await afterOurs(driver, rollout)
  // Somebody else has rolled it since: that is not ours to undo.
  if (later && later.definition !== previous) return replaced(driver, rollout)
  if (!later) {
    const before = await settingsBefore(driver, rollout)
    await change(driver, rollout, { undoSendingAt: driver.now })
    await driver.fence()
    const back = { cluster: rollout.cluster, service: rollout.name, taskDefinition: previous, ...before }
    const refused = await refusal(() => updateService(driver.session, back, driver.signal))
    if (refused) return change(driver, rollout, { undo: 'impossible', error: storedError(refused) })
  }
  await driver.store({}, [{ type: 'rollout.restored', data: { service: rollout.service, definition: previous } }], (tx) =>
    changeRollout(tx, rollout, { undo: 'restoring' }),
  )
  if (!later) countFromNow(driver, { ...rollout, undo: 'restoring' })
}

async function watchRestore(driver: Driver, rollout: Rollout): Promise<void> {
  const { previous, undoServiceDeployment } = rollout
  const later = undoServiceDeployment === undefined ? await afterOurs(driver, rollout) : undefined
  if (later && later.definition !== previous) return replaced(driver, rollout)
  const made = undoServiceDeployment ?? later?.serviceDeployment
  const described = made && (await describeServiceDeployments(driver.session, [made], driver.signal)).get(made)
  const undoView = described ? serviceDeploymentView(described) : undefined
  const judgement = judge({
    deployment: undoView,
    revision: undoView?.target?.revision,
    newer: undoView?.status === 'STOPPED' && (await afterOurs(driver, rollout))?.serviceDeployment !== made,
    stopAsked: false,
    oldTasks: 0,
    pastDeadline: isOverdue(driver, rollout),
  })
  if (judgement.verdict === undefined) {
    if (!sameJson(undoView, rollout.undoView)) await change(driver, rollout, { undoServiceDeployment: made, undoView })
    return
  }
  const back = driver.deployment.cancel ? 'stopped' : 'rolled-back'
  const verdict = endOfRestore[judgement.verdict] ?? back
  await driver.store({}, [{ type: 'rollout.ended', data: { service: rollout.service, verdict, restored: previous } }], (tx) =>
    changeRollout(tx, rollout, { undo: 'done', undoServiceDeployment: made, undoView, verdict, endedAt: driver.now }),
  )
}

/** What becomes of a rollout whose way back did not succeed. */
const endOfRestore: Partial<Record<Verdict, Verdict>> = {
  'timed-out': 'timed-out',
  superseded: 'superseded',
  failed: 'failed',
  stopped: 'failed',
  'rolled-back': 'failed',
}

const afterOurs = (driver: Driver, rollout: Rollout): Promise<Found | undefined> =>
  newestAfter(driver.session, rollout, rollout.view ?? { arn: rollout.serviceDeployment ?? '' }, driver.signal)

const replaced = (driver: Driver, rollout: Rollout): Promise<void> =>
  driver.store({}, [{ type: 'rollout.ended', data: { service: rollout.service, verdict: 'superseded' } }], (tx) =>
    changeRollout(tx, rollout, { undo: 'impossible', newer: true, verdict: 'superseded', endedAt: driver.now }),
  )

const change = (driver: Driver, rollout: Rollout, to: Partial<Rollout>): Promise<void> =>
  driver.store({}, [], (tx) => changeRollout(tx, rollout, to))
