import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../core/actor.ts'
import type { Role } from '../../core/permission.ts'
import { type Database, json } from '../../database/database.ts'
import { openDatabase } from '../../database/open-database.ts'
import { readManifest } from '../../manifest/load.ts'
import { refuseProtected } from './refuse-protected.ts'

let database: Database
beforeAll(async () => {
  database = await openDatabase({})
  const { manifest } = readManifest(`
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: { protected: true } }
services: { web: { image: example/web } }
`)
  await database.query(
    `insert into products_products (name, repository, ref, manifest, commit, added_by, added_at, read_at)
     values ('bookshop', '.', 'main', $1, 'c', 'aoi', now(), now())`,
    [json(manifest)],
  )
})
afterAll(() => database.close())

const held = (role: Role): Actor => ({
  kind: 'user',
  name: 'haru',
  grants: [{ role, product: '*', environment: '*' }],
  face: 'http',
})
const refused = (role: Role, environment: string, product = 'bookshop') =>
  refuseProtected(database, held(role), { product, environment }).then(
    () => false,
    ({ code }) => code,
  )

test('what rolls in a protected environment is stopped and held up by managers and SREs alone', async () => {
  expect(await refused('developer', 'production')).toBe('permission.denied')
  expect(await refused('developer', 'staging')).toBe(false)
  expect(await refused('manager', 'production')).toBe(false)
})

test('what the catalogue does not know counts as protected', async () => {
  expect(await refused('developer', 'staging', 'unknown')).toBe('permission.denied')
  expect(await refused('developer', 'review')).toBe('permission.denied')
  expect(await refused('sre', 'staging', 'unknown')).toBe(false)
})
