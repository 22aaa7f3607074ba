import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRepository, type TestRepository } from '../../../test/git-repository.ts'
import type { Actor } from '../../core/actor.ts'
import { realClock } from '../../core/clock.ts'
import type { Context } from '../../core/operation.ts'
import { runner } from '../../core/runner.ts'
import type { Database } from '../../database/database.ts'
import { openDatabase } from '../../database/open-database.ts'
import { productOperations } from './operations.ts'

const manifest = `
product: bookshop
owners: { team: books, managers: [aoi] }
environments: { staging: {}, production: { protected: true, approvals: 1 } }
services:
  web: { build: ., port: 3000, health: / }
`
const sre: Actor = { kind: 'user', name: 'sora', grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'http' }

let folder: string
let database: Database
let repository: TestRepository
let run: ReturnType<typeof runner>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-catalogue-'))
  database = await openDatabase({})
  repository = makeRepository(join(folder, 'shop'))
  repository.commit('Open the shop', { 'kiban.yml': manifest })
  run = runner(productOperations({ catalogue: async () => ({ database, clock: realClock, dataFolder: join(folder, 'data') }) }))
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const ask = (name: string, input: object, actor = sre) => {
  const context: Context = { actor, signal: new AbortController().signal, requestId: 'req_1', environment: undefined }
  return run.call(name, input, context)
}
const names = async (actor: Actor) =>
  ((await ask('product.list', {}, actor)) as { products: { name: string }[] }).products.map(({ name }) => name)

test('a product is added by its repository, shown by what its manifest says, and read again after a change', async () => {
  expect(await ask('product.add', { repository: repository.folder })).toMatchObject({
    name: 'bookshop',
    repository: repository.folder,
    owners: { team: 'books', managers: ['aoi'], developers: [], sre: [] },
    environments: [
      { name: 'staging', protected: false, approvals: 0 },
      { name: 'production', protected: true, approvals: 1 },
    ],
    services: ['web'],
  })
  const commit = repository.commit('Add an API', { 'kiban.yml': `${manifest}  api: { image: example/api }\n` })
  expect(await ask('product.add', { repository: repository.folder })).toMatchObject({ commit, services: ['api', 'web'] })
  const rows = await database.query('select type, subject, actor from events order by seq')
  expect(rows).toEqual([
    { type: 'product.added', subject: 'product/bookshop', actor: 'sora' },
    { type: 'product.read', subject: 'product/bookshop', actor: 'sora' },
  ])
})

test('a second repository does not take a product over, and one without a sound manifest is told so', async () => {
  const other = makeRepository(join(folder, 'other'))
  other.commit('Nothing yet', { 'README.md': 'soon' })
  await expect(ask('product.add', { repository: other.folder })).rejects.toMatchObject({ code: 'manifest.missing' })
  other.commit('The same name', { 'kiban.yml': manifest })
  await expect(ask('product.add', { repository: other.folder })).rejects.toMatchObject({ code: 'product.exists' })
  other.commit('Broken', { 'kiban.yml': 'product: toyshop\nservces: {}\n' })
  await expect(ask('product.add', { repository: other.folder })).rejects.toMatchObject({ code: 'manifest.invalid' })
})

test('everybody sees the products of which they may see an environment', async () => {
  const viewer = (product: string, environment: string): Actor => ({ ...sre, grants: [{ role: 'viewer', product, environment }] })
  expect(await names(viewer('bookshop', 'staging'))).toEqual(['bookshop'])
  expect(await names(viewer('toyshop', '*'))).toEqual([])
  await expect(ask('product.show', { name: 'bookshop' }, viewer('toyshop', '*'))).rejects.toMatchObject({
    code: 'permission.denied',
  })
  await expect(ask('product.add', { repository: repository.folder }, viewer('*', '*'))).rejects.toMatchObject({
    code: 'permission.denied',
  })
})

test('a product that is taken out is gone from the list, and may come back', async () => {
  await ask('product.remove', { name: 'bookshop' })
  expect(await names(sre)).toEqual([])
  await expect(ask('product.remove', { name: 'bookshop' })).rejects.toMatchObject({ code: 'product.unknown' })
  await ask('product.add', { repository: repository.folder })
  expect(await names(sre)).toEqual(['bookshop'])
})
