// Read-only answers from the database; none asks AWS, so they are quick.
import { badCursor, pageOf } from '../../core/paging.ts'
import type { Database } from '../../database/database.ts'
import { type DeploymentFilter, findDeployment, listDeployments } from './deployment-store.ts'
import { heldLocks } from './lock.ts'
import { findRelease, listReleases } from './release-store.ts'
import { currentCommits } from './running.ts'
import type { DeploymentShape, ReleaseShape, StatusShape } from './shapes.ts'
import { deploymentShape } from './watch.ts'

/** How each environment stands, or the one that is named. */
export async function status(database: Database, product: string, environment: string | undefined): Promise<StatusShape> {
  const environments = environment === undefined ? await knownEnvironments(database, product) : [environment]
  return {
    product,
    environments: await Promise.all(
      environments.map(async (name) => {
        const place = { product, environment: name }
        const [services, open, [last], locks] = await Promise.all([
          currentCommits(database, place),
          listDeployments(database, { ...place, state: 'open' }),
          listDeployments(database, { ...place, state: 'done', limit: 1 }),
          heldLocks(database, place),
        ])
        return {
          environment: name,
          services,
          open: open.map(deploymentShape),
          ...(last ? { last: deploymentShape(last) } : {}),
          locks,
        }
      }),
    ),
  }
}

/** A page of deployments, the newest first. Throws `input.invalid` for a cursor that is none of the product's. */
export async function deployments(
  database: Database,
  { cursor, limit, ...filter }: DeploymentFilter & { cursor?: string; limit: number },
): Promise<{ deployments: DeploymentShape[]; next: string | undefined }> {
  if (cursor !== undefined && (await findDeployment(database, cursor))?.product !== filter.product) throw badCursor()
  const found = await listDeployments(database, { ...filter, before: cursor, limit: limit + 1 })
  const { items, next } = pageOf(found, limit, ({ id }) => id)
  return { deployments: items.map(deploymentShape), next }
}

/** A page of releases, the newest first, and where each runs now. Throws `input.invalid`, likewise. */
export async function releases(
  database: Database,
  { product, ref, cursor, limit }: { product: string; ref?: string; cursor?: string; limit: number },
): Promise<{ releases: ReleaseShape[]; next: string | undefined }> {
  if (cursor !== undefined && (await findRelease(database, cursor))?.product !== product) throw badCursor()
  const environments = await knownEnvironments(database, product)
  const running = await Promise.all(
    environments.map(async (environment) => ({
      environment,
      services: await currentCommits(database, { product, environment }),
    })),
  )
  const runningIn = (id: string) =>
    Object.fromEntries(
      running
        .map(
          ({ environment, services }) =>
            [environment, services.filter(({ releaseId }) => releaseId === id).map(({ service }) => service)] as const,
        )
        .filter(([, services]) => services.length > 0),
    )
  const found = await listReleases(database, { product, ref, before: cursor, limit: limit + 1 })
  const { items, next } = pageOf(found, limit, ({ id }) => id)
  const shapes = items.map(({ id, commit, ref, repository, images, createdAt, createdBy }) => ({
    id,
    product,
    commit,
    ref,
    repository,
    images,
    createdAt,
    createdBy,
    running: runningIn(id),
  }))
  return { releases: shapes, next }
}

async function knownEnvironments(database: Database, product: string): Promise<string[]> {
  const rows = await database.query<{ environment: string }>(
    // One that only a slip of the keyboard named is none.
    `select environment from deploy_deployments where product = $1 and coalesce(error->>'code', '') <> 'environment.unknown' union select environment from deploy_locks
     where product = $1 and holder is not null order by 1`,
    [product],
  )
  return rows.map(({ environment }) => environment)
}
