import { json, type Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import type { Manifest } from '../../manifest/manifest.ts'

/** A commit, the manifest at that commit and its images: built once, brought to any environment unchanged. */
export interface Release {
  id: string
  product: string
  commit: string
  /** Fingerprint of what the images were built from. */
  inputs: string
  repository: string
  ref: string
  manifest: Manifest
  /** Task definitions that services start from, by service. */
  definitions: Record<string, Record<string, unknown>>
  images: Record<string, ReleaseImage>
  createdAt: number
  createdBy: string
}

export interface ReleaseImage {
  /** `registry/repository@sha256:…`, or what the manifest names where nothing is built. */
  reference: string
  digest: string | undefined
  /** `docker`, `process`…; undefined for a ready image. */
  builder: string | undefined
}

/** Keeps a release, or gives the one that another process made of the same commit and inputs meanwhile. */
export async function keepRelease(database: Queryable, release: Release): Promise<Release> {
  await database.query(
    `insert into deploy_releases (id, product, commit, inputs, repository, ref, manifest, definitions, images, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::double precision / 1000), $11)
     on conflict (product, commit, inputs) do nothing`,
    [
      release.id,
      release.product,
      release.commit,
      release.inputs,
      release.repository,
      release.ref,
      json(release.manifest),
      json(release.definitions),
      json(release.images),
      release.createdAt,
      release.createdBy,
    ],
  )
  return (await sameRelease(database, release)) ?? release
}

export async function sameRelease(
  database: Queryable,
  of: Pick<Release, 'product' | 'commit' | 'inputs'>,
): Promise<Release | undefined> {
  const [row] = await database.query('select * from deploy_releases where product = $1 and commit = $2 and inputs = $3', [
    of.product,
    of.commit,
    of.inputs,
  ])
  return row && fromRow<Release>(row)
}

export async function findRelease(database: Queryable, id: string): Promise<Release | undefined> {
  const [row] = await database.query('select * from deploy_releases where id = $1', [id])
  return row && fromRow<Release>(row)
}

/** Newest first; those of a branch or tag, those older than another, where that is asked. */
export async function listReleases(
  database: Queryable,
  { product, ref, before, limit }: { product: string; ref?: string; before?: string; limit: number },
): Promise<Release[]> {
  const rows = await database.query(
    `select * from deploy_releases where product = $1 and ($2::text is null or ref = $2)
       and ($3::text is null or (created_at, id) < (select b.created_at, b.id from deploy_releases b where b.id = $3))
     order by created_at desc, id desc limit $4`,
    [product, ref ?? null, before ?? null, limit],
  )
  return rows.map((row) => fromRow<Release>(row))
}
