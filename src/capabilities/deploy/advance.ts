// Drives one deployment from wherever it stands to its end.
import { KibanError } from '../../core/error.ts'
import { errors } from '../../core/messages/errors.ts'
import { forgetEarlierBuilds } from './build-folder.ts'
import type { Deployment, State } from './deployment.ts'
import { claimDeployment, dropUnsent, findDeployment, rolloutsOf } from './deployment-store.ts'
import { diskFull } from './disk-full.ts'
import { Driver, LockLost } from './driver.ts'
import type { DeployEngine } from './engine.ts'
import { causesOfError } from './explain/error-causes.ts'
import { leaveQueue, takeLocks } from './lock.ts'
import { applySchedules } from './steps/apply-schedules.ts'
import { awaitApproval } from './steps/await-approval.ts'
import { buildRelease } from './steps/build-release.ts'
import { placementOfMigration } from './steps/explain-migration.ts'
import { lockServices } from './steps/lock-services.ts'
import { planDeployment } from './steps/plan-deployment.ts'
import { registerDefinitions } from './steps/register-definitions.ts'
import { passing, rollServices } from './steps/roll-services.ts'
import { beginMigrations, isMigrationRunning, mayMigrationRun, runMigrations } from './steps/run-migrations.ts'
import { endSettled, giveUpOverdue, verifyRollouts } from './steps/verify-rollouts.ts'
import { Replaced } from './stored-driver.ts'

const steps: Record<Exclude<State, 'done'>, (driver: Driver) => Promise<void>> = {
  queued: buildRelease,
  built: planDeployment,
  planned: awaitApproval,
  approved: lockServices,
  locked: registerDefinitions,
  registered: beginMigrations,
  migrating: runMigrations,
  rolling: rollServices,
  verifying: verifyRollouts,
  scheduling: applySchedules,
}

/** From here on ECS has been told something, and a deployment only ends with what became of it. */
const begun = new Set<State>(['rolling', 'verifying', 'scheduling'])

/** How long AWS may not answer before anything was changed there. */
const PATIENCE_MS = 20_000
/** What passes by itself, and what may pass while ECS goes on (somebody logs in again, or gives back a permission). */
const passingBefore = new Set<KibanError['kind']>(['throttled', 'unavailable'])
const passingSince = new Set<KibanError['kind']>([...passing, 'forbidden'])
/** How often AWS is asked again. */
const TRY_AGAIN_MS = { first: 500, most: 5_000 }

/** Nobody's credentials here are of the deployment's account: it is to be tried again, or by another process. */
class NoCredentials extends Error {}

/**
 * Returns when the deployment has ended, or another process drives it; throws when this process ends, or has nobody's
 * credentials to go on with.
 */
export async function advance(engine: DeployEngine, id: string, signal: AbortSignal): Promise<void> {
  const found = await findDeployment(engine.database, id)
  const allowed = found && found.state !== 'done' ? await withCredentials(engine, found, signal) : undefined
  const deployment = allowed && (await claimDeployment(engine.database, id))
  if (!deployment) return engine.callers.forget(id)
  const driver = new Driver(allowed, deployment, signal)
  const letGo = driver.keepLease()
  try {
    await forgetEarlierBuilds(engine.dataFolder, deployment)
    await retakeLocks(driver)
    await run(driver)
  } catch (error) {
    if (!(error instanceof Replaced)) throw error
  } finally {
    letGo()
  }
}

/** The engine with credentials of the deployment's account; undefined when it ended without any. */
async function withCredentials(engine: DeployEngine, found: Deployment, signal: AbortSignal): Promise<DeployEngine | undefined> {
  try {
    return engine.callers.engineOf(engine, await engine.callers.callerFor(found))
  } catch (error) {
    // Nothing is claimed: what this stores is dropped if a process that has credentials goes on meanwhile.
    const driver = new Driver(engine, found, signal)
    try {
      await waitForCredentials(driver, error)
    } catch (replaced) {
      if (!(replaced instanceof Replaced)) throw replaced
    }
    if (driver.deployment.state === 'done') return undefined
    throw new NoCredentials(`${found.id} waits for credentials`, { cause: error })
  }
}

/** Without credentials it can still be stopped before it began, and run out of its time afterwards. */
async function waitForCredentials(driver: Driver, error: unknown): Promise<void> {
  const { deployment, engine } = driver
  if (!(error instanceof KibanError)) engine.failed(error as Error)
  if (!begun.has(deployment.state)) {
    if (deployment.cancel && !(await mayMigrationRun(driver))) return driver.end('stopped')
  } else {
    await giveUpOverdue(driver, error instanceof KibanError ? error : undefined)
    await endSettled(driver)
  }
  if (driver.deployment.state === 'done' || deployment.troubleSince !== undefined) return
  // Where several processes share the work, the one that has the right credentials comes first.
  if (engine.database.engine.kind === 'postgres' && !engine.callers.waitedFor(deployment)) return
  await tellTrouble(driver, error, 'waiting')
}

/** An earlier process of this deployment may still be alive: with new fences it can write no more. Its troubles are over. */
async function retakeLocks(driver: Driver): Promise<void> {
  const { deployment, engine } = driver
  if (!deployment.fences && deployment.troubleSince === undefined) return
  const services = Object.keys(deployment.fences ?? {})
  const answer = await engine.database.transaction((tx) =>
    takeLocks(tx, deployment, services, driver.claimant, { leased: true, now: driver.now }),
  )
  const fences = deployment.fences && 'fences' in answer ? answer.fences : undefined
  const continued = { type: 'deployment.continued', data: { state: deployment.state } }
  await driver.store({ fences, troubleSince: undefined }, [continued], async (tx) => {
    // It will only watch: nobody shall wait behind it.
    if (!fences && begun.has(deployment.state)) await leaveQueue(tx, deployment, driver.claimant.holder)
  })
}

async function run(driver: Driver): Promise<void> {
  let wait = TRY_AGAIN_MS.first
  while (driver.deployment.state !== 'done') {
    const { state } = driver.deployment
    try {
      if (!begun.has(state) && (await driver.cancelled()) && !(await mayMigrationRun(driver))) await driver.end('stopped')
      else await steps[state](driver)
      wait = TRY_AGAIN_MS.first
    } catch (error) {
      driver.signal.throwIfAborted()
      await recover(driver, error)
      await driver.pause(wait)
      wait = Math.min(TRY_AGAIN_MS.most, wait * 2)
    }
  }
}

/** Settles what an error means: again, anew, or the end. */
async function recover(driver: Driver, error: unknown): Promise<void> {
  if (error instanceof Replaced) throw error
  if (error instanceof LockLost) return afterLockLost(driver)
  const { state, troubleSince } = driver.deployment
  const known = error instanceof KibanError ? error : diskFull(error, driver.engine.dataFolder)
  if (!known) driver.engine.failed(error as Error)
  driver.troubledSince ??= driver.elapsed
  const goesOn = begun.has(state) || (await isMigrationRunning(driver))
  const later = !known || (goesOn ? passingSince : passingBefore).has(known.kind)
  if (later && (begun.has(state) || driver.elapsed - driver.troubledSince < (goesOn ? migrationMs(driver) : PATIENCE_MS))) {
    if (troubleSince === undefined) await tellTrouble(driver, known ?? error, 'trying')
    if (begun.has(state)) await giveUpOverdue(driver, known)
    if (known?.kind === 'unauthenticated') await otherCredentials(driver)
    return
  }
  const last = known ?? new KibanError('internal', 'internal', errors.internal(driver.deployment.id), { cause: error })
  const placement = state === 'migrating' ? await placementOfMigration(driver, last) : []
  await driver.end('failed', { error: last, causes: placement.length > 0 ? placement : causesOfError(last) })
}

async function tellTrouble(driver: Driver, error: unknown, next: 'trying' | 'waiting'): Promise<void> {
  const { id, state } = driver.deployment
  const { text, hint } = error instanceof KibanError ? error : { text: errors.internal(id), hint: undefined }
  const data = { state, next, message: text.en, text, ...(hint ? { hint } : {}) }
  await driver.store({ troubleSince: driver.now }, [{ type: 'deployment.troubled', data }])
}

/** Goes on with what somebody brought since, when the credentials that it had are refused. */
async function otherCredentials(driver: Driver): Promise<void> {
  const { callers, caller } = driver.engine
  callers.doubt(caller)
  const other = await callers.callerFor(driver.deployment).catch(() => undefined)
  if (other) driver.engine = callers.engineOf(driver.engine, other)
}

/** A migration goes on without us, so that it is waited for as long as it may take. */
const migrationMs = ({ plan }: Driver): number => Math.max(...plan.migrations.map(({ timeoutSeconds }) => timeoutSeconds * 1000))

/** Before ECS was told anything the deployment queues again; afterwards it only watches what ECS makes of it. */
async function afterLockLost(driver: Driver): Promise<void> {
  const { state } = driver.deployment
  const lost = { type: 'lock.lost', data: { state } }
  const rollouts = await rolloutsOf(driver.engine.database, driver.deployment.id)
  if (!begun.has(state) || rollouts.every(({ sendingAt, verdict }) => sendingAt === undefined && verdict === undefined))
    return driver.store({ state: 'planned', fences: undefined }, [lost])
  await driver.store({ state: 'verifying', fences: undefined }, [lost], (tx) => dropUnsent(tx, driver.deployment.id, driver.now))
}
