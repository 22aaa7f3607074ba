// The catalogue: which products there are, whose they are and what they are made of.
import type { Actor } from '../../core/actor.ts'
import type { Clock } from '../../core/clock.ts'
import { KibanError } from '../../core/error.ts'
import { products as text } from '../../core/messages/products.ts'
import { can, SOME } from '../../core/permission.ts'
import { type Database, json, type Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'
import { resolveRef } from '../../git/resolve-ref.ts'
import type { Manifest } from '../../manifest/manifest.ts'
import { manifestAt } from './manifest-at.ts'

export interface Catalogue {
  database: Database
  clock: Clock
  /** For copies of repositories. */
  dataFolder: string
}

export interface Product {
  name: string
  repository: string
  ref: string
  manifest: Manifest
  commit: string
  addedBy: string
  addedAt: number
  readAt: number
}

/** Adds a product by its repository, or reads it again. Throws what git and the manifest have to say. */
export async function addProduct(
  { database, clock, dataFolder }: Catalogue,
  actor: Actor,
  { repository, ref }: { repository: string; ref: string },
  signal?: AbortSignal,
): Promise<Product> {
  const where = { repository, dataFolder, signal }
  const { commit } = await resolveRef({ ...where, ref })
  const source = await manifestAt({ ...where, commit }, undefined)
  if (source === undefined) {
    throw new KibanError('not-found', 'manifest.missing', text.noManifest(repository, ref), { hint: text.noManifestHint })
  }
  const { manifest } = source
  const now = clock.now()
  const product: Product = {
    name: manifest.product,
    repository,
    ref,
    manifest,
    commit,
    addedBy: actor.name,
    addedAt: now,
    readAt: now,
  }
  await database.transaction(async (tx) => {
    const known = await findProduct(tx, product.name)
    if (known && known.repository !== repository)
      throw new KibanError('conflict', 'product.exists', text.exists(product.name, known.repository), {
        hint: text.existsHint(product.name),
      })
    await tx.query(
      `insert into products_products (name, repository, ref, manifest, commit, added_by, added_at, read_at)
       values ($1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000), to_timestamp($7::double precision / 1000))
       on conflict (name) do update set ref = excluded.ref, manifest = excluded.manifest, commit = excluded.commit, read_at = excluded.read_at`,
      [product.name, repository, ref, json(manifest), commit, actor.name, now],
    )
    tell(tx, known ? 'product.read' : 'product.added', product.name, actor, now, { repository, ref, commit })
  })
  return (await findProduct(database, product.name)) ?? product
}

/** Takes a product out of the catalogue; what runs, and what happened, stays. Throws `product.unknown`. */
export async function removeProduct({ database, clock }: Catalogue, actor: Actor, name: string): Promise<void> {
  await database.transaction(async (tx) => {
    const rows = await tx.query('delete from products_products where name = $1 returning name', [name])
    if (rows.length === 0) throw unknown(name)
    tell(tx, 'product.removed', name, actor, clock.now(), {})
  })
}

export async function findProduct(database: Queryable, name: string): Promise<Product | undefined> {
  const [row] = await database.query('select * from products_products where name = $1', [name])
  return row && fromRow<Product>(row)
}

/** Throws `product.unknown`. */
export async function productNamed(database: Queryable, name: string): Promise<Product> {
  const product = await findProduct(database, name)
  if (!product) throw unknown(name)
  return product
}

/** All of them, for kiban's own work. */
export async function allProducts(database: Queryable): Promise<Product[]> {
  return (await database.query('select * from products_products order by name')).map((row) => fromRow<Product>(row))
}

/** Those of which the actor may see an environment at least. */
export async function listProducts(database: Queryable, actor: Actor): Promise<Product[]> {
  return (await allProducts(database)).filter(({ name }) => can(actor, 'read', { product: name, environment: SOME }))
}

const tell = (tx: Queryable, type: string, product: string, actor: Actor, at: number, data: Record<string, unknown>): void =>
  appendEvent(tx, {
    type,
    at,
    product,
    environment: undefined,
    actor: actor.name,
    face: actor.face,
    subject: `product/${product}`,
    data,
  })

const unknown = (name: string): KibanError =>
  new KibanError('not-found', 'product.unknown', text.unknown(name), { hint: text.unknownHint })
