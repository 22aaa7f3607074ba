// Which commit a task definition is of, from the rollouts that kiban made.
import type { Queryable } from '../../../database/database.ts'
import type { Place } from './service-places.ts'
import type { Version } from './service-shapes.ts'

export type Versions = (definition: string) => Version

/** The deployment that brought each task definition there last; of others only the definition is known. */
export async function versionsOf(database: Queryable, place: Place, definitions: readonly string[]): Promise<Versions> {
  const rows = await database.query<{ definition: string; commit: string | null; deployment: string }>(
    `select distinct on (r.definition) r.definition, d.commit, d.id as deployment
     from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
     where d.product = $1 and d.environment = $2 and r.definition = any ($3)
     order by r.definition, d.created_at desc`,
    [place.product, place.environment, [...new Set(definitions)]],
  )
  const known = new Map(rows.map(({ definition, commit, deployment }) => [definition, { commit, deployment }]))
  return (definition) => {
    const { commit, deployment } = known.get(definition) ?? {}
    return { definition, ...(commit ? { commit } : {}), ...(deployment ? { deployment } : {}) }
  }
}

/** The task definitions that went well for a service, each once, the latest first; two at most. */
export async function lastDefinitions(database: Queryable, place: Place, service: string): Promise<string[]> {
  const rows = await database.query<{ definition: string }>(
    `select r.definition from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
     where d.product = $1 and d.environment = $2 and r.service = $3 and r.verdict = 'succeeded'
       and r.action <> 'for-task' and r.definition is not null
     group by r.definition order by max(d.created_at) desc limit 2`,
    [place.product, place.environment, service],
  )
  return rows.map(({ definition }) => definition)
}
