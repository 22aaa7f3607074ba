// Drives one run of a workflow from wherever it stands to its end.
import { KibanError } from '../../../core/error.ts'
import { errors } from '../../../core/messages/errors.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { forEnvironment } from '../../../manifest/environment.ts'
import { freezeAt } from '../../approvals/freeze.ts'
import { disagreement } from '../agreement.ts'
import { errorAgain } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { Replaced } from '../stored-driver.ts'
import { frozen } from '../tasks/start-run.ts'
import { prepareWorkflow } from './prepare-workflow.ts'
import { returnWorkflow } from './return-workflow.ts'
import { releaseOf, runPart, summaryOf, worstOf } from './run-part.ts'
import { WorkflowDriver } from './workflow-driver.ts'
import { releaseIdOf, type WorkflowRun, type WorkflowState, workflowSubject } from './workflow-run.ts'
import { claimWorkflowRun, findWorkflowRun } from './workflow-store.ts'

const steps: Record<Exclude<WorkflowState, 'done'>, (driver: WorkflowDriver) => Promise<void>> = {
  preparing: prepareWorkflow,
  planned: awaitAgreement,
  running: runSteps,
  returning: returnWorkflow,
}

/** For how long what a step needs may not answer. What it has started goes on meanwhile. */
const PATIENCE_MS: Record<Exclude<WorkflowState, 'done'>, number> = {
  preparing: 20_000,
  planned: 20_000,
  running: 600_000,
  returning: 600_000,
}
const TRY_AGAIN_MS = { first: 500, most: 5_000 }
const passing = new Set<KibanError['kind']>(['throttled', 'unavailable', 'unauthenticated'])

/** Returns when the run has ended, or another process drives it; throws when this process ends, or nobody's credentials fit. */
export async function advanceWorkflow(engine: DeployEngine, id: string, signal: AbortSignal): Promise<void> {
  const found = await findWorkflowRun(engine.database, id)
  if (!found || found.state === 'done') return engine.callers.forget(id)
  if (await stoppedBeforeStart(engine, found, signal)) return
  const allowed = engine.callers.engineOf(engine, await engine.callers.callerFor(found))
  const run = await claimWorkflowRun(engine.database, id)
  if (!run) return
  const driver = new WorkflowDriver(allowed, run, signal)
  try {
    // Each attempt raises it twice: as it is opened, and as it is taken up.
    if (found.epoch > 2 * (found.attempt - 1))
      await driver.store({}, [{ type: 'workflow.continued', data: { workflow: run.workflow } }])
    await drive(driver)
  } catch (error) {
    if (!(error instanceof Replaced)) throw error
  }
}

/** Nobody's credentials are needed to stop what never began. */
async function stoppedBeforeStart(engine: DeployEngine, found: WorkflowRun, signal: AbortSignal): Promise<boolean> {
  if (!found.cancel || (found.state !== 'preparing' && found.state !== 'planned')) return false
  const run = await claimWorkflowRun(engine.database, found.id)
  if (run) await new WorkflowDriver(engine, run, signal).end('stopped')
  return true
}

async function drive(driver: WorkflowDriver): Promise<void> {
  let wait = TRY_AGAIN_MS.first
  let troubledSince: number | undefined
  while (driver.run.state !== 'done') {
    const { state } = driver.run
    try {
      if ((state === 'preparing' || state === 'planned') && (await driver.cancelled())) await driver.end('stopped')
      else await steps[state](driver)
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

async function settle(driver: WorkflowDriver, error: unknown, troubledMs: number): Promise<void> {
  const { state } = driver.run
  if (state === 'done') return
  const known = error instanceof KibanError ? error : undefined
  if (!known) driver.engine.failed(error as Error)
  if ((!known || passing.has(known.kind)) && troubledMs < PATIENCE_MS[state]) return
  await driver.end('failed', known ?? new KibanError('internal', 'internal', errors.internal(driver.run.id), { cause: error }))
}

/** planned → running, once people have agreed where the environment asks for it. */
async function awaitAgreement(driver: WorkflowDriver): Promise<void> {
  const { run, engine } = driver
  const { product, environment } = run
  const needed = releaseIdOf(run, run) ? forEnvironment((await releaseOf(driver, run)).manifest, environment).approvals : 0
  if (needed > 0) {
    const asked = {
      subject: workflowSubject(run),
      fingerprint: `${run.attempt}`,
      product,
      environment,
      summary: summaryOf(driver),
      needed,
      askedBy: driver.actor.name,
    }
    const why = await disagreement(driver, asked, run.face)
    if (why === 'stopped') return
    if (why) return driver.end('stopped', why)
    const freeze = await freezeAt(engine.database, run, driver.now)
    if (freeze && !run.options.breakGlass) return driver.end('failed', frozen(run, freeze))
  }
  await driver.store({ state: 'running' }, [{ type: 'workflow.started', data: { workflow: run.workflow } }])
}

/** running → returning or done: one step after the other. */
async function runSteps(driver: WorkflowDriver): Promise<void> {
  for (const [at, { verdict, skipped }] of driver.run.steps.entries()) {
    if (verdict !== undefined || skipped) continue
    if (await driver.cancelled()) return driver.end('stopped')
    const ended = await runStep(driver, at)
    if (ended === 'succeeded') continue
    if (await driver.cancelled()) return driver.end('stopped')
    const { onFailure } = driver.step(at)
    if (onFailure === 'continue') continue
    if (onFailure === 'stop') return driver.end(ended, errorOf(driver, at))
    return driver.store({ state: 'returning' }, [{ type: 'workflow.going-back', data: { step: at + 1, verdict: ended } }])
  }
  await driver.end(worstOf(driver.run.steps.flatMap(({ verdict }) => verdict ?? [])))
}

async function runStep(driver: WorkflowDriver, at: number): Promise<Verdict> {
  const { name, parts, startedAt } = driver.step(at)
  const step = at + 1
  if (startedAt === undefined)
    await driver.changeStep(at, { startedAt: driver.now }, [
      { type: 'workflow.step-started', data: { step, name, parts: parts.map(brief) } },
    ])
  const settled = await Promise.allSettled(parts.map((_, part) => runPart(driver, { step: at, part })))
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  const verdict = worstOf(settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])))
  await driver.changeStep(at, { verdict, endedAt: driver.now }, [
    { type: 'workflow.step-ended', data: { step, name, verdict, parts: parts.map(brief) } },
  ])
  return verdict
}

const brief = ({ kind, product, environment, names }: WorkflowRun['steps'][number]['parts'][number]) => ({
  kind,
  product,
  environment,
  names,
})

/** Why a step was not begun, or not gone on with, where that is not told by what it started. */
function errorOf(driver: WorkflowDriver, at: number): KibanError | undefined {
  const stored = driver.step(at).parts.find(({ error }) => error)?.error
  return stored && errorAgain(stored)
}
