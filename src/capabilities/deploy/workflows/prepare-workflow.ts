// preparing → planned: what the commits say, and one release for each product, before anything changes.
import { KibanError } from '../../../core/error.ts'
import { workflows as text } from '../../../core/messages/workflows.ts'
import { can } from '../../../core/permission.ts'
import { forEnvironment } from '../../../manifest/environment.ts'
import type { Manifest } from '../../../manifest/manifest.ts'
import { forgetEarlierBuilds } from '../build-folder.ts'
import { makeRelease } from '../make-release.ts'
import { chosenServices, refuseUnallowed } from '../steps/plan-deployment.ts'
import { places, resolveWorkflow } from './resolve-workflow.ts'
import type { WorkflowDriver } from './workflow-driver.ts'
import { type Part, releaseIdOf, type Source, type Step, type WorkflowRun } from './workflow-run.ts'

export async function prepareWorkflow(driver: WorkflowDriver): Promise<void> {
  await forgetEarlierBuilds(driver.engine.dataFolder, driver.run)
  const prepared = await driver.unlessCancelled(async (signal) => {
    if (driver.run.steps.length === 0) await resolve(driver, signal)
    for (const place of places(driver.run.steps))
      if (releaseIdOf(driver.run, place) === undefined) await build(driver, place, signal)
    return true
  })
  if (!prepared) return
  const { steps, sources, commit } = driver.run
  const brief = { commit, steps: steps.length, releases: sources.map(({ product, releases }) => ({ product, releases })) }
  await driver.store({ state: 'planned' }, [{ type: 'workflow.planned', data: brief }])
}

async function resolve(driver: WorkflowDriver, signal: AbortSignal): Promise<void> {
  const { run, engine, actor } = driver
  const { options } = run
  const permission = options.breakGlass ? 'freeze' : 'deploy'
  const resolved = await resolveWorkflow(engine, { ...run, refs: options.refs }, { actor, permission }, signal)
  const { steps, sources, fingerprint, read } = resolved
  if (options.agreedPlan !== undefined && options.agreedPlan !== fingerprint)
    throw new KibanError('conflict', 'deploy.plan-changed', text.planChanged, { hint: text.planChangedHint })
  refuseLonely(run, steps)
  for (const part of steps.filter(({ skipped }) => !skipped).flatMap(({ parts }) => parts)) refuseUnfit(driver, part, read)
  const [own] = sources
  await driver.store({ steps, sources, commit: own?.commit })
}

/** Without a server nobody could agree. */
function refuseLonely({ options }: WorkflowRun, steps: readonly Step[]): void {
  const asks = steps.some(({ skipped, parts }) => !skipped && parts.some(({ kind }) => kind === 'approve'))
  if (!asks || options.actor.face !== 'cli') return
  throw new KibanError('forbidden', 'approval.required', text.approvalNeedsServer, { hint: text.approvalNeedsServerHint })
}

/** All that the manifests can say against a part is said before the first step begins. */
function refuseUnfit(
  { actor, run }: WorkflowDriver,
  { kind, product, environment, names }: Part,
  read: Record<string, { manifest: Manifest }>,
): void {
  if (kind === 'approve') return
  const source = read[product]
  if (!source) return
  const manifest = forEnvironment(source.manifest, environment)
  const place = { product, environment }
  refuseUnallowed(manifest, {
    environment,
    createdBy: actor.name,
    options: {
      keepSiblings: false,
      force: false,
      mayProtected: can(actor, 'deploy.protected', place),
      served: actor.face !== 'cli',
    },
    cloud: run.cloud,
  })
  if (kind === 'deploy') chosenServices(manifest, names)
  const known = kind === 'run' ? manifest.tasks : kind === 'schedule' ? manifest.schedules : undefined
  const unknown = known && names.find((name) => !Object.hasOwn(known, name))
  if (unknown !== undefined) {
    throw new KibanError('not-found', kind === 'run' ? 'task.unknown' : 'schedule.unknown', text.nameUnknown(product, unknown), {
      hint: text.knownHint(Object.keys(known ?? {})),
    })
  }
}

async function build(
  driver: WorkflowDriver,
  { product, environment }: { product: string; environment: string },
  signal: AbortSignal,
): Promise<void> {
  const { engine, run } = driver
  const source = run.sources.find((one) => one.product === product) as Source
  const work = {
    engine,
    drive: run,
    wanted: { product, environment, repository: source.repository, ref: source.ref, commit: source.commit },
    createdBy: run.createdBy,
    keepCommit: async () => {},
    allow: () => {},
    tell: (event: { type: string; data: Record<string, unknown> }) =>
      driver.store({}, [{ ...event, data: { product, ...event.data } }]),
  }
  const { release, reused } = await makeRelease(work, signal)
  const sources = driver.run.sources.map((one) =>
    one.product === product ? { ...one, releases: { ...one.releases, [environment]: release.id } } : one,
  )
  const data = { product, environment, release: release.id, commit: release.commit, reused }
  await driver.store({ sources }, [{ type: 'workflow.built', data }])
}
