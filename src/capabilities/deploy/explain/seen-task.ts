import type { Task } from '../../../aws/ecs-shapes.ts'
import type { SeenTask } from './evidence.ts'

export function seenTask(task: Task): SeenTask {
  return {
    id: task.taskArn?.split('/').at(-1) ?? '',
    lastStatus: task.lastStatus ?? '',
    createdAt: task.createdAt?.getTime(),
    startedAt: task.startedAt?.getTime(),
    stoppedAt: (task.stoppedAt ?? task.stoppingAt)?.getTime(),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: (task.containers ?? []).map(({ name = '', exitCode, reason, healthStatus }) => ({
      name,
      exitCode,
      reason,
      health: healthStatus,
    })),
    targetHealth: [],
    log: undefined,
  }
}

const UNHEALTHY = /\(task ([\w-]+)\) \(port \d+\) is unhealthy in \(?target-group [^)]*\)? due to \(reason (.+)\)/

/** What the load balancer said of each task, from the service's events. */
export function targetHealthIn(
  events: readonly { at: number; message: string }[],
): Map<string, { at: number; reason: string }[]> {
  const found = new Map<string, { at: number; reason: string }[]>()
  for (const { at, message } of events) {
    const [, task, reason] = UNHEALTHY.exec(message) ?? []
    if (task !== undefined && reason !== undefined) found.set(task, [...(found.get(task) ?? []), { at, reason }])
  }
  return found
}

const STARTED = /has started (\d+) tasks/

/** How many tasks ECS says that it has started. */
export const startedIn = (events: readonly { message: string }[]): number =>
  events.reduce((sum, { message }) => sum + Number(STARTED.exec(message)?.[1] ?? 0), 0)
