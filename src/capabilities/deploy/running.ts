// What runs where, from the deployments that went well.
import type { Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import type { Release } from './release-store.ts'

export interface Running {
  service: string
  release: Release
  deploymentId: string
  since: number
}

interface Place {
  product: string
  environment: string
}

/** What runs, without what it was made of: the release's manifest and definitions weigh more than all the rest. */
export interface RunningCommit {
  service: string
  releaseId: string
  commit: string
  deploymentId: string
  since: number
}

/** Each service's last rollout that succeeded. Releases are joined to what is left of it: few, and they are large. */
const LAST = `(select distinct on (r.service) r.service, d.id as deployment_id, r.ended_at as since, d.release_id
  from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
  where d.product = $1 and d.environment = $2 and r.verdict = 'succeeded' and r.action <> 'for-task'
  order by r.service, d.created_at desc) last join deploy_releases l on l.id = last.release_id`

/** The commit of each service's last rollout that succeeded, by service. */
export async function currentCommits(database: Queryable, place: Place): Promise<RunningCommit[]> {
  const rows = await database.query(
    `select last.service, last.release_id, l.commit, last.deployment_id, last.since from ${LAST} order by last.service`,
    [place.product, place.environment],
  )
  return rows.map((row) => fromRow<RunningCommit>(row))
}

/** The release of each service's last rollout that succeeded, by service. */
export async function currentReleases(database: Queryable, place: Place): Promise<Running[]> {
  const rows = await database.query<{ service: string; deployment: string; since: Date; release: object }>(
    `select last.service, last.deployment_id as deployment, last.since, to_jsonb(l) as release from ${LAST} order by last.service`,
    [place.product, place.environment],
  )
  return rows.map(({ service, deployment, since, release }) => ({
    service,
    release: releaseOf(release),
    deploymentId: deployment,
    since: since.getTime(),
  }))
}

/** For each service the release that went well last, and the one that went well before it. */
export async function lastTwoReleases(
  database: Queryable,
  place: Place,
): Promise<{ service: string; current: Release; since: number; before: Release | undefined }[]> {
  const rows = await database.query<{ service: string; last: Date; current: object; before: object | null }>(
    `with went as
       (select r.service, d.release_id, max(d.created_at) as last
        from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
        where d.product = $1 and d.environment = $2 and r.verdict = 'succeeded' and r.action <> 'for-task'
        group by r.service, d.release_id),
     ranked as
       (select service, last, release_id, lead(release_id) over by_time as before_id, row_number() over by_time as place
        from went window by_time as (partition by service order by last desc))
     select service, last, to_jsonb(c) as current, to_jsonb(b) as before
     from ranked join deploy_releases c on c.id = release_id left join deploy_releases b on b.id = before_id
     where place = 1 order by service`,
    [place.product, place.environment],
  )
  return rows.map(({ service, last, current, before }) => ({
    service,
    current: releaseOf(current),
    since: last.getTime(),
    before: before ? releaseOf(before) : undefined,
  }))
}

/** Releases that went well here, each once, the latest first; without the one that every such service runs already. */
export async function earlierReleases(
  database: Queryable,
  { product, environment, services }: Place & { services: readonly string[] },
): Promise<Release[]> {
  const rows = await database.query<{ release: object }>(
    `select to_jsonb(l) as release from
       (select d.release_id, max(d.created_at) as last
        from deploy_rollouts r join deploy_deployments d on d.id = r.deployment_id
        where d.product = $1 and d.environment = $2 and r.verdict = 'succeeded' and r.action <> 'for-task'
          and ($3::text[] is null or r.service = any ($3))
        group by d.release_id) done
     join deploy_releases l on l.id = done.release_id order by done.last desc`,
    [product, environment, services.length > 0 ? services : null],
  )
  const running = (await currentReleases(database, { product, environment })).filter(
    ({ service }) => services.length === 0 || services.includes(service),
  )
  return rows.map(({ release }) => releaseOf(release)).filter(({ id }) => !running.every(({ release }) => release.id === id))
}

/** A row that came as JSON has its times as text. */
const releaseOf = (row: object): Release => {
  const release = fromRow<Release & { createdAt: unknown }>(row)
  return { ...release, createdAt: new Date(String(release.createdAt)).getTime() }
}
