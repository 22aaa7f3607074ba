// locked → registered: one new task definition revision per service, never two.
import { findDefinition, registerDefinition } from '../../../aws/ecs-definitions.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout, rolloutsOf } from '../deployment-store.ts'
import { type Driver, plannedOf } from '../driver.ts'
import { revealed } from '../kms-values.ts'
import type { ServicePlan } from '../plan.ts'
import { isReady } from './check-readiness.ts'
import { untilConsistent } from './consistency.ts'

export const DEPLOYMENT_TAG = 'kiban:deployment'
/** Clocks differ; a revision from before the attempt may still be ours. */
export const CLOCK_SKEW_MS = 15 * 60_000

export async function registerDefinitions(driver: Driver): Promise<void> {
  if (!(await isReady(driver))) return
  const rollouts = await rolloutsOf(driver.engine.database, driver.deployment.id)
  // Together: they queue in one token bucket, and the slowest does not hold up the others.
  const settled = await Promise.allSettled(
    rollouts.filter(({ action }) => action !== 'unchanged').map((rollout) => registered(driver, rollout)),
  )
  // Only now: what is tried again must not meet itself still under way.
  const definitions = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  await driver.to('registered', {}, { definitions })
}

async function registered(driver: Driver, rollout: Rollout): Promise<string> {
  if (rollout.definition) return rollout.definition
  const planned = plannedOf(driver, rollout)
  const definition = (await alreadyRegistered(driver, rollout, planned)) ?? (await register(driver, rollout, planned))
  await driver.store({}, [], (tx) => changeRollout(tx, rollout, { definition }))
  return definition
}

/** What an earlier process registered before it could say so. */
async function alreadyRegistered(driver: Driver, rollout: Rollout, planned: ServicePlan): Promise<string | undefined> {
  if (rollout.registeringAt === undefined) return undefined
  await untilConsistent(driver)
  const tag = { key: DEPLOYMENT_TAG, value: driver.deployment.id }
  const after = new Date(rollout.registeringAt - CLOCK_SKEW_MS)
  const found = await findDefinition(driver.session, planned.definition.family ?? '', tag, after, driver.signal)
  return found?.taskDefinitionArn
}

async function register(driver: Driver, rollout: Rollout, planned: ServicePlan): Promise<string> {
  await driver.store({}, [], (tx) => changeRollout(tx, rollout, { registeringAt: driver.now }))
  await driver.fence()
  const tags = {
    ...planned.tags,
    'kiban:product': driver.plan.product,
    'kiban:environment': driver.plan.environment,
    'kiban:service': planned.service,
    'kiban:commit': driver.plan.commit,
    [DEPLOYMENT_TAG]: driver.deployment.id,
  }
  return registerDefinition(
    driver.session,
    {
      ...(await revealed(driver.session, planned.definition, driver.signal)),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
    driver.signal,
  )
}
