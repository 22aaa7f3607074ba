// Where the lines of services are, as their task definitions say it.
import { describeDefinition } from '../../aws/ecs-definitions.ts'
import { describeServices } from '../../aws/ecs-services.ts'
import type { TaskDefinition } from '../../aws/ecs-shapes.ts'
import type { AwsSession } from '../../aws/session.ts'
import type { RolledService } from './rolled-services.ts'

/** The lines of one container of a service: in a group, in one stream for each task. */
export interface LogPlace {
  service: string
  container: string
  region: string
  group: string
  /** How the names of its streams begin; the task's id follows. */
  streams: string
  cluster: string
}

export interface FoundPlaces {
  places: LogPlace[]
  /** Services whose lines go elsewhere, with the log driver that takes them. */
  elsewhere: { service: string; driver: string }[]
}

type Sessions = (region: string | undefined) => AwsSession

/** A revision never changes, so each is asked for once. */
export type KnownDefinitions = Map<string, Promise<TaskDefinition | undefined>>

/** Where the services write now: by every definition that ECS runs of them, and the one that was rolled out last. */
export async function placesOf(
  aws: Sessions,
  services: readonly RolledService[],
  known: KnownDefinitions,
  signal: AbortSignal,
): Promise<FoundPlaces> {
  const found: FoundPlaces = { places: [], elsewhere: [] }
  for (const [cluster, members] of Map.groupBy(services, (service) => service.cluster)) {
    const session = aws(regionOf(members[0]?.definition))
    const names = members.map(({ name }) => name)
    const standing = await describeServices(session, cluster, names, signal)
    for (const { service, name, definition } of members) {
      const running = standing.get(name)?.deployments?.flatMap(({ taskDefinition = [] }) => taskDefinition) ?? []
      for (const arn of new Set([...running, definition]))
        addPlaces(found, service, cluster, await definitionOf(session, arn, known))
    }
  }
  return found
}

/** Where the tasks of definitions write, under a name of ours. */
export async function placesOfDefinitions(
  aws: Sessions,
  cluster: string,
  named: readonly { name: string; definition: string }[],
  known: KnownDefinitions,
): Promise<FoundPlaces> {
  const found: FoundPlaces = { places: [], elsewhere: [] }
  for (const { name, definition } of named)
    addPlaces(found, name, cluster, await definitionOf(aws(regionOf(definition)), definition, known))
  return found
}

/** `arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:7` */
const regionOf = (arn: string | undefined): string | undefined => arn?.split(':')[3] || undefined

function definitionOf(session: AwsSession, arn: string, known: KnownDefinitions): Promise<TaskDefinition | undefined> {
  // Whoever stops waiting for one must not take it from the others: no signal.
  const asked = known.get(arn) ?? describeDefinition(session, arn)
  known.set(arn, asked)
  asked.catch(() => known.delete(arn))
  return asked
}

function addPlaces(found: FoundPlaces, service: string, cluster: string, definition: TaskDefinition | undefined): void {
  for (const { name = '', logConfiguration } of definition?.containerDefinitions ?? []) {
    const { logDriver = 'none', options = {} } = logConfiguration ?? {}
    const group = options['awslogs-group']
    if (logDriver !== 'awslogs' || group === undefined) {
      if (!found.elsewhere.some((one) => one.service === service)) found.elsewhere.push({ service, driver: logDriver })
      continue
    }
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
    const streams = `${options['awslogs-stream-prefix'] ?? ''}/${name}/`
    const place = { service, container: name, region: options['awslogs-region'] ?? '', group, streams, cluster }
    if (!found.places.some((one) => one.group === group && one.streams === streams && one.service === service))
      found.places.push(place)
  }
}
