import { continueServiceDeployment } from '../../../aws/ecs-deployments.ts'
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { services as text } from '../../../core/messages/services.ts'
import { appendEvent } from '../../../database/events.ts'
import { type Deployment, type Rollout, subjectOf } from '../deployment.ts'
import { findDeployment, rolloutsOf } from '../deployment-store.ts'
import type { DeployEngine } from '../engine.ts'
import { refuseProtected } from '../refuse-protected.ts'

/** The stage of a rollout that waits at a pause, and the pauses that it waits at. */
export interface Paused {
  service: string
  stage: string
}

/**
 * Lets every rollout of a deployment go on that waits at a pause of its strategy, or the named service's.
 * Throws `permission.denied`, and `deployment.not-paused` when none waits.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html
 */
export async function continuePaused(
  engine: DeployEngine,
  actor: Actor,
  id: string,
  services: readonly string[],
  signal: AbortSignal,
): Promise<Paused[]> {
  const deployment = (await findDeployment(engine.database, id)) as Deployment
  // Whoever asked for it may let it go on.
  if (actor.kind !== 'user' || actor.name !== deployment.createdBy) await refuseProtected(engine.database, actor, deployment)
  const rollouts = (await rolloutsOf(engine.database, id)).filter(
    (rollout) => (services.length === 0 || services.includes(rollout.service)) && pausesOf(rollout).length > 0,
  )
  if (rollouts.length === 0)
    throw new KibanError('conflict', 'deployment.not-paused', text.notPaused(id), { hint: text.notPausedHint(id) })
  const done: Paused[] = []
  for (const rollout of rollouts) {
    const { arn = '', stage = '' } = rollout.view ?? {}
    // arn:aws:ecs:REGION:…
    const session = engine.aws(arn.split(':')[3] || undefined)
    for (const hook of pausesOf(rollout)) await continueServiceDeployment(session, arn, hook, signal)
    const told = { service: rollout.service, stage }
    await engine.database.transaction(async (tx) => {
      appendEvent(tx, {
        type: 'rollout.continued',
        at: engine.clock.now(),
        product: deployment.product,
        environment: deployment.environment,
        actor: actor.name,
        face: actor.face,
        subject: subjectOf(deployment),
        data: { ...told },
      })
    })
    done.push(told)
  }
  return done
}

/** Ids of the pauses that wait for somebody. */
const pausesOf = ({ view, undo, verdict }: Rollout): string[] =>
  undo === undefined && verdict === undefined
    ? (view?.hooks ?? []).flatMap(({ id, type, status }) => (id && type === 'PAUSE' && status === 'AWAITING_ACTION' ? [id] : []))
    : []
