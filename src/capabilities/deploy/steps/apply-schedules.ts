// scheduling → done: once all services run the new release, their schedules and rules do too.
import { retarget } from '../../../aws/event-rules.ts'
import { deleteSchedule, ensureScheduleGroup, putSchedule } from '../../../aws/scheduler.ts'
import { KibanError } from '../../../core/error.ts'
import { schedules as text } from '../../../core/messages/schedules.ts'
import { rolloutsOf } from '../deployment-store.ts'
import type { Driver } from '../driver.ts'
import { causesOfError } from '../explain/error-causes.ts'
import type { Plan } from '../plan.ts'
import { requestOf, type SchedulePlan } from '../schedules/schedule-plan.ts'
import { dropSchedule, keepSchedule } from '../schedules/schedule-store.ts'
import { passing } from './roll-services.ts'

/** How long EventBridge may not answer. */
const PATIENCE_MS = 120_000

export const changesSchedules = ({ schedules = [], rules = [] }: Plan): boolean =>
  rules.length > 0 || schedules.some(({ action }) => action !== 'unchanged')

/** Each is put as a whole, so that doing it again changes nothing. */
export async function applySchedules(driver: Driver): Promise<void> {
  const { plan } = driver
  // A plan that an earlier version stored has none.
  const { schedules = [], rules = [] } = plan
  const definitions = await definitionsOf(driver)
  try {
    const changed = schedules.filter(({ action }) => action !== 'unchanged')
    const [first] = changed.filter(({ action }) => action !== 'delete')
    if (first) {
      const tags = { 'kiban:product': plan.product, 'kiban:environment': plan.environment }
      await driver.fence()
      await ensureScheduleGroup(driver.session, first.group, tags, driver.signal)
    }
    for (const one of changed) await apply(driver, one, definitions)
    for (const { rule, id, service } of rules) {
      const definition = definitions.get(service)
      if (definition === undefined) continue
      await driver.fence()
      if (!(await retarget(driver.session, { rule, id, definition }, driver.signal))) continue
      await driver.store({}, [{ type: 'schedule.updated', data: { rule, target: id, service, definition } }])
    }
  } catch (error) {
    if (!(error instanceof KibanError)) throw error
    const silent = driver.troubledSince !== undefined && driver.elapsed - driver.troubledSince > PATIENCE_MS
    if (passing.has(error.kind) && !silent) throw error
    const told = new KibanError('conflict', 'deploy.schedules-failed', text.failed(error.text), { hint: text.failedHint })
    return driver.end('failed', { error: told, causes: causesOfError(error) })
  }
  // To go back is too late for a wish that came meanwhile: all services are there.
  await driver.end('succeeded')
}

async function apply(driver: Driver, planned: SchedulePlan, definitions: ReadonlyMap<string, string>): Promise<void> {
  const { schedule, group, action, service = '', settings, timeoutSeconds } = planned
  const { plan, deployment } = driver
  await driver.fence()
  if (action === 'delete' || !settings) {
    await deleteSchedule(driver.session, group, schedule, driver.signal)
    return driver.store({}, [{ type: 'schedule.deleted', data: { schedule } }], (tx) => dropSchedule(tx, plan, schedule))
  }
  const definition = definitions.get(service)
  if (definition === undefined) throw new Error(`No definition for ${schedule}`)
  await putSchedule(driver.session, requestOf(planned, definition), driver.signal)
  const type = action === 'create' ? 'schedule.created' : 'schedule.updated'
  const { product, environment, region } = plan
  const known = {
    product,
    environment,
    schedule,
    service,
    settings,
    group,
    region,
    definition,
    timeoutSeconds,
    cloud: deployment.cloud,
    deploymentId: deployment.id,
    appliedAt: driver.now,
  }
  await driver.store(
    {},
    [{ type, data: { schedule, service, definition, paused: planned.paused, changes: planned.differences.length } }],
    (tx) => keepSchedule(tx, known),
  )
}

/** What each service runs now, by its name. */
async function definitionsOf(driver: Driver): Promise<Map<string, string>> {
  const rollouts = await rolloutsOf(driver.engine.database, driver.deployment.id)
  return new Map(
    rollouts.flatMap(({ service, definition, previous }) => {
      const runs = definition ?? previous
      return runs === undefined ? [] : [[service, runs] as const]
    }),
  )
}
