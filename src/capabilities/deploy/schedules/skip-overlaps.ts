// `overlap: skip`: a run that a schedule starts while the one before still runs is stopped. EventBridge Scheduler starts every one.
import type { Task } from '../../../aws/ecs-shapes.ts'
import { stopTask } from '../../../aws/ecs-tasks.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { OVERLAP_VARIABLE, SCHEDULE_VARIABLE } from './schedule-plan.ts'
import { dueOf, isScheduled } from './scheduled-task.ts'

/** ECS gives it as the reason for which the task stopped. */
export const SKIPPED = 'kiban: the run before it has not ended'

/** The tasks that must go so that only the oldest run of their schedule goes on; pure. Tasks of one time are one run. */
export function overlapping(tasks: readonly Task[], schedule: string): Task[] {
  const running = tasks.filter((task) => task.desiredStatus === 'RUNNING' && variable(task, SCHEDULE_VARIABLE) === schedule)
  const runs = Map.groupBy(running, runKey)
  const [, ...later] = [...runs.values()].sort((a, b) => begun(a) - begun(b))
  return later.flat().filter((task) => isScheduled(task) && variable(task, OVERLAP_VARIABLE) === 'skip')
}

/** The next look finds again what could not be stopped now. */
export async function skipOverlaps(
  session: AwsSession,
  of: { cluster: string; schedule: string; tasks: readonly Task[] },
  signal: AbortSignal,
): Promise<void> {
  for (const { taskArn = '' } of overlapping(of.tasks, of.schedule)) await stopTask(session, of.cluster, taskArn, SKIPPED, signal)
}

/** A run by hand is one of its own, whatever time it is told. */
const runKey = (task: Task): string => (isScheduled(task) ? String(dueOf(task) ?? task.taskArn) : (task.startedBy ?? ''))

const begun = (tasks: readonly Task[]): number => Math.min(...tasks.map((task) => dueOf(task) ?? task.createdAt?.getTime() ?? 0))

function variable(task: Task, name: string): string | undefined {
  const all = task.overrides?.containerOverrides?.flatMap(({ environment = [] }) => environment) ?? []
  return all.find((one) => one.name === name)?.value
}
