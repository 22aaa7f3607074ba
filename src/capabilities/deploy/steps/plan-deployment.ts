// built → planned: says what will be done, from the release and from what stands in AWS now.
import type { Cloud } from '../../../aws/identity.ts'
import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import { taskRuns } from '../../../core/messages/task-runs.ts'
import { type EnvironmentManifest, forEnvironment } from '../../../manifest/environment.ts'
import type { Deployment } from '../deployment.ts'
import { insertMigration, insertRollout, lastDeployed } from '../deployment-store.ts'
import type { Driver } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { type Plan, plan, type ReleaseImages, ruledServices, schedulesToBring } from '../plan.ts'
import { findRelease } from '../release-store.ts'
import { surveyedSchedules } from '../schedules/survey-schedules.ts'
import { surveyed } from '../survey.ts'

export async function planDeployment(driver: Driver): Promise<void> {
  const made = await freshPlan(driver)
  const { agreedPlan } = driver.deployment.options
  if (agreedPlan !== undefined && agreedPlan !== made.fingerprint) throw planChanged(made.services)
  await storePlan(driver, made, 'planned', { fingerprint: made.fingerprint, services: briefOf(made) })
}

/** The plan of a deployment as of now. */
export async function freshPlan(driver: Driver): Promise<Plan> {
  const { engine, deployment, signal } = driver
  const release = deployment.releaseId && (await findRelease(engine.database, deployment.releaseId))
  if (!release) throw new Error(`${deployment.id} has no release`)
  const images = Object.fromEntries(Object.entries(release.images).map(([service, image]) => [service, image.reference]))
  const manifest = forEnvironment(release.manifest, deployment.environment)
  refuseUnallowed(manifest, deployment)
  return planOf(engine, manifest, { commit: release.commit, images, definitions: release.definitions }, deployment, signal)
}

/** What only the manifest knows to forbid: environments that are protected, or that ask for approvals. */
export function refuseUnallowed(
  manifest: EnvironmentManifest,
  deployment: Pick<Deployment, 'environment' | 'createdBy' | 'options' | 'cloud'>,
): void {
  const { environment, createdBy, options, cloud } = deployment
  if (cloud) refuseOtherAccount(manifest, cloud)
  const approved = options.served === true && manifest.approvals > 0
  // Where others must agree, whoever may deploy elsewhere may ask.
  if (manifest.protected && options.mayProtected === false && !approved) {
    throw new KibanError('forbidden', 'permission.denied', deploy.protectedEnvironment(createdBy, environment), {
      hint: deploy.protectedHint,
    })
  }
  if (manifest.approvals > 0 && options.served !== true) {
    throw new KibanError('forbidden', 'approval.required', deploy.approvalsNeedServer(environment, manifest.approvals), {
      hint: deploy.approvalsHint,
    })
  }
}

/** Credentials of another account than the manifest names would act on things that only bear the same names. */
export function refuseOtherAccount(manifest: EnvironmentManifest, { account }: Cloud): void {
  if (manifest.account === undefined || manifest.account === account) return
  throw new KibanError('forbidden', 'deploy.other-account', deploy.accountDiffers(manifest.account, account), {
    hint: deploy.accountDiffersHint,
  })
}

/** For somebody who agreed to another plan. */
export const planChanged = (services: readonly { service: string; action: string }[]): KibanError =>
  new KibanError('conflict', 'deploy.plan-changed', deploy.planChanged, {
    hint: deploy.planChangedHint,
    details: services.map(({ service, action }) => deploy.planChangedService(service, action)),
  })

/** Looks at AWS and at the last deployments, and plans. */
export async function planOf(
  engine: DeployEngine,
  manifest: EnvironmentManifest,
  release: ReleaseImages,
  wanted: Pick<Deployment, 'product' | 'environment' | 'services' | 'kind'> & {
    options: { force: boolean; schedules?: string[] }
  },
  signal?: AbortSignal,
): Promise<Plan> {
  const { schedules: named } = wanted.options
  const services = named ? [] : chosenServices(manifest, wanted.services)
  if (named) refuseUnknownSchedules(manifest, named)
  const lenders = services
    .flatMap((name) => manifest.services[name]?.before ?? [])
    .flatMap((task) => manifest.tasks[task]?.service ?? [])
  const all = [
    ...new Set([...services, ...lenders, ...schedulesToBring(manifest, services, named).map(({ service }) => service)]),
  ]
  const { account } = await engine.callers.cloudOf(engine.caller)
  const session = engine.aws(manifest.region)
  const look = (names: readonly string[]) =>
    Promise.all([
      surveyed(session, { manifest, account: manifest.account ?? account }, names, signal),
      Promise.all(names.map(async (service) => [service, await lastDeployed(engine.database, wanted, service)] as const)),
    ])
  const [found, deployed] = await look(all)
  const { account: owner, region } = found
  const schedules = await surveyedSchedules(session, engine.database, { manifest, services: all, account: owner, region }, signal)
  const ruled = (named ? [] : ruledServices(manifest, schedules)).filter((service) => !all.includes(service))
  const [others, othersDeployed] = ruled.length > 0 ? await look(ruled) : [{ services: {} }, []]
  return plan({
    manifest,
    release,
    services,
    survey: { ...found, services: { ...found.services, ...others.services }, schedules },
    deployed: Object.fromEntries([...deployed, ...othersDeployed]),
    force: wanted.options.force,
    goesBack: wanted.kind === 'rollback',
    schedules: named,
  })
}

/** The named services, or all of the manifest. Throws `deploy.service-unknown`. */
export function chosenServices(manifest: EnvironmentManifest, named: readonly string[]): string[] {
  const known = Object.values(manifest.services).flatMap(({ name, tasksOnly }) => (tasksOnly ? [] : [name]))
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new KibanError('not-found', 'deploy.service-unknown', deploy.serviceUnknown(unknown), {
      hint: deploy.servicesHint(known.join(', ')),
    })
  return (named.length > 0 ? [...new Set(named)] : known).sort()
}

function refuseUnknownSchedules(manifest: EnvironmentManifest, named: readonly string[]): void {
  const known = Object.keys(manifest.schedules)
  const unknown = named.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new KibanError('not-found', 'schedule.unknown', taskRuns.scheduleUnknown(unknown, manifest.environment), {
    hint: taskRuns.knownHint(known.join(', ')),
  })
}

/** Stores a plan and what it makes: a rollout per service, a migration per task. */
export function storePlan(
  driver: Driver,
  made: Plan,
  state: 'planned' | 'locked',
  data: Record<string, unknown>,
  change: Partial<Deployment> = {},
): Promise<void> {
  const { deployment } = driver
  return driver.to(state, { ...change, plan: made, services: made.chosen, commit: made.commit }, data, async (tx) => {
    for (const { service, action, cluster, name, plannedFrom, previous } of made.services)
      await insertRollout(tx, { deploymentId: deployment.id, service, action, cluster, name, plannedFrom, previous })
    for (const [position, { task }] of made.migrations.entries())
      await insertMigration(tx, { deploymentId: deployment.id, task, position })
  })
}

const briefOf = (made: Plan) => made.services.map(({ service, action }) => ({ service, action }))
