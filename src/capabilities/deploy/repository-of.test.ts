import { expect, test } from 'vitest'
import { json } from '../../database/database.ts'
import { openDatabase } from '../../database/open-database.ts'
import { repositoryOf } from './repository-of.ts'

test('without a server the caller names the repository; a server goes by its catalogue alone', async () => {
  const database = await openDatabase({})
  await database.query(
    `insert into products_products (name, repository, ref, manifest, commit, added_by, added_at, read_at)
     values ('bookshop', 'https://git.example/shop', 'HEAD', $1, 'abc', 'sora', now(), now())`,
    [json({})],
  )
  const of = (repository: string, caller: Record<string, string> | undefined, product = 'bookshop') =>
    repositoryOf({ database }, caller, { product, repository })
  expect(await of('/clones/shop', {})).toBe('/clones/shop')
  expect(await of('/clones/shop', undefined)).toBe('https://git.example/shop')
  expect(await of('/etc', undefined)).toBe('https://git.example/shop')
  expect(await of('https://git.example/shop', undefined)).toBe('https://git.example/shop')
  await expect(of('https://evil.example/shop', undefined)).rejects.toMatchObject({ code: 'deploy.repository-unknown' })
  await expect(of('/x', undefined, 'toyshop')).rejects.toMatchObject({ code: 'product.unknown' })
  await database.close()
})
