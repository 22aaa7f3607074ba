// Drives one task run from wherever it stands to its end.
import { KibanError } from '../../../core/error.ts'
import { errors } from '../../../core/messages/errors.ts'
import { freezeAt } from '../../approvals/freeze.ts'
import { disagreement } from '../agreement.ts'
import type { DeployEngine } from '../engine.ts'
import { causesOfError } from '../explain/error-causes.ts'
import { placementOfOneOff } from '../explain/placement.ts'
import { Replaced } from '../stored-driver.ts'
import { followTask, startTask } from './follow-task.ts'
import { RunDriver } from './run-driver.ts'
import { claimRun, findRun } from './run-store.ts'
import { frozen } from './start-run.ts'
import { type RunState, runSubject, type TaskRun } from './task-run.ts'

const steps: Record<Exclude<RunState, 'done'>, (driver: RunDriver) => Promise<void>> = {
  planned: awaitAgreement,
  approved: startTask,
  running: followTask,
}

/** How long AWS may not answer before anything was started there. */
const PATIENCE_MS = 20_000
const TRY_AGAIN_MS = { first: 500, most: 5_000 }
const passing = new Set<KibanError['kind']>(['throttled', 'unavailable'])

/** Returns when the run has ended, or another process drives it; throws when this process ends, or nobody's credentials fit. */
export async function advanceRun(engine: DeployEngine, id: string, signal: AbortSignal): Promise<void> {
  const found = await findRun(engine.database, id)
  if (!found || found.state === 'done') return engine.callers.forget(id)
  if (await stoppedBeforeStart(engine, found, signal)) return
  const allowed = engine.callers.engineOf(engine, await engine.callers.callerFor(found))
  const run = await claimRun(engine.database, id)
  if (!run) return
  const driver = new RunDriver(allowed, run, signal)
  try {
    if (run.epoch > 1) await driver.store({}, [{ type: 'task.continued', data: { task: run.task } }])
    await drive(driver)
  } catch (error) {
    if (!(error instanceof Replaced)) throw error
  }
}

/** Nobody's credentials are needed to stop what never began. */
async function stoppedBeforeStart(engine: DeployEngine, found: TaskRun, signal: AbortSignal): Promise<boolean> {
  if (!found.cancel || found.startingAt !== undefined || found.state === 'running') return false
  const run = await claimRun(engine.database, found.id)
  if (run) await new RunDriver(engine, run, signal).end('stopped')
  return true
}

async function drive(driver: RunDriver): Promise<void> {
  let wait = TRY_AGAIN_MS.first
  let troubledSince: number | undefined
  while (driver.run.state !== 'done') {
    try {
      await steps[driver.run.state](driver)
      troubledSince = undefined
      wait = TRY_AGAIN_MS.first
    } catch (error) {
      driver.signal.throwIfAborted()
      if (error instanceof Replaced) throw error
      troubledSince ??= driver.elapsed
      await settle(driver, error, driver.elapsed - troubledSince)
      await driver.pause(wait)
      wait = Math.min(TRY_AGAIN_MS.most, wait * 2)
    }
  }
}

/** What runs is waited for as long as it may take, whatever AWS answers meanwhile. */
async function settle(driver: RunDriver, error: unknown, troubledMs: number): Promise<void> {
  const { state, startingAt, plan } = driver.run
  const begun = state === 'running' || startingAt !== undefined
  const known = error instanceof KibanError ? error : undefined
  if (!known) driver.engine.failed(error as Error)
  const patienceMs = state === 'running' ? plan.oneOff.timeoutSeconds * 1000 : PATIENCE_MS
  const later = !known || passing.has(known.kind) || state === 'running'
  if (later && troubledMs < patienceMs) return
  const last = known ?? new KibanError('internal', 'internal', errors.internal(driver.run.id), { cause: error })
  const placed = { planned: plan.oneOff, definition: plan.service.definition }
  const placement = state === 'running' ? [] : await placementOfOneOff(driver, last, placed)
  const causes = placement.length > 0 ? placement : causesOfError(last)
  await driver.end(begun && state === 'running' ? 'timed-out' : 'failed', { error: last, causes })
}

/** planned → approved, where the environment asks for it. */
async function awaitAgreement(driver: RunDriver): Promise<void> {
  const { run, engine } = driver
  const { plan, product, environment, task, reason } = run
  if (plan.approvals > 0 && run.options.agreedBy === undefined) {
    const { fingerprint, oneOff, count, commit } = plan
    const asked = {
      subject: runSubject(run),
      fingerprint,
      product,
      environment,
      summary: { kind: 'task', commit, task, command: oneOff.command, count, reason },
      needed: plan.approvals,
      askedBy: run.createdBy,
    }
    const why = await disagreement(driver, asked, run.face)
    if (why !== undefined) return driver.end('stopped', why === 'stopped' ? {} : { error: why })
    const freeze = await freezeAt(engine.database, run, driver.now)
    if (freeze && !run.options.breakGlass) return driver.end('failed', { error: frozen(run, freeze) })
  }
  await driver.store({ state: 'approved' })
}
