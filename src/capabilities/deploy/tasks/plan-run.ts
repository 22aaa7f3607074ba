// What a run of a task will be: the task as a release declares it, with the image and settings of its service there.
import { createHash } from 'node:crypto'
import { KibanError } from '../../../core/error.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import type { Queryable } from '../../../database/database.ts'
import {
  type EnvironmentManifest,
  forEnvironment,
  type ServiceManifest,
  type TaskManifest,
} from '../../../manifest/environment.ts'
import type { Size } from '../../../manifest/size.ts'
import type { DeployEngine } from '../engine.ts'
import { type FoundService, oneOffPlan, servicePlan } from '../plan.ts'
import { findRelease, listReleases, type Release } from '../release-store.ts'
import { currentReleases } from '../running.ts'
import { surveyed } from '../survey.ts'
import { definitionOfRelease } from './run-store.ts'
import type { RunPlan } from './task-run.ts'

export interface WantedRun {
  product: string
  environment: string
  /** Its name: of a task, or of a schedule that is to run now. */
  name: string
  schedule: boolean
  /** An id, or the beginning of a commit. */
  release: string | undefined
  /** Instead of what the manifest says, where it is given. */
  command: string[] | undefined
  count: number | undefined
  size: Size | undefined
  /** Beside what the manifest says. */
  env: Record<string, string>
  timeoutSeconds: number | undefined
}

interface PlannedRun {
  plan: RunPlan
  release: Release
  manifest: EnvironmentManifest
  /** Undefined: to be registered. */
  definition: string | undefined
}

/** How far back releases are looked through for the beginning of a commit. */
const RELEASES_LOOKED_AT = 200

export async function planRun(engine: DeployEngine, wanted: WantedRun, signal: AbortSignal): Promise<PlannedRun> {
  const { product, environment, env, size, timeoutSeconds } = wanted
  const release = await releaseFor(engine.database, wanted)
  const manifest = forEnvironment(release.manifest, environment)
  const declared = jobOf(manifest, wanted)
  const task: TaskManifest = {
    ...declared,
    command: wanted.command ?? declared.command,
    env: { ...declared.env, ...env },
    size: size ?? declared.size,
    timeout: timeoutSeconds ?? declared.timeout,
  }
  const service = manifest.services[task.service] as ServiceManifest
  const { account } = await engine.callers.cloudOf(engine.caller)
  const session = engine.aws(manifest.region)
  const survey = await surveyed(session, { manifest, account: manifest.account ?? account }, [service.name], signal)
  const images = Object.fromEntries(Object.entries(release.images).map(([name, image]) => [name, image.reference]))
  const borrowed = servicePlan(
    {
      manifest,
      services: [service.name],
      release: { commit: release.commit, images, definitions: release.definitions },
      survey,
      deployed: {},
      force: false,
      goesBack: false,
    },
    service.name,
  )
  const base = release.definitions[service.name]
  const oneOff = oneOffPlan(task, service, { ...(survey.services[service.name] as FoundService), base })
  const count = wanted.count ?? countOf(manifest, wanted)
  const plan: RunPlan = {
    account: survey.account,
    region: survey.region,
    oneOff,
    count,
    commit: release.commit,
    service: borrowed,
    approvals: manifest.approvals,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([release.id, oneOff, count]))
      .digest('hex')
      .slice(0, 16),
  }
  const of = { product, environment, releaseId: release.id, service: service.name }
  return { plan, release, manifest, definition: await definitionOfRelease(engine.database, of) }
}

/** The named release, or the one whose services run there now. */
async function releaseFor(database: Queryable, wanted: WantedRun): Promise<Release> {
  const { product, environment, name, release: named } = wanted
  if (named !== undefined) return namedRelease(database, product, named)
  const running = await currentReleases(database, { product, environment })
  if (running.length === 0) {
    throw new KibanError('not-found', 'release.nothing-runs', text.nothingRuns(environment), {
      hint: text.nothingRunsHint(environment),
    })
  }
  const newest = running.toSorted((a, b) => b.since - a.since)
  const has = newest.filter(({ release }) => declaredIn(release, wanted)[name])
  const own = has.find(({ service, release }) => declaredIn(release, wanted)[name]?.service === service)
  const found = own ?? has[0]
  if (found) return found.release
  throw unknownJob(wanted, [...new Set(newest.flatMap(({ release }) => Object.keys(declaredIn(release, wanted))))].sort())
}

const declaredIn = ({ manifest }: Release, { schedule }: Pick<WantedRun, 'schedule'>): Record<string, { service: string }> =>
  (schedule ? manifest.schedules : manifest.tasks) ?? {}

async function namedRelease(database: Queryable, product: string, named: string): Promise<Release> {
  const byId = await findRelease(database, named)
  const found =
    byId?.product === product
      ? byId
      : (await listReleases(database, { product, limit: RELEASES_LOOKED_AT })).find(
          ({ commit }) => named.length >= 7 && commit.startsWith(named),
        )
  if (found) return found
  throw new KibanError('not-found', 'release.unknown', text.releaseUnknown(named), { hint: text.releaseUnknownHint })
}

function jobOf(manifest: EnvironmentManifest, wanted: WantedRun): TaskManifest {
  const all: Record<string, TaskManifest> = wanted.schedule ? manifest.schedules : manifest.tasks
  const found = Object.hasOwn(all, wanted.name) ? all[wanted.name] : undefined
  if (!found) throw unknownJob(wanted, Object.keys(all))
  return found
}

const countOf = (manifest: EnvironmentManifest, { schedule, name }: WantedRun): number =>
  schedule ? (manifest.schedules[name]?.count ?? 1) : 1

const unknownJob = ({ schedule, name, environment }: WantedRun, known: readonly string[]): KibanError =>
  schedule
    ? new KibanError('not-found', 'schedule.unknown', text.scheduleUnknown(name, environment), {
        hint: text.knownHint(known.join(', ')),
      })
    : new KibanError('not-found', 'task.unknown', text.taskUnknown(name, environment), { hint: text.knownHint(known.join(', ')) })
