// One part of a step: what is started for it, and how that ends.
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { type Verdict, worst } from '../../../core/verdict.ts'
import type { Queryable } from '../../../database/database.ts'
import { nextEvent } from '../../../database/event-feed.ts'
import { fromRow } from '../../../database/row.ts'
import { disagreement } from '../agreement.ts'
import type { Deployment } from '../deployment.ts'
import { storedError } from '../driver.ts'
import { findRelease, type Release } from '../release-store.ts'
import { currentReleases } from '../running.ts'
import { cancelDeployment, startDeployment } from '../start.ts'
import { wakeSubject } from '../stored-driver.ts'
import { startRun, stopRun } from '../tasks/start-run.ts'
import type { WorkflowDriver } from './workflow-driver.ts'
import { type Child, childSubject, type Part, releaseIdOf, workflowSubject } from './workflow-run.ts'

/** An event wakes whoever waits; this is for what a lost connection to the database swallowed. */
const LOOK_AGAIN_MS = 5_000
/** What passes by itself; anything else that keeps a part from being started ends it. */
const passing = new Set<KibanError['kind']>(['throttled', 'unavailable', 'unauthenticated', 'internal'])

/** Where a part stands in the run. */
export interface At {
  step: number
  part: number
}

/** Begins a part, or goes on with it, and waits for its end. Throws what may pass. */
export async function runPart(driver: WorkflowDriver, at: At): Promise<Verdict> {
  const part = driver.part(at.step, at.part)
  if (part.verdict !== undefined) return part.verdict
  try {
    const { verdict, error } = await outcomeOf(driver, at, part)
    await driver.changePart(at.step, at.part, { verdict, error: error && storedError(error) })
    return verdict
  } catch (error) {
    if (!(error instanceof KibanError) || passing.has(error.kind)) throw error
    const verdict = (await driver.cancelled()) ? 'stopped' : 'failed'
    await driver.changePart(at.step, at.part, { verdict, error: storedError(error) })
    return verdict
  }
}

async function outcomeOf(driver: WorkflowDriver, at: At, part: Part): Promise<{ verdict: Verdict; error?: KibanError }> {
  switch (part.kind) {
    case 'approve':
      return agreed(driver, at, part)
    case 'deploy':
      await rememberBefore(driver, at, part)
      return { verdict: await deployed(driver, at, part, { services: part.names }) }
    case 'schedule':
      return { verdict: await deployed(driver, at, part, { services: [], schedules: part.names }) }
    case 'run':
      return { verdict: await tasksRun(driver, at, part) }
  }
}

/** To take it back to, should it come to that. */
async function rememberBefore(driver: WorkflowDriver, { step, part }: At, { product, environment, before, names }: Part) {
  if (before) return
  const running = await currentReleases(driver.engine.database, { product, environment })
  const own = running.filter(({ service }) => names.includes(service))
  await driver.changePart(step, part, { before: Object.fromEntries(own.map(({ service, release }) => [service, release.id])) })
}

/** The same for whoever takes over: it starts nothing twice. */
const requestOf = ({ run }: WorkflowDriver, { step, part }: At, more: string | number): string =>
  `${run.id}/${run.attempt}/${step}.${part}/${more}`

async function deployed(
  driver: WorkflowDriver,
  at: At,
  place: Part,
  what: { services: string[]; schedules?: string[] },
): Promise<Verdict> {
  const child = driver.part(at.step, at.part).children[0] ?? (await startedDeployment(driver, at, place, what))
  const ended = await endOf(driver, child)
  await driver.changePart(at.step, at.part, { children: [ended] })
  return ended.verdict
}

async function startedDeployment(
  driver: WorkflowDriver,
  at: At,
  { product, environment }: Part,
  what: { services: string[]; schedules?: string[] },
): Promise<Child> {
  const release = await releaseOf(driver, { product, environment })
  const asking = { actor: driver.actor, requestId: requestOf(driver, at, 0) }
  const wanted = { product, environment, ...what, ...common(driver, { product, environment }), keepSiblings: false, force: false }
  const id = await startDeployment(driver.engine, asking, { ...wanted, plan: undefined }, { kind: 'deploy', release })
  const child: Child = { kind: 'deployment', id }
  await driver.changePart(at.step, at.part, { children: [child] })
  return child
}

/** What all that is started has of the run. People agreed to the run as a whole for the environment that it is run for. */
function common({ run }: WorkflowDriver, place: { product: string; environment: string }) {
  const own = place.product === run.product && place.environment === run.environment
  return {
    reason: run.reason ?? `${run.workflow} (${run.id})`,
    breakGlass: run.options.breakGlass,
    agreedBy: own ? workflowSubject(run) : undefined,
  }
}

/** One task after the other; the first that does not succeed is the last. */
async function tasksRun(driver: WorkflowDriver, at: At, { product, environment, names }: Part): Promise<Verdict> {
  const release = await releaseOf(driver, { product, environment })
  for (const [index, name] of names.entries()) {
    const known = driver.part(at.step, at.part).children
    let child = known[index]
    if (!child) {
      if (await driver.cancelled()) return 'stopped'
      const asking = { actor: driver.actor, requestId: requestOf(driver, at, index), signal: driver.signal }
      const wanted = {
        product,
        environment,
        name,
        schedule: false,
        release: release.id,
        ...common(driver, { product, environment }),
      }
      const asDeclared = { command: undefined, count: undefined, size: undefined, env: {}, timeoutSeconds: undefined }
      child = { kind: 'task-run', id: await startRun(driver.engine, asking, { ...wanted, ...asDeclared }), name }
      await driver.changePart(at.step, at.part, { children: [...known, child] })
    }
    const ended = await endOf(driver, child)
    await driver.changePart(at.step, at.part, { children: driver.part(at.step, at.part).children.with(index, ended) })
    if (ended.verdict !== 'succeeded') return ended.verdict
  }
  return 'succeeded'
}

export async function releaseOf(driver: WorkflowDriver, place: { product: string; environment: string }): Promise<Release> {
  const id = releaseIdOf(driver.run, place)
  const release = id && (await findRelease(driver.engine.database, id))
  if (!release) throw new Error(`${driver.run.id} has no release for ${place.product}/${place.environment}`)
  return release
}

async function agreed(driver: WorkflowDriver, { step }: At, part: Part): Promise<{ verdict: Verdict; error?: KibanError }> {
  const { run } = driver
  const { role = 'manager', count = 1 } = part.approve ?? {}
  const asked = {
    subject: workflowSubject(run),
    fingerprint: `${run.attempt}.${step}`,
    product: run.product,
    environment: run.environment,
    summary: { ...summaryOf(driver), step: step + 1, role },
    needed: count,
    role,
    askedBy: run.createdBy,
  }
  const why = await disagreement(driver, asked, run.face)
  if (why === undefined) return { verdict: 'succeeded' }
  return why === 'stopped' ? { verdict: 'stopped' } : { verdict: 'stopped', error: why }
}

/** What people read of the run before they agree. */
export const summaryOf = ({ run }: WorkflowDriver) => ({
  kind: 'workflow',
  workflow: run.workflow,
  commit: run.commit,
  ref: run.ref,
  reason: run.reason,
  steps: run.steps
    .filter(({ skipped }) => !skipped)
    .map(({ name, parts }) => ({
      name,
      parts: parts.map(({ kind, product, environment, names }) => ({ kind, product, environment, names })),
    })),
})

type Ended = Child & { verdict: Verdict }

/** Waits for what was started; asks it to stop once somebody asks the run to. */
export async function endOf(driver: WorkflowDriver, child: Child, { stops = true } = {}): Promise<Ended> {
  const { engine, run, signal } = driver
  let asked = !stops
  for (;;) {
    const changed = nextEvent(engine.events, [childSubject(child), wakeSubject(run.id)], LOOK_AGAIN_MS, signal)
    try {
      const now = await standOf(engine.database, child)
      if (now.state === 'done')
        return { ...child, verdict: now.verdict ?? 'failed', ...(now.causes ? { causes: now.causes } : {}) }
      const cancel = asked ? undefined : await driver.cancelled()
      if (cancel) {
        asked = true
        await stop(driver, child, { kind: 'user', name: cancel.by, grants: cancel.grants, face: driver.actor.face })
      }
      await changed.happened
      signal.throwIfAborted()
    } finally {
      changed.forget()
    }
  }
}

const tables = { deployment: 'deploy_deployments', 'task-run': 'deploy_task_runs' } as const

async function standOf(database: Queryable, { kind, id }: Child): Promise<Pick<Deployment, 'state' | 'verdict' | 'causes'>> {
  const [row] = await database.query(`select state, verdict, causes from ${tables[kind]} where id = $1`, [id])
  if (!row) throw new Error(`${id} is gone`)
  return fromRow(row)
}

async function stop({ engine, run }: WorkflowDriver, child: Child, actor: Actor): Promise<void> {
  try {
    if (child.kind === 'deployment')
      await cancelDeployment(engine, { actor, requestId: `${run.id}/${run.attempt}/stop/${child.id}` }, child.id)
    else {
      const [row] = await engine.database.query<{ product: string; environment: string }>(
        'select product, environment from deploy_task_runs where id = $1',
        [child.id],
      )
      if (row) await stopRun(engine, { actor }, { ...row, id: child.id })
    }
  } catch (error) {
    // It ended meanwhile, or is not theirs to stop: then it is waited for.
    if (!(error instanceof KibanError) || passing.has(error.kind)) throw error
  }
}

export const worstOf = (found: readonly Verdict[]): Verdict => (found.length > 0 ? worst(found) : 'succeeded')
