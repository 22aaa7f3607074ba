import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { nextEvent } from '../../database/event-feed.ts'
import { eventsAbout } from '../../database/events.ts'
import { patiently } from '../../database/patiently.ts'
import { type Deployment, type Migration, type Rollout, subjectOf } from './deployment.ts'
import { findDeployment, migrationsOf, rolloutsOf, usualSeconds } from './deployment-store.ts'
import { errorAgain } from './driver.ts'
import type { DeployEngine } from './engine.ts'
import { isRefused } from './is-refused.ts'
import { DeploymentItem, type DeploymentShape, type EventShape } from './shapes.ts'

/** For so long a full disk is waited for: somebody who is told may make room. */
const FULL_PATIENCE_MS = 180_000
/** A change is heard at once; this is for what a lost connection to the database swallowed. */
const LOOK_AGAIN_MS = 2_000

/**
 * Follows a deployment to its end. Throws the error with which it ended when it was refused before anything was done.
 * `after` is the sequence number of the last event that the watcher knows.
 */
export async function* watchDeployment(
  engine: DeployEngine,
  id: string,
  signal: AbortSignal,
  after = 0,
): AsyncGenerator<DeploymentItem> {
  let seq = after
  let shown = ''
  let doing: DeploymentItem['doing']
  let usual: DeploymentItem['usual'] | undefined
  let fullSince: number | undefined
  for (;;) {
    const changed = nextEvent(engine.events, [`deployment/${id}`], LOOK_AGAIN_MS, signal)
    // It can be read, but nothing goes on, and nobody can store that.
    const fault = engine.database.fault()
    fullSince = fault && (fullSince ?? performance.now())
    if (fault && (fault.code !== 'database.full' || performance.now() - Number(fullSince) > FULL_PATIENCE_MS)) throw fault
    const { deployment, ...looked } = await patiently(() => look(engine, id, seq, usual), signal)
    const item = { ...looked.item }
    usual = item.usual
    doing = item.events.reduce(nextDoing, doing)
    if (doing) item.doing = doing
    if (fault) item.held = { text: fault.text, hint: fault.hint }
    const text = JSON.stringify(item)
    if (text !== shown) yield item
    // Without its events, so that the same state is not shown again when only they are gone.
    shown = JSON.stringify({ ...item, events: [] })
    seq = item.seq
    if (deployment.state === 'done') {
      changed.forget()
      if (deployment.error && isRefused(item)) throw errorAgain(deployment.error)
      return
    }
    await changed.happened
    signal.throwIfAborted()
  }
}

/** Those who watch the same deployment look once for all of them. */
const look = (engine: DeployEngine, id: string, seq: number, usual: DeploymentItem['usual'] | undefined) =>
  engine.events.together(`watch ${id} ${seq} ${usual === undefined}`, () => lookInto(engine, id, seq, usual))

async function lookInto(
  engine: DeployEngine,
  id: string,
  seq: number,
  usual: DeploymentItem['usual'] | undefined,
): Promise<{ deployment: Deployment; item: DeploymentItem }> {
  const deployment = await findDeployment(engine.database, id)
  if (!deployment)
    throw new KibanError('not-found', 'deployment.unknown', deploy.deploymentUnknown(id), { hint: deploy.deploymentUnknownHint })
  const item = await itemOf(engine, deployment, seq)
  return { deployment, item: { ...item, usual: usual ?? (await usualSeconds(engine.database, deployment)) } }
}

export async function itemOf(
  engine: Pick<DeployEngine, 'database'>,
  deployment: Deployment,
  after: number,
): Promise<Omit<DeploymentItem, 'usual' | 'doing'>> {
  const { database } = engine
  const [events, rollouts, migrations] = [
    await eventsAbout(database, subjectOf(deployment), after),
    await rolloutsOf(database, deployment.id),
    await migrationsOf(database, deployment.id),
  ]
  return {
    deployment: deploymentShape(deployment),
    rollouts: rollouts.map(rolloutShape),
    migrations: migrations.map(migrationShape),
    events: events.map(({ seq, type, at, actor, data }) => ({ seq, type, at, actor, data })),
    seq: events.at(-1)?.seq ?? after,
  }
}

/** What is under way after an event. */
function nextDoing(before: DeploymentItem['doing'], { type, at, data }: EventShape): DeploymentItem['doing'] {
  if (type === 'build.started') return { what: 'build', name: String(data.service), since: at }
  if (type === 'migration.started') return { what: 'migration', name: String(data.task), since: at }
  return /^(build|migration)\.ended$|^deployment\.(?!troubled)/.test(type) ? undefined : before
}

export const deploymentShape = (deployment: Deployment): DeploymentShape => DeploymentItem.shape.deployment.parse(deployment)
const rolloutShape = (rollout: Rollout) => DeploymentItem.shape.rollouts.element.parse(rollout)
const migrationShape = (migration: Migration) => DeploymentItem.shape.migrations.element.parse(migration)
