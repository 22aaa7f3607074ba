// registered → migrating → rolling: the tasks that must end well first, one after the other, none twice.
import type { Task } from '../../../aws/ecs-shapes.ts'
import { describeTasks, runTask, stopTask } from '../../../aws/ecs-tasks.ts'
import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import type { Text } from '../../../core/text.ts'
import type { Migration } from '../deployment.ts'
import { changeMigration, migrationsOf, rolloutsOf } from '../deployment-store.ts'
import { type Driver, storedError } from '../driver.ts'
import { LEASE_SECONDS } from '../lock.ts'
import {
  containerOf,
  isOver,
  MISSING,
  MISSING_MS,
  POLL_GROWTH,
  POLL_MS,
  runRequest,
  STOPPING_MS,
  startedEarlier,
  TOO_LONG,
} from '../one-off.ts'
import type { OneOffPlan } from '../plan.ts'
import { untilConsistent } from './consistency.ts'
import { explainMigration } from './explain-migration.ts'
import { refusal } from './roll-services.ts'

/** What this process knows of a migration that it waits for; `elapsed`. */
export interface WatchedMigration {
  since: number
  /** Once it was told to stop. ECS may have refused that. */
  stop?: { at: number; refused: KibanError | undefined }
}

export async function beginMigrations(driver: Driver): Promise<void> {
  await (driver.plan.migrations.length > 0 ? driver.to('migrating') : driver.to('rolling'))
}

export async function runMigrations(driver: Driver): Promise<void> {
  const { database } = driver.engine
  const rollouts = await rolloutsOf(database, driver.deployment.id)
  for (const migration of await migrationsOf(database, driver.deployment.id)) {
    // One that failed ends the deployment, also when the process that saw it died before it could say so.
    if (migration.endedAt !== undefined && migration.exitCode === 0) continue
    const planned = driver.plan.migrations.find(({ task }) => task === migration.task) as OneOffPlan
    const definition = rollouts.find(({ service }) => service === planned.service)?.definition
    if (!definition) throw new Error(`No definition for ${planned.task}`)
    // Nobody else shall begin while it runs, also if this process dies and no other goes on.
    driver.leaseSeconds = planned.timeoutSeconds + STOPPING_MS / 1000
    const taskArn = migration.taskArn ?? (await started(driver, migration, planned, definition))
    if (taskArn === undefined) return
    const ended = await (migration.endedAt === undefined
      ? untilEnded(driver, { ...migration, taskArn }, planned)
      : endedBefore(driver, { ...migration, taskArn }, planned))
    driver.leaseSeconds = LEASE_SECONDS
    if (await driver.cancelled()) return
    if (ended.exitCode !== 0) return failed(driver, planned, ended)
  }
  await driver.to('rolling')
}

/** Whether ECS runs one of them now, whatever we do. */
export async function isMigrationRunning({ engine, deployment }: Driver): Promise<boolean> {
  const migrations = await migrationsOf(engine.database, deployment.id)
  return migrations.some(({ taskArn, endedAt }) => taskArn !== undefined && endedAt === undefined)
}

/** Whether ECS may run one of them now: the answer to its start may have been lost. */
export async function mayMigrationRun({ engine, deployment }: Driver): Promise<boolean> {
  const migrations = await migrationsOf(engine.database, deployment.id)
  return migrations.some(({ startingAt, endedAt }) => startingAt !== undefined && endedAt === undefined)
}

async function failed(driver: Driver, planned: OneOffPlan, { exitCode, task, timedOut }: Ended): Promise<void> {
  const words = [containerOf(task, planned)?.reason, task.stoppedReason].find(Boolean) ?? ''
  const why = timedOut ? tooLong(driver, planned) : { en: words, ja: words }
  const error = new KibanError('conflict', 'deploy.migration-failed', deploy.migrationFailed(planned.task, exitCode, why), {
    hint: deploy.migrationHint,
  })
  await driver.end('failed', { error, causes: await explainMigration(driver, planned, task, timedOut) })
}

/** Undefined when somebody asked to stop the deployment before it began. */
async function started(
  driver: Driver,
  migration: Migration,
  planned: OneOffPlan,
  definition: string,
): Promise<string | undefined> {
  const startedBy = `kiban/${driver.deployment.id}/${planned.task}`
  const known = await alreadyStarted(driver, migration, planned, startedBy, definition)
  if (known === undefined && (await driver.cancelled())) {
    await driver.store({}, [], (tx) => changeMigration(tx, migration, { endedAt: driver.now }))
    return undefined
  }
  const taskArn = known ?? (await start(driver, migration, planned, startedBy, definition))
  await driver.store({}, [{ type: 'migration.started', data: { task: planned.task, taskArn, definition } }], (tx) =>
    changeMigration(tx, migration, { taskArn }),
  )
  return taskArn
}

/** What an earlier process started before it could say so. */
async function alreadyStarted(
  driver: Driver,
  migration: Migration,
  { cluster }: OneOffPlan,
  startedBy: string,
  definition: string,
): Promise<string | undefined> {
  if (migration.startingAt === undefined) return undefined
  await untilConsistent(driver)
  const [taskArn] = await startedEarlier(driver.session, { cluster, definition, startedBy }, driver.signal)
  return taskArn
}

async function start(
  driver: Driver,
  migration: Migration,
  planned: OneOffPlan,
  startedBy: string,
  definition: string,
): Promise<string> {
  await driver.store({}, [], (tx) => changeMigration(tx, migration, { startingAt: driver.now }))
  await driver.fence()
  const tags = { 'kiban:deployment': driver.deployment.id }
  const task = await runTask(driver.session, runRequest(planned, { definition, startedBy, count: 1, tags }), driver.signal)
  return task.taskArn ?? ''
}

async function untilEnded(driver: Driver, migration: Migration & { taskArn: string }, planned: OneOffPlan): Promise<Ended> {
  const { cluster, timeoutSeconds } = planned
  const watched = driver.migrations.get(planned.task) ?? { since: driver.elapsed }
  driver.migrations.set(planned.task, watched)
  for (let wait = POLL_MS.first; ; wait = Math.min(POLL_MS.most, wait * POLL_GROWTH)) {
    const task = (await describeTasks(driver.session, cluster, [migration.taskArn], driver.signal)).get(migration.taskArn)
    await driver.calm()
    if (task && isOver(task, planned, watched.stop !== undefined))
      return ended(driver, migration, planned, task, task.stoppedReason === TOO_LONG)
    if (!task && driver.elapsed - watched.since > MISSING_MS) return ended(driver, migration, planned, { stoppedReason: MISSING })
    if (isPastStopping(driver, watched, timeoutSeconds)) return ended(driver, migration, planned, task ?? {}, true)
    await stopWhereAsked(driver, migration, planned, watched)
    const view = { lastStatus: task?.lastStatus }
    if (view.lastStatus !== migration.view?.lastStatus)
      await driver.store({}, [], (tx) => changeMigration(tx, migration, { view }))
    migration = { ...migration, view }
    await driver.pause(wait)
  }
}

/** Left alone, a migration that takes too long or is not wanted any more would meet that of the next deployment. */
async function stopWhereAsked(
  driver: Driver,
  { taskArn }: { taskArn: string },
  { task, cluster, timeoutSeconds }: OneOffPlan,
  watched: WatchedMigration,
): Promise<void> {
  if (watched.stop) return
  const cancel = await driver.cancelled()
  if (!cancel && driver.elapsed - watched.since <= timeoutSeconds * 1000) return
  await driver.fence()
  const reason = cancel ? `kiban: ${cancel.by} asked to stop it` : TOO_LONG
  const refused = await refusal(() => stopTask(driver.session, cluster, taskArn, reason, driver.signal))
  watched.stop = { at: driver.elapsed, refused }
  const data = {
    task,
    by: cancel?.by,
    timeoutSeconds: cancel ? undefined : timeoutSeconds,
    error: refused && storedError(refused),
  }
  await driver.store({}, [{ type: 'migration.stopping', data }])
}

/** A task that may not be stopped is waited for as long as it may take. */
function isPastStopping({ elapsed }: Driver, { since, stop }: WatchedMigration, timeoutSeconds: number): boolean {
  if (!stop) return false
  const from = stop.refused ? Math.max(stop.at, since + timeoutSeconds * 1000) : stop.at
  return elapsed - from > STOPPING_MS
}

/** Why it is given up; where ECS did not stop it, that it runs on. */
function tooLong(driver: Driver, { task, timeoutSeconds }: OneOffPlan): Text {
  const watched = driver.migrations.get(task)
  return watched && isPastStopping(driver, watched, timeoutSeconds)
    ? deploy.runsOnAfter(timeoutSeconds, watched.stop?.refused?.text)
    : deploy.timedOutAfter(timeoutSeconds)
}

async function endedBefore(
  driver: Driver,
  { taskArn, exitCode, view }: Migration & { taskArn: string },
  { cluster, timeoutSeconds }: OneOffPlan,
): Promise<Ended> {
  const task = (await describeTasks(driver.session, cluster, [taskArn], driver.signal)).get(taskArn)
  const timedOut = view?.stoppedReason?.startsWith(deploy.timedOutAfter(timeoutSeconds).en) === true
  return { exitCode, task: task ?? { taskArn, stoppedReason: view?.stoppedReason }, timedOut }
}

interface Ended {
  exitCode: number | undefined
  task: Task
  timedOut: boolean
}

async function ended(driver: Driver, migration: Migration, planned: OneOffPlan, task: Task, timedOut = false): Promise<Ended> {
  const container = containerOf(task, planned)
  const stoppedReason = timedOut ? tooLong(driver, planned).en : task.stoppedReason
  // One that was stopped may still have ended with 0.
  const exitCode = timedOut ? undefined : container?.exitCode
  const change: Partial<Migration> = {
    exitCode,
    endedAt: driver.now,
    view: { lastStatus: task.lastStatus, stopCode: task.stopCode, stoppedReason, containerReason: container?.reason },
  }
  const data = { task: planned.task, exitCode, stoppedReason }
  await driver.store({}, [{ type: 'migration.ended', data }], (tx) => changeMigration(tx, migration, change))
  return { exitCode, task, timedOut }
}
