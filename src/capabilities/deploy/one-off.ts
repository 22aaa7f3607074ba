// Tasks that run once: what ECS is asked to start, how one is found again whose start could not be told, when it is over.
import { createHash } from 'node:crypto'
import type { RunTaskRequest, Task } from '../../aws/ecs-shapes.ts'
import { describeTasks, listTasks } from '../../aws/ecs-tasks.ts'
import type { AwsSession } from '../../aws/session.ts'
import type { OneOffPlan } from './plan.ts'

/** A task that ECS does not show so long after its start is gone for good. */
export const MISSING_MS = 60_000
export const MISSING = 'MISSING'
/** ECS gives it as the reason for which the task stopped. */
export const TOO_LONG = 'kiban: it took longer than it may'
/** The longest that ECS lets a task take to stop, and some more: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export const STOPPING_MS = 150_000
export const POLL_MS = { first: 300, most: 3_000 }
export const POLL_GROWTH = 1.3

/** The same `startedBy` starts it once, however often it is asked for. */
export function runRequest(
  planned: OneOffPlan,
  of: { definition: string; startedBy: string; count: number; tags: Record<string, string> },
): RunTaskRequest & { clientToken: string } {
  return {
    cluster: planned.cluster,
    taskDefinition: of.definition,
    count: of.count,
    startedBy: of.startedBy,
    clientToken: createHash('sha256').update(of.startedBy).digest('hex').slice(0, 64),
    launchType: planned.launchType,
    networkConfiguration: planned.network,
    overrides: overridesOf(planned),
    tags: Object.entries(of.tags).map(([key, value]) => ({ key, value })),
  }
}

/** What one of these tasks changes of its service's definition. */
export function overridesOf({ container, command, env, size }: Pick<OneOffPlan, 'container' | 'command' | 'env' | 'size'>) {
  return {
    containerOverrides: [
      {
        name: container,
        ...(command ? { command } : {}),
        environment: Object.entries(env).map(([name, value]) => ({ name, value })),
      },
    ],
    ...(size ? { cpu: String(size.cpu), memory: String(size.memory) } : {}),
  }
}

/**
 * What an earlier process started before it could say so; to be asked when that has become visible (`untilConsistent`). The
 * client token alone would do for as long as ECS remembers it.
 */
export async function startedEarlier(
  session: AwsSession,
  { cluster, definition, startedBy }: { cluster: string; definition: string; startedBy: string },
  signal: AbortSignal,
): Promise<string[]> {
  const running = await listTasks(session, { cluster, startedBy }, signal)
  // ListTasks takes `startedBy` alone, which finds running tasks only.
  const family = definition.replace(/^.*\/|:\d+$/g, '')
  const stopped = await listTasks(session, { cluster, family, desiredStatus: 'STOPPED' }, signal)
  const described = await describeTasks(session, cluster, stopped, signal)
  const ended = [...described.values()].filter((task) => task.startedBy === startedBy).flatMap(({ taskArn = [] }) => taskArn)
  return [...new Set([...running, ...ended])]
}

/** The container whose program it is: the service's own. */
export const containerOf = (task: Task, { container }: Pick<OneOffPlan, 'container'>) =>
  task.containers?.find(({ name }) => name === container)

/** A program that went well is not waited for until its network interface is gone; one that failed is, for its log. */
export const isOver = (task: Task, planned: Pick<OneOffPlan, 'container'>, stopping: boolean): boolean =>
  task.lastStatus === 'STOPPED' || (!stopping && containerOf(task, planned)?.exitCode === 0)
