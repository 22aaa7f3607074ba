import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import type { Database, Queryable } from '../../../database/database.ts'
import { type EnvironmentManifest, forEnvironment, type ServiceManifest } from '../../../manifest/environment.ts'
import type { Manifest } from '../../../manifest/manifest.ts'
import { productNamed } from '../../products/catalogue.ts'

export interface Place {
  product: string
  environment: string
}

/**
 * What the environment is made of: as the newest release that went well there says it, else the newest that was tried, else
 * the catalogue; and what is being rolled out there now. Throws `product.unknown` and `environment.unknown`.
 */
export async function standingManifest(database: Database, place: Place): Promise<EnvironmentManifest> {
  const manifest = (await deployedManifest(database, place)) ?? (await productNamed(database, place.product)).manifest
  const standing = forEnvironment(manifest, place.environment)
  const coming = await deployedManifest(database, place, 'under way')
  const added = coming && forEnvironment(coming, place.environment).services
  return added ? { ...standing, services: { ...standing.services, ...added } } : standing
}

async function deployedManifest(
  database: Queryable,
  { product, environment }: Place,
  which: 'newest' | 'under way' = 'newest',
): Promise<Manifest | undefined> {
  const [row] = await database.query<{ manifest: Manifest }>(
    `select l.manifest from deploy_deployments d join deploy_releases l on l.id = d.release_id
     where d.product = $1 and d.environment = $2 and ($3 = 'newest' or d.state <> 'done')
     order by coalesce(d.verdict = 'succeeded', false) desc, d.created_at desc limit 1`,
    [product, environment, which],
  )
  return row?.manifest
}

/** The named services, or all of them in name order. Throws `deploy.service-unknown`. */
export function servicesOf(manifest: EnvironmentManifest, named: readonly string[]): ServiceManifest[] {
  const known = Object.values(manifest.services).flatMap(({ name, tasksOnly }) => (tasksOnly ? [] : [name]))
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const hint = deploy.servicesHint(known.join(', '))
    throw new KibanError('not-found', 'deploy.service-unknown', deploy.serviceUnknown(unknown), { hint })
  }
  const names = named.length > 0 ? [...new Set(named)] : known.sort()
  return names.flatMap((name) => manifest.services[name] ?? [])
}
