// Starting, stopping and undoing deployments: what is asked is stored, and whoever works on deployments goes on with it.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { can } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import { json } from '../../database/database.ts'
import { appendEvent, EVENT_CHANNEL } from '../../database/events.ts'
import { type Deployment, subjectOf } from './deployment.ts'
import { deploymentOfRequest, findDeployment, insertDeployment, listDeployments, type NewDeployment } from './deployment-store.ts'
import type { DeployEngine } from './engine.ts'
import { refuseProtected } from './refuse-protected.ts'
import type { Release } from './release-store.ts'
import { currentReleases, earlierReleases, lastTwoReleases } from './running.ts'
import { wakeSubject } from './stored-driver.ts'

/** The kind of durable work that drives deployments. */
export const DEPLOYMENT_WORK = 'deployment'

/** Who asks, by which request: the same request twice starts one deployment. */
export interface Asking {
  actor: Actor
  requestId: string
}

export interface WantedDeployment {
  product: string
  environment: string
  services: readonly string[]
  keepSiblings: boolean
  force: boolean
  reason: string | undefined
  /** Go through a freeze. */
  breakGlass?: boolean
  /** Fingerprint of the plan that a person agreed to. */
  plan: string | undefined
  /** These schedules alone. */
  schedules?: readonly string[]
  /** What people agreed to that this is a part of. */
  agreedBy?: string
}

/** Starts a deployment of a commit, or of a release that is there. Gives its id. */
export async function startDeployment(
  engine: DeployEngine,
  { actor, requestId }: Asking,
  wanted: WantedDeployment,
  what: { kind: Deployment['kind'] } & ({ repository: string; ref: string; commit?: string } | { release: Release }),
): Promise<string> {
  const place = { product: wanted.product, environment: wanted.environment }
  const cloud = await engine.callers.cloudOf(engine.caller)
  const fresh: NewDeployment = {
    id: newId('dep'),
    ...place,
    kind: what.kind,
    repository: 'release' in what ? what.release.repository : what.repository,
    ref: 'release' in what ? what.release.ref : what.ref,
    commit: 'release' in what ? what.release.commit : what.commit,
    releaseId: 'release' in what ? what.release.id : undefined,
    services: [...wanted.services],
    options: {
      keepSiblings: wanted.keepSiblings,
      force: wanted.force,
      mayProtected: can(actor, 'deploy.protected', place),
      served: actor.face !== 'cli',
      breakGlass: wanted.breakGlass,
      agreedPlan: wanted.plan,
      schedules: wanted.schedules && [...wanted.schedules],
      agreedBy: wanted.agreedBy,
    },
    reason: wanted.reason,
    createdAt: engine.clock.now(),
    createdBy: actor.name,
    face: actor.face,
    cloud,
  }
  return engine.database.transaction(async (tx) => {
    const stored = await insertDeployment(tx, fresh, requestId)
    engine.callers.bring(stored.id, engine.caller)
    if (stored.fresh) {
      const { kind, ref, commit, services, reason } = fresh
      tell(tx, fresh, actor, 'deployment.queued', { kind, ref, commit, services, reason }, engine.clock.now())
      await engine.durable.goOn(DEPLOYMENT_WORK, stored.id, tx)
    }
    // Whoever deploys here may lend their credentials to what waits here for the right ones.
    for (const open of await listDeployments(tx, { ...place, state: 'open' })) engine.callers.bring(open.id, engine.caller)
    return stored.id
  })
}

/** Lets a deployment that waits for credentials go on with those of the caller, if they are the right ones. */
export async function bringCredentials(engine: DeployEngine, id: string): Promise<void> {
  if (!engine.callers.bring(id, engine.caller)) return
  await engine.database.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
  await engine.durable.goOn(DEPLOYMENT_WORK, id)
}

/** Asks a deployment to stop, and to go back where it was begun. Throws `deployment.ended` when it is too late. */
export async function cancelDeployment(
  engine: DeployEngine,
  { actor, requestId }: Asking,
  id: string,
  reason?: string,
): Promise<Deployment> {
  const deployment = await findDeployment(engine.database, id)
  if (!deployment)
    throw new KibanError('not-found', 'deployment.unknown', deploy.deploymentUnknown(id), { hint: deploy.deploymentUnknownHint })
  // Whoever asked for it may take it back.
  if (actor.kind !== 'user' || actor.name !== deployment.createdBy) await refuseProtected(engine.database, actor, deployment)
  engine.callers.bring(id, engine.caller)
  // Made again: it may have ended meanwhile, as it was to.
  if (deployment.cancel?.requests.includes(requestId)) return deployment
  const cancel = { at: engine.clock.now(), by: actor.name, requests: [requestId] }
  const asked = await engine.database.transaction(async (tx) => {
    const [row] = await tx.query<{ requests: string[] }>(
      `update deploy_deployments set cancel = case when cancel is null then $2::jsonb
         else jsonb_set(cancel, '{requests}', (cancel->'requests') || to_jsonb($3::text)) end
       where id = $1 and state <> 'done' returning cancel->'requests' as requests`,
      [id, json(cancel), requestId],
    )
    if (!row) return false
    if (row.requests.length > 1) return true
    tell(tx, deployment, actor, 'deployment.cancel-asked', { reason }, cancel.at)
    await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, wakeSubject(id)])
    await engine.durable.goOn(DEPLOYMENT_WORK, id, tx)
    return true
  })
  if (!asked) {
    throw new KibanError('conflict', 'deployment.ended', deploy.deploymentEnded(id), { hint: deploy.deploymentEndedHint })
  }
  return { ...deployment, cancel: deployment.cancel ?? cancel }
}

/** The deployment that is under way in an environment, newest first. */
export async function openDeployment(
  engine: DeployEngine,
  place: { product: string; environment: string },
): Promise<Deployment | undefined> {
  const [open] = await listDeployments(engine.database, { ...place, state: 'open', limit: 1 })
  return open
}

/**
 * Goes back: a deployment under way is stopped, which rolls it back; otherwise the release before the current one, or the
 * named one, is deployed again with the images that it had. Without names, those services go back that were changed last.
 */
export async function rollBack(
  engine: DeployEngine,
  asking: Asking,
  wanted: WantedDeployment & { to: string | undefined },
): Promise<{ id: string; stops: boolean }> {
  const known = await deploymentOfRequest(engine.database, asking.requestId)
  if (known) return known
  const open = wanted.to === undefined ? await openDeployment(engine, wanted) : undefined
  if (open && ['rolling', 'verifying'].includes(open.state)) {
    await cancelDeployment(engine, asking, open.id, wanted.reason)
    return { id: open.id, stops: true }
  }
  const { release, services } = await releaseToGoBackTo(engine, wanted)
  const id = await startDeployment(engine, asking, { ...wanted, services }, { kind: 'rollback', release })
  return { id, stops: false }
}

async function releaseToGoBackTo(
  engine: DeployEngine,
  wanted: WantedDeployment & { to: string | undefined },
): Promise<{ release: Release; services: readonly string[] }> {
  const { to, environment, services } = wanted
  if (to === undefined) return releaseBefore(engine, wanted)
  const earlier = await earlierReleases(engine.database, wanted)
  const release = earlier.find(({ id, commit }) => id === to || (to.length >= 7 && commit.startsWith(to)))
  if (release) return { release, services }
  throw noneEarlier(environment, to)
}

/** Throws `release.mixed` where one deployment could not bring all of the services back. */
async function releaseBefore(
  { database }: DeployEngine,
  { product, environment, services }: WantedDeployment,
): Promise<{ release: Release; services: readonly string[] }> {
  const all = await lastTwoReleases(database, { product, environment })
  const newest = all.reduce<(typeof all)[number] | undefined>((a, b) => (a && a.since >= b.since ? a : b), undefined)
  const meant = all.filter(({ service, current }) =>
    services.length > 0 ? services.includes(service) : current.id === newest?.current.id,
  )
  const going = meant.flatMap(({ service, before }) => (before ? [{ service, before }] : []))
  const [release, ...others] = new Map(going.map(({ before }) => [before.id, before])).values()
  if (!release) throw noneEarlier(environment, undefined)
  if (others.length > 0) {
    throw new KibanError('conflict', 'release.mixed', deploy.mixedBefore(environment), {
      details: going.map(({ service, before: { commit } }) => deploy.serviceRan(service, commit.slice(0, 12))),
      hint: deploy.mixedBeforeHint,
    })
  }
  return { release, services: going.length === all.length ? services : going.map(({ service }) => service) }
}

const noneEarlier = (environment: string, to: string | undefined) =>
  new KibanError('not-found', 'release.none-earlier', deploy.noEarlierRelease(environment, to), {
    hint: deploy.releasesHint(environment),
  })

/** Brings what runs in one environment, digest by digest, to another. */
export async function promote(
  engine: DeployEngine,
  asking: Asking,
  wanted: WantedDeployment & { from: string },
): Promise<string> {
  const known = await deploymentOfRequest(engine.database, asking.requestId)
  if (known) return known.id
  const running = await currentReleases(engine.database, { product: wanted.product, environment: wanted.from })
  const chosen = wanted.services.length > 0 ? running.filter(({ service }) => wanted.services.includes(service)) : running
  const releases = new Map(chosen.map(({ release }) => [release.id, release]))
  const [release, ...others] = releases.values()
  if (!release) {
    throw new KibanError('not-found', 'release.nothing-runs', deploy.nothingRuns(wanted.from), {
      hint: deploy.nothingRunsHint(wanted.from),
    })
  }
  if (others.length > 0) {
    const details = chosen.map(({ service, release: { commit } }) => deploy.serviceRuns(service, commit.slice(0, 12)))
    throw new KibanError('conflict', 'release.mixed', deploy.mixedReleases(wanted.from), {
      details,
      hint: deploy.mixedReleasesHint,
    })
  }
  const services = chosen.map(({ service }) => service)
  return startDeployment(engine, asking, { ...wanted, services }, { kind: 'promotion', release })
}

const tell = (
  tx: Queryable,
  of: Pick<Deployment, 'id' | 'product' | 'environment'>,
  actor: Actor,
  type: string,
  data: Record<string, unknown>,
  at: number,
): void =>
  appendEvent(tx, {
    type,
    at,
    product: of.product,
    environment: of.environment,
    actor: actor.name,
    face: actor.face,
    subject: subjectOf(of),
    data,
  })
