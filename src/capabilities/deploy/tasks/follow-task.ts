// approved → running → done: the task is started once, watched until its program has ended, and stopped when it takes too long.

import { findDefinition, registerDefinition } from '../../../aws/ecs-definitions.ts'
import type { Task } from '../../../aws/ecs-shapes.ts'
import { describeTasks, runTasks, stopTask } from '../../../aws/ecs-tasks.ts'
import { KibanError } from '../../../core/error.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { Cause } from '../explain/cause.ts'
import { bySeverity } from '../explain/cause.ts'
import { revealed } from '../kms-values.ts'
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
import { sameJson } from '../same-json.ts'
import { untilConsistent } from '../steps/consistency.ts'
import { explainOneOff } from '../steps/explain-migration.ts'
import { CLOCK_SKEW_MS } from '../steps/register-definitions.ts'
import type { RunDriver } from './run-driver.ts'
import type { RunTask, TaskRun } from './task-run.ts'

const RUN_TAG = 'kiban:run'
const STOPPED_BY = 'kiban: stopped by '

export async function startTask(driver: RunDriver): Promise<void> {
  if (driver.run.startingAt === undefined && (await driver.cancelled())) return driver.end('stopped')
  const definition = driver.run.definition ?? (await registered(driver))
  const { run } = driver
  const startedBy = `kiban/${run.id}/${run.task}`
  const { oneOff, count } = run.plan
  const earlier = run.startingAt === undefined ? [] : await foundAgain(driver, definition, startedBy)
  if (earlier.length > 0) return running(driver, earlier, undefined)
  await driver.store({ startingAt: driver.now })
  const tags = { 'kiban:product': run.product, 'kiban:environment': run.environment, [RUN_TAG]: run.id }
  const { tasks, refused } = await runTasks(
    driver.session,
    runRequest(oneOff, { definition, startedBy, count, tags }),
    driver.signal,
  )
  await running(
    driver,
    tasks.flatMap(({ taskArn = [] }) => taskArn),
    refused,
  )
}

async function foundAgain(driver: RunDriver, definition: string, startedBy: string): Promise<string[]> {
  await untilConsistent(driver)
  return startedEarlier(driver.session, { cluster: driver.run.plan.oneOff.cluster, definition, startedBy }, driver.signal)
}

/** The definition of a release that never came to this environment. */
async function registered(driver: RunDriver): Promise<string> {
  const { plan, registeringAt, id } = driver.run
  const { definition, tags } = plan.service
  const tag = { key: RUN_TAG, value: id }
  let arn: string | undefined
  if (registeringAt !== undefined) {
    await untilConsistent(driver)
    const after = new Date(registeringAt - CLOCK_SKEW_MS)
    arn = (await findDefinition(driver.session, definition.family ?? '', tag, after, driver.signal))?.taskDefinitionArn
  } else await driver.store({ registeringAt: driver.now })
  const all = { ...tags, 'kiban:commit': plan.commit, [RUN_TAG]: id }
  arn ??= await registerDefinition(
    driver.session,
    {
      ...(await revealed(driver.session, definition, driver.signal)),
      tags: Object.entries(all).map(([key, value]) => ({ key, value })),
    },
    driver.signal,
  )
  await driver.store({ definition: arn })
  return arn
}

async function running(driver: RunDriver, arns: string[], refused: string | undefined): Promise<void> {
  const tasks = arns.map((taskArn): RunTask => ({ taskArn, status: 'PROVISIONING' }))
  const { task, schedule, definition } = driver.run
  const started = { type: 'task.started', data: { task, schedule, definition, taskArns: arns, ...(refused ? { refused } : {}) } }
  await driver.store({ state: 'running', startedAt: driver.now, tasks }, [started])
}

export async function followTask(driver: RunDriver): Promise<void> {
  const { plan, startedAt = driver.now } = driver.run
  const { cluster, timeoutSeconds } = plan.oneOff
  // What passed before this process took over is known by the wall clock alone.
  const begun = driver.elapsed - Math.max(0, driver.now - startedAt)
  let stopping: { since: number; why: 'asked' | 'too-long' } | undefined
  for (let wait = POLL_MS.first; ; wait = Math.min(POLL_MS.most, wait * POLL_GROWTH)) {
    const arns = driver.run.tasks.map(({ taskArn }) => taskArn)
    const seen = await describeTasks(driver.session, cluster, arns, driver.signal)
    const late = driver.elapsed - begun > MISSING_MS
    const tasks = arns.map(
      (arn) => seen.get(arn) ?? (late ? { taskArn: arn, lastStatus: 'STOPPED', stoppedReason: MISSING } : undefined),
    )
    await keepSeen(driver, tasks)
    stopping ??= stoppedBefore(driver, tasks)
    const over = tasks.every((task) => task !== undefined && isOver(task, plan.oneOff, stopping !== undefined))
    const gaveUp = stopping !== undefined && driver.elapsed - stopping.since > STOPPING_MS
    if (over || gaveUp)
      return ended(
        driver,
        tasks.filter((task) => task !== undefined),
        stopping?.why,
      )
    if (stopping === undefined) {
      const by = (await driver.cancelled())?.by
      const why = by !== undefined ? 'asked' : driver.elapsed - begun > timeoutSeconds * 1000 ? 'too-long' : undefined
      if (why) {
        const reason = why === 'asked' ? `${STOPPED_BY}${by}` : TOO_LONG
        const left = tasks.flatMap((task) => (task && task.lastStatus !== 'STOPPED' ? (task.taskArn ?? []) : []))
        for (const arn of left) await stopTask(driver.session, cluster, arn, reason, driver.signal)
        stopping = { since: driver.elapsed, why }
        wait = POLL_MS.first
      }
    }
    await driver.pause(wait)
  }
}

/** Whether an earlier process asked ECS to stop it. */
function stoppedBefore(
  driver: RunDriver,
  tasks: readonly (Task | undefined)[],
): { since: number; why: 'asked' | 'too-long' } | undefined {
  const reasons = tasks.map((task) => task?.stoppedReason ?? '')
  if (reasons.includes(TOO_LONG)) return { since: driver.elapsed, why: 'too-long' }
  return reasons.some((reason) => reason.startsWith(STOPPED_BY)) ? { since: driver.elapsed, why: 'asked' } : undefined
}

async function keepSeen(driver: RunDriver, tasks: readonly (Task | undefined)[]): Promise<void> {
  const now = tasks.map((task, at): RunTask => (task ? seenOf(driver.run, task) : (driver.run.tasks[at] as RunTask)))
  if (!sameJson(now, driver.run.tasks)) await driver.store({ tasks: now })
}

function seenOf({ plan }: TaskRun, task: Task): RunTask {
  const { taskArn = '', lastStatus: status = '', stopCode, startedAt, stoppedAt } = task
  const container = containerOf(task, plan.oneOff)
  const stoppedReason = container?.reason ?? task.stoppedReason
  const { exitCode } = container ?? {}
  return {
    taskArn,
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(stopCode === undefined ? {} : { stopCode }),
    ...(stoppedReason === undefined ? {} : { stoppedReason }),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.getTime() }),
    ...(stoppedAt === undefined ? {} : { stoppedAt: stoppedAt.getTime() }),
  }
}

/** The exit code is that of the service's own container: a sidecar that is killed at the end says nothing. */
async function ended(driver: RunDriver, tasks: readonly Task[], why: 'asked' | 'too-long' | undefined): Promise<void> {
  const { plan, tasks: kept } = driver.run
  const codes = tasks.map((task) => containerOf(task, plan.oneOff)?.exitCode)
  const missing = plan.count - kept.length
  const exitCode = codes.find((code) => code !== 0 && code !== undefined) ?? (codes.every((code) => code === 0) ? 0 : undefined)
  if (why === 'asked') return driver.end('stopped', { exitCode })
  const bad = tasks.filter((_, at) => codes[at] !== 0)
  const causes = await causesOf(driver, bad, why === 'too-long')
  if (why === 'too-long') return driver.end('timed-out', { exitCode, causes })
  const error = missing > 0 ? new KibanError('conflict', 'task-run.too-few', text.tooFew(kept.length, plan.count)) : undefined
  const verdict: Verdict = exitCode === 0 && !error ? 'succeeded' : 'failed'
  await driver.end(verdict, { exitCode, causes, error })
}

async function causesOf(driver: RunDriver, tasks: readonly Task[], timedOut: boolean): Promise<Cause[]> {
  const { oneOff: planned, service } = driver.run.plan
  const found = await Promise.all(tasks.map((task) => explainOneOff(driver, { kind: 'task', planned, service, task, timedOut })))
  const [first = [], ...more] = found
  // Tasks that failed alike are one cause.
  return bySeverity(
    first.map((cause) => ({ ...cause, count: 1 + more.flat().filter((other) => other.class === cause.class).length })),
  )
}
