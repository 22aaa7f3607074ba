// How other tools tell the end of a rollout, written down from their sources: each looks from time to time, and may answer.
import type { ECS, Service, Task } from '@aws-sdk/client-ecs'

export interface Watched {
  ecs: ECS
  cluster: string
  service: string
  /** The task definition that was just deployed. */
  definition: string
  /** The desired count when it was. */
  desired: number
}

export type Outcome = 'success' | 'failure'

/** One look; undefined while the tool would go on waiting. */
export type Look = () => Promise<Outcome | undefined>

export interface Tool {
  begin(at: Watched): Look
  /** What it says when it has waited as long as it does. */
  atLimit: Outcome
}

type Place = Pick<Watched, 'ecs' | 'cluster' | 'service'>

export async function describedService({ ecs, cluster, service }: Place): Promise<Service> {
  const { services: [found] = [] } = await ecs.describeServices({ cluster, services: [service] })
  if (!found) throw new Error(`There is no service ${service}`)
  return found
}

/** The first page alone. */
export async function tasksOf({ ecs, cluster, service }: Place, desiredStatus: 'RUNNING' | 'STOPPED'): Promise<Task[]> {
  const { taskArns = [] } = await ecs.listTasks({ cluster, serviceName: service, desiredStatus })
  return taskArns.length === 0 ? [] : ((await ecs.describeTasks({ cluster, tasks: taskArns })).tasks ?? [])
}
