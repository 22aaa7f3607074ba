import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRepository } from '../../../test/git-repository.ts'
import { commitHere } from './commit-here.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiban-commit-here-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const clone = makeRepository(join(folder, 'clone'))
const first = clone.commit('First', { 'kiban.yml': 'product: bookshop\n', 'web/server.ts': '' })
clone.git('tag', 'v1')
clone.git('switch', '--quiet', '--create', 'prices')
const second = clone.commit('Second', { 'web/server.ts': '// prices' })

const ask = async (more: { product?: string; repository?: string; ref?: string; commit?: string }, far = true) => {
  const wanted = { product: 'bookshop', repository: clone.folder, ref: 'HEAD', ...more }
  const { input, notes } = await commitHere(wanted, { far, signal: AbortSignal.timeout(60_000) })
  return [input, ...notes.map(({ text }) => text.en)]
}
const here = (commit: string, name?: string) => `Commit ${commit.slice(0, 12)}${name ? ` (${name})` : ''} of the clone here`

test('in a clone of the product a name means what it means there, for a server too', async () => {
  expect(await ask({})).toEqual([{ commit: second, ref: 'prices' }, here(second, 'prices')])
  expect(await ask({}, false)).toEqual([{ commit: second, ref: 'prices' }])
  expect(await ask({ ref: 'main' })).toEqual([{ commit: first, ref: 'main' }, here(first, 'main')])
  expect(await ask({ ref: 'v1' })).toEqual([{ commit: first, ref: 'v1' }, here(first, 'v1')])
  expect(await ask({ commit: first.slice(0, 7) })).toEqual([{ commit: first, ref: first.slice(0, 7) }, here(first)])
  expect(await ask({ repository: join(clone.folder, 'web') })).toEqual([
    { commit: second, ref: 'prices' },
    here(second, 'prices'),
  ])
})

test('what is not committed is loudly no part of it, where the commit is the one that is checked out', async () => {
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(clone.folder, name), '')
  const note = 'Not part of it: uncommitted changes in 4 files (a, b, c and 1 more)'
  expect(await ask({})).toEqual([{ commit: second, ref: 'prices' }, here(second, 'prices'), note])
  expect(await ask({}, false)).toEqual([{ commit: second, ref: 'prices' }, note])
  expect(await ask({ ref: 'main' })).toEqual([{ commit: first, ref: 'main' }, here(first, 'main')])
  clone.git('clean', '--quiet', '--force')
})

test('what the clone does not know, another product and another folder are left to whoever does the work', async () => {
  expect(await ask({ ref: 'only-at-the-remote' })).toEqual([{}])
  expect(await ask({ ref: '--output=/etc/passwd' })).toEqual([{}])
  const elsewhere = 'This is no clone of toyshop: the default branch of its repository is meant'
  expect(await ask({ product: 'toyshop' })).toEqual([{}, elsewhere])
  expect(await ask({ product: 'toyshop', ref: 'main' })).toEqual([{}])
  expect(await ask({ product: 'toyshop' }, false)).toEqual([{}])
  expect(await ask({ repository: folder })).toEqual([{}, elsewhere.replace('toyshop', 'bookshop')])
  expect(await ask({ repository: 'https://git.example/shop' }, false)).toEqual([{}])
})
