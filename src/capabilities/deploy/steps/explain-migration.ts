// Why a task that must end well did not.
import type { Task } from '../../../aws/ecs-shapes.ts'
import type { AwsSession } from '../../../aws/session.ts'
import type { KibanError } from '../../../core/error.ts'
import { migrationsOf } from '../deployment-store.ts'
import { type Driver, plannedOf } from '../driver.ts'
import { type Cause, causeOf } from '../explain/cause.ts'
import { declaredBy } from '../explain/declared.ts'
import { taskCauseOf } from '../explain/explain.ts'
import { readLog } from '../explain/gather.ts'
import { tellingWords } from '../explain/log-lines.ts'
import { placementOfOneOff } from '../explain/placement.ts'
import { seenTask } from '../explain/seen-task.ts'
import { taskEvidence } from '../explain/task-evidence.ts'
import type { OneOffPlan, ServicePlan } from '../plan.ts'

const GATHER_MS = 10_000

export const explainMigration = (driver: Driver, planned: OneOffPlan, task: Task, timedOut: boolean): Promise<Cause[]> =>
  explainOneOff(driver, { kind: 'migration', planned, service: plannedOf(driver, planned), task, timedOut })

/** Why the migration that was to start found no container instance. */
export async function placementOfMigration(driver: Driver, error: KibanError): Promise<Cause[]> {
  const migrations = await migrationsOf(driver.engine.database, driver.deployment.id)
  const { task } = migrations.find(({ endedAt }) => endedAt === undefined) ?? {}
  const planned = driver.plan.migrations.find((each) => each.task === task)
  if (!planned) return []
  return placementOfOneOff(driver, error, { planned, definition: plannedOf(driver, planned).definition })
}

interface Ended {
  /** `task`: run by itself, and not before services roll. */
  kind: 'migration' | 'task'
  planned: OneOffPlan
  /** The service whose definition the task borrowed. */
  service: ServicePlan
  task: Task
  timedOut: boolean
}

export async function explainOneOff(
  { session, signal: ending }: { session: AwsSession; signal: AbortSignal },
  { kind, planned, service, task, timedOut }: Ended,
): Promise<Cause[]> {
  const declared = declaredBy(service, undefined)
  const signal = AbortSignal.any([ending, AbortSignal.timeout(GATHER_MS)])
  const seen = seenTask(task)
  const log = await readLog({ session, definition: service.definition, signal }, seen, declared.container)
  const known = { ...seen, log }
  const parts = { service: planned.service, subject: planned.task, evidence: taskEvidence(known, declared.container) }
  if (timedOut) {
    return [causeOf(`${kind}-timed-out`, { task: planned.task, seconds: String(planned.timeoutSeconds) }, parts)]
  }
  const cause = taskCauseOf(known, declared)
  if (cause && cause.class !== 'crash') return [{ ...cause, service: planned.service, subject: planned.task }]
  const exit = task.containers?.find(({ name }) => name === planned.container)?.exitCode
  const line = tellingWords(log.map(({ text }) => text))
  return [causeOf(`${kind}-failed`, { task: planned.task, exit: exit === undefined ? '' : String(exit), line }, parts)]
}
