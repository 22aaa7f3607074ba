// returning → done: takes back what this run deployed, the last first.
import type { Verdict } from '../../../core/verdict.ts'
import { findRelease } from '../release-store.ts'
import { currentReleases } from '../running.ts'
import { startDeployment } from '../start.ts'
import type { NewEvent } from '../stored-driver.ts'
import { endOf, worstOf } from './run-part.ts'
import type { WorkflowDriver } from './workflow-driver.ts'
import { type Child, type Return, releaseIdOf } from './workflow-run.ts'

/** Only what still runs this run's release goes back: what somebody deployed since is theirs. */
export async function returnWorkflow(driver: WorkflowDriver): Promise<void> {
  const verdicts: Verdict[] = []
  const kept: string[] = []
  for (let step = driver.run.steps.length - 1; step >= 0; step--) {
    for (let part = driver.step(step).parts.length - 1; part >= 0; part--) {
      const { kind, verdict, before = {}, names } = driver.part(step, part)
      if (kind !== 'deploy' || verdict !== 'succeeded') continue
      kept.push(...names.filter((service) => before[service] === undefined))
      const returned = driver.part(step, part).returned ?? (await decided(driver, step, part))
      for (const [index, one] of returned.entries()) verdicts.push(await done(driver, { step, part, index }, one))
    }
  }
  if (kept.length > 0) await driver.store({}, [{ type: 'workflow.kept', data: { services: kept } }])
  await driver.end(worstOf(verdicts) === 'succeeded' ? 'rolled-back' : 'failed')
}

/** Services by the release that they ran before. */
async function decided(driver: WorkflowDriver, step: number, part: number): Promise<Return[]> {
  const { product, environment, names, before = {} } = driver.part(step, part)
  const own = releaseIdOf(driver.run, { product, environment })
  const running = await currentReleases(driver.engine.database, { product, environment })
  const ours = new Set(running.filter(({ release }) => release.id === own).map(({ service }) => service))
  const going = names.filter((service) => ours.has(service) && before[service] !== undefined && before[service] !== own)
  const returned = [...Map.groupBy(going, (service) => String(before[service]))].map(([release, services]) => ({
    release,
    services,
  }))
  await driver.changePart(step, part, { returned })
  return returned
}

interface At {
  step: number
  part: number
  index: number
}

async function done(driver: WorkflowDriver, at: At, back: Return): Promise<Verdict> {
  const child = back.child ?? (await begun(driver, at, back))
  const ended = await endOf(driver, child, { stops: false })
  await keep(driver, at, ended)
  return ended.verdict
}

function keep(driver: WorkflowDriver, { step, part, index }: At, child: Child, events: NewEvent[] = []): Promise<void> {
  const { returned = [] } = driver.part(step, part)
  const now = returned.with(index, { ...(returned[index] as Return), child })
  return driver.changePart(step, part, { returned: now }, events)
}

/** Nobody is asked, and no freeze stops it: what went wrong is taken back. */
async function begun(driver: WorkflowDriver, at: At, { release: releaseId, services }: Return): Promise<Child> {
  const { engine, run, actor } = driver
  const { step, part, index } = at
  const { product, environment } = driver.part(step, part)
  const release = await findRelease(engine.database, releaseId)
  if (!release) throw new Error(`${releaseId} is gone`)
  const wanted = { product, environment, services, keepSiblings: false, force: false, plan: undefined, breakGlass: true }
  const requestId = `${run.id}/${run.attempt}/back/${step}.${part}/${index}`
  const reason = `${run.workflow} (${run.id})`
  const id = await startDeployment(engine, { actor, requestId }, { ...wanted, reason }, { kind: 'rollback', release })
  const child: Child = { kind: 'deployment', id }
  await keep(driver, at, child, [{ type: 'workflow.returning', data: { product, environment, services, deployment: id } }])
  return child
}
