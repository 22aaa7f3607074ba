// While rollouts are watched: says why one does not go well, from its first failing task on.
import type { Service } from '../../../aws/ecs-shapes.ts'
import { KibanError } from '../../../core/error.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout } from '../deployment-store.ts'
import { type Driver, plannedOf } from '../driver.ts'
import { bySeverity, type Cause, causeKey } from '../explain/cause.ts'
import { declaredBy } from '../explain/declared.ts'
import { isUnguarded } from '../explain/ending-rules.ts'
import type { RolloutEvidence } from '../explain/evidence.ts'
import { explain } from '../explain/explain.ts'
import { gather, type Known } from '../explain/gather.ts'
import { type Attention, looked, newAttention, noticed, type Sign } from '../explain/signs.ts'
import { sameJson } from '../same-json.ts'
import type { NewEvent } from '../stored-driver.ts'
import { currentServices } from './current-services.ts'

/** An explanation that takes longer is told without what is missing: the rollout is more important. */
const GATHER_MS = 10_000

/** What one process remembers of a rollout that it watches. */
export interface Watched {
  attention: Attention
  known: Map<string, Known>
}

export async function explainRollouts(driver: Driver, rollouts: readonly Rollout[]): Promise<void> {
  const due = rollouts.flatMap((rollout) => {
    if (rollout.sentAt === undefined) return []
    const watched = watchedOf(driver, rollout)
    const sign = noticed(watched.attention, rollout, driver.now)
    return sign || toldByView(rollout) ? [{ rollout, watched, sign }] : []
  })
  if (due.length === 0) return
  const signal = AbortSignal.any([driver.signal, AbortSignal.timeout(GATHER_MS)])
  const services = await servicesOf(
    driver,
    due.filter(({ rollout, sign }) => sign && needsLook(driver, rollout)).map(({ rollout }) => rollout),
  )
  await Promise.all(due.map((one) => explainOne(driver, rollouts, one, services, signal)))
}

/** ECS's own record says already what is wrong: nothing has to be asked. */
const toldByView = ({ view, verdict }: Rollout): boolean =>
  verdict === undefined &&
  ((view?.alarms?.triggered.length ?? 0) > 0 ||
    isUnguarded(view) ||
    view?.hooks?.some(({ status }) => status === 'FAILED' || status === 'TIMED_OUT') === true)

/** Who was told to stop by a person, or gave way to another deployment, did not fail by itself. */
const needsLook = (driver: Driver, { verdict, undo }: Rollout): boolean =>
  verdict !== 'superseded' && (verdict === undefined || (!isTakenBack(undo) && driver.deployment.cancel === undefined))

/** By kiban, for another's sake or a person's; one of which only the settings are brought back failed by itself. */
const isTakenBack = (undo: Rollout['undo']): boolean => undo !== undefined && undo !== 'resetting'

function watchedOf(driver: Driver, { service }: Rollout): Watched {
  const known = driver.watched.get(service) ?? { attention: newAttention(driver.now), known: new Map() }
  driver.watched.set(service, known)
  return known
}

/** What cannot be seen is left out: an explanation never fails a deployment. */
async function servicesOf(driver: Driver, rollouts: readonly Rollout[]): Promise<Map<string, Service>> {
  if (rollouts.length === 0) return new Map()
  return currentServices(driver, rollouts).catch((error: unknown) => {
    if (error instanceof KibanError) return new Map()
    throw error
  })
}

async function explainOne(
  driver: Driver,
  all: readonly Rollout[],
  { rollout, watched, sign }: { rollout: Rollout; watched: Watched; sign: Sign | undefined },
  services: Map<string, Service>,
  signal: AbortSignal,
): Promise<void> {
  const planned = plannedOf(driver, rollout)
  const service = services.get(rollout.service)
  const { attention, known } = watched
  const thorough = sign === 'failing' || sign === 'ended'
  const found = service
    ? await gather({ session: driver.session, rollout, planned, service, thorough, known, signal })
    : { tasks: [], oldTasks: [], events: [], declared: declaredBy(planned, undefined), notSeen: [] }
  if (sign) looked(attention, sign, driver.now)
  await stored(driver, rollout, explain({ ...evidence(driver, rollout, all, attention), ...found }))
}

function evidence(
  driver: Driver,
  rollout: Rollout,
  all: readonly Rollout[],
  { resets }: Attention,
): Pick<RolloutEvidence, 'service' | 'action' | 'verdict' | 'cancelledBy' | 'failedSiblings' | 'view' | 'resets'> {
  const { service, action, verdict, view, undo } = rollout
  const failed = all.filter(
    (one) => one.service !== service && !isTakenBack(one.undo) && one.verdict && one.verdict !== 'succeeded',
  )
  return {
    service,
    action,
    verdict,
    view,
    resets,
    cancelledBy: driver.deployment.cancel?.by,
    failedSiblings: isTakenBack(undo) ? failed.map((one) => one.service) : [],
  }
}

/** Stores what is known now; a cause that was seen once stays, and is told when it is new. */
async function stored(driver: Driver, rollout: Rollout, found: Cause[]): Promise<void> {
  const before = new Map((rollout.causes ?? []).map((cause) => [causeKey(cause), cause]))
  const now = new Set(found.map(causeKey))
  const kept = [...before.values()].filter((cause) => !now.has(causeKey(cause)) && cause.class !== 'unknown')
  const causes = bySeverity([...found, ...kept])
  if (sameJson(causes, rollout.causes ?? [])) return
  const fresh = found.filter((cause) => !before.has(causeKey(cause)))
  const events = fresh.map((cause): NewEvent => ({ type: 'rollout.explained', data: { service: rollout.service, cause } }))
  await driver.store({}, events, (tx) => changeRollout(tx, rollout, { causes }))
}
