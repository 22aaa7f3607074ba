import type { DesiredStatus, RunTaskRequest, Task } from '@aws-sdk/client-ecs'
import { batches } from './batches.ts'
import { ecsRead, ecsRun } from './ecs-api.ts'
import { failureError } from './failure.ts'
import type { AwsSession } from './session.ts'

const DESCRIBE_MAX = 100

/** Starts one task; the same `clientToken` starts it once. */
export async function runTask(
  session: AwsSession,
  request: RunTaskRequest & { clientToken: string },
  signal?: AbortSignal,
): Promise<Task> {
  const { tasks } = await runTasks(session, request, signal)
  return tasks[0] ?? {}
}

/** Starts `count` tasks, or as many as can be; `refused` says why not all. Throws when there is none. */
export async function runTasks(
  session: AwsSession,
  request: RunTaskRequest & { clientToken: string },
  signal?: AbortSignal,
): Promise<{ tasks: Task[]; refused: string | undefined }> {
  const { tasks = [], failures = [] } = await session.ask(ecsRun, (ecs, options) => ecs.runTask(request, options), signal)
  const [failure] = failures
  if (tasks.length === 0) throw failureError('RunTask', failure ?? { reason: 'no task' })
  return { tasks, refused: failure && [failure.reason, failure.detail].filter(Boolean).join(': ') }
}

/** Tasks by their ARNs; those that AWS does not (yet, or any more) know are left out. */
export async function describeTasks(
  session: AwsSession,
  cluster: string,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Task>> {
  const found = new Map<string, Task>()
  const answers = await Promise.all(
    batches(arns, DESCRIBE_MAX).map((tasks) =>
      session.ask(ecsRead, (ecs, options) => ecs.describeTasks({ cluster, tasks, include: ['TAGS'] }, options), signal),
    ),
  )
  for (const { tasks = [] } of answers) for (const task of tasks) if (task.taskArn) found.set(task.taskArn, task)
  return found
}

/** ARNs of tasks, every page. ECS takes a service or a family, not both. */
export async function listTasks(
  session: AwsSession,
  of: { cluster: string; serviceName?: string; family?: string; startedBy?: string; desiredStatus?: DesiredStatus },
  signal?: AbortSignal,
): Promise<string[]> {
  const arns: string[] = []
  let nextToken: string | undefined
  do {
    const page = await session.ask(ecsRead, (ecs, options) => ecs.listTasks({ ...of, nextToken }, options), signal)
    arns.push(...(page.taskArns ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return arns
}

/** Asks ECS to stop a task. */
export async function stopTask(
  session: AwsSession,
  cluster: string,
  task: string,
  reason: string,
  signal?: AbortSignal,
): Promise<void> {
  await session.ask(ecsRun, (ecs, options) => ecs.stopTask({ cluster, task, reason }, options), signal)
}
