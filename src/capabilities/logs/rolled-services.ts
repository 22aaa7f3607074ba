// Which services run where, from the events of their rollouts.
import { KibanError } from '../../core/error.ts'
import { logs } from '../../core/messages/logs.ts'
import type { Queryable } from '../../database/database.ts'
import { eventsAbout, lastEvents, type StoredEvent } from '../../database/events.ts'

export interface RolledService {
  service: string
  cluster: string
  /** Of the ECS service. */
  name: string
  /** ARN of the task definition that was rolled out last. */
  definition: string
}

/** The services of an environment, or the named ones. Throws `logs.nothing-ran` and `logs.service-unknown`. */
export async function rolledServices(
  database: Queryable,
  place: { product: string; environment: string },
  named: readonly string[],
): Promise<RolledService[]> {
  const last = (await lastEvents(database, { ...place, type: 'rollout.started' }, 'service')).map(rolled)
  if (last.length === 0) {
    throw new KibanError('not-found', 'logs.nothing-ran', logs.nothingRan(place.environment), {
      hint: logs.nothingRanHint(place.environment),
    })
  }
  return chosen(last, named)
}

/** What one deployment rolled and ran, and when. */
export interface DeploymentRun {
  services: RolledService[]
  /** Tasks that ran before its services rolled. */
  tasks: { task: string; taskArn: string; definition: string }[]
  from: number
  /** Undefined while it goes on. */
  to: number | undefined
}

/** Throws `deployment.unknown`, also for another product's: whoever may look at one learns nothing of another. */
export async function runOf(database: Queryable, product: string, id: string): Promise<DeploymentRun> {
  const events = await eventsAbout(database, `deployment/${id}`)
  const [first] = events
  if (first?.product !== product)
    throw new KibanError('not-found', 'deployment.unknown', logs.deploymentUnknown(id), { hint: logs.deploymentUnknownHint })
  const of = (type: string) => events.filter((event) => event.type === type)
  return {
    services: of('rollout.started').map(rolled),
    tasks: of('migration.started').map(({ data }) => data as DeploymentRun['tasks'][number]),
    from: first.at,
    to: of('deployment.ended')[0]?.at,
  }
}

export function chosen(services: readonly RolledService[], named: readonly string[]): RolledService[] {
  const unknown = named.find((name) => !services.some(({ service }) => service === name))
  if (unknown !== undefined) {
    const known = services.map(({ service }) => service).join(', ')
    throw new KibanError('not-found', 'logs.service-unknown', logs.serviceUnknown(unknown), { hint: logs.servicesHint(known) })
  }
  return named.length > 0 ? services.filter(({ service }) => named.includes(service)) : [...services]
}

const rolled = ({ data }: StoredEvent): RolledService => data as unknown as RolledService
