// rolling → verifying: tells ECS to roll each service, in name order; none is told twice.
import { createHash } from 'node:crypto'
import { createService, updateService } from '../../../aws/ecs-services.ts'
import type { Service } from '../../../aws/ecs-shapes.ts'
import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout, rolloutsOf } from '../deployment-store.ts'
import { type Driver, plannedOf, storedError } from '../driver.ts'
import { causesOfError } from '../explain/error-causes.ts'
import { madeBy } from '../find-service-deployment.ts'
import type { ServicePlan } from '../plan.ts'
import { untilConsistent } from './consistency.ts'
import { currentServices } from './current-services.ts'
import { countFromNow } from './deadline.ts'

/** Errors that say "not now" rather than "no". */
export const passing = new Set<KibanError['kind']>(['throttled', 'unavailable', 'internal', 'unauthenticated'])

/** What ECS will not do, however often it is asked. */
export async function refusal(run: () => Promise<unknown>): Promise<KibanError | undefined> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof KibanError) || passing.has(error.kind)) throw error
    return error
  }
  return undefined
}

export async function rollServices(driver: Driver): Promise<void> {
  const rollouts = (await rolloutsOf(driver.engine.database, driver.deployment.id)).filter(({ action }) => action !== 'for-task')
  const current = await currentServices(driver, rollouts)
  for (const rollout of rollouts) {
    if (rollout.sentAt !== undefined || rollout.verdict !== undefined) continue
    if (rollout.action === 'unchanged') await settle(driver, rollout, { verdict: 'succeeded' })
    else if (await driver.cancelled()) await settle(driver, rollout, { verdict: 'stopped' })
    else await sendOrSettle(driver, rollout, current.get(rollout.service))
  }
  await driver.to('verifying')
}

/** Ends a rollout that ECS was never told of. */
async function settle(driver: Driver, rollout: Rollout, change: Pick<Rollout, 'verdict'> & Partial<Rollout>): Promise<void> {
  await driver.store(
    {},
    [{ type: 'rollout.ended', data: { service: rollout.service, verdict: change.verdict, action: rollout.action } }],
    (tx) => changeRollout(tx, rollout, { ...change, endedAt: driver.now }),
  )
}

/** A service that ECS refuses fails alone: what was sent before it is judged, and rolled back, like any other. */
async function sendOrSettle(driver: Driver, rollout: Rollout, service: Service | undefined): Promise<void> {
  const refused = await refusal(() => send(driver, rollout, service))
  if (!refused) return
  const causes = causesOfError(refused).map((cause) => ({ ...cause, service: rollout.service }))
  await settle(driver, rollout, { verdict: 'failed', error: storedError(refused), causes })
}

async function send(driver: Driver, rollout: Rollout, service: Service | undefined): Promise<void> {
  const planned = plannedOf(driver, rollout)
  if (await alreadySent(driver, rollout)) return sent(driver, rollout, planned, undefined)
  refuseChange(planned, service)
  // Before the attempt is written down too: without its locks a deployment that has told ECS nothing queues again.
  await driver.fence()
  await driver.store({}, [], (tx) => changeRollout(tx, rollout, { sendingAt: driver.now }))
  await driver.fence()
  const answer = await (service ? update(driver, rollout, planned) : create(driver, rollout, planned))
  await sent(driver, rollout, planned, answer)
}

/** Whether an earlier process told ECS before it could say so. */
async function alreadySent(driver: Driver, rollout: Rollout): Promise<boolean> {
  if (rollout.sendingAt === undefined) return false
  await untilConsistent(driver)
  return (await madeBy(driver.session, rollout, rollout.sendingAt, driver.signal)) !== undefined
}

/** The last look before the write: nothing else may have rolled since the plan was made under the lock. */
function refuseChange(planned: ServicePlan, service: Service | undefined): void {
  if (service?.currentServiceDeployment === planned.plannedFrom || planned.plannedFrom === undefined) return
  throw new KibanError('conflict', 'deploy.changed-elsewhere', deploy.changedElsewhere(planned.service), {
    hint: deploy.changedElsewhereHint,
  })
}

function update(driver: Driver, rollout: Rollout, planned: ServicePlan): Promise<Service> {
  return updateService(
    driver.session,
    { cluster: rollout.cluster, service: rollout.name, taskDefinition: rollout.definition, ...planned.settings },
    driver.signal,
  )
}

function create(driver: Driver, rollout: Rollout, planned: ServicePlan): Promise<Service> {
  if (!planned.create) {
    throw new KibanError('conflict', 'deploy.service-gone', deploy.serviceGone(planned.name), {
      hint: deploy.changedElsewhereHint,
    })
  }
  const tags = { ...planned.tags, 'kiban:product': driver.plan.product, 'kiban:environment': driver.plan.environment }
  return createService(
    driver.session,
    {
      ...planned.create,
      taskDefinition: rollout.definition,
      clientToken: createHash('sha256').update(`${driver.deployment.id}/${rollout.service}`).digest('hex').slice(0, 32),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
    driver.signal,
  )
}

async function sent(driver: Driver, rollout: Rollout, planned: ServicePlan, answer: Service | undefined): Promise<void> {
  const sentAt = rollout.sendingAt ?? driver.now
  if (answer) countFromNow(driver, rollout)
  // Where the answer names the new service deployment already, it need not be looked for; its revision is checked anyway.
  const named = answer?.currentServiceDeployment
  const serviceDeployment = named !== planned.plannedFrom ? named : undefined
  const { service, action, cluster, name, definition } = rollout
  await driver.store({}, [{ type: 'rollout.started', data: { service, action, cluster, name, definition } }], (tx) =>
    changeRollout(tx, rollout, { sentAt, serviceDeployment, deadline: sentAt + planned.deadlineSeconds * 1000 }),
  )
}
