import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { pages, repositoryFiles } from './pages.ts'

const all = pages()
const byPath = new Map(all.map((page) => [page.path, page]))

/** Where a link of a page leads: a file of the repository, and a heading in it. */
function targetOf(from: string, link: string): { file: string; anchor: string | undefined } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  return { file: path === '' ? from : normalize(join(dirname(from), path)), anchor }
}

test('every link leads to something that is there', () => {
  const broken = all.flatMap((page) =>
    page.links
      .filter((link) => {
        const target = targetOf(page.path, link)
        if (!target) return false
        const { file, anchor } = target
        return !existsSync(file) || (anchor !== undefined && !byPath.get(file)?.anchors.includes(anchor))
      })
      .map((link) => `${page.path}: ${link}`),
  )
  expect(all.flatMap(({ links }) => links).length).toBeGreaterThan(50)
  expect(broken).toEqual([])
})

test('every page can be reached from the README', () => {
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const link of byPath.get(path)?.links ?? []) {
      const target = targetOf(path, link)
      if (target && byPath.has(target.file)) visit(target.file)
    }
  }
  visit('README.md')
  expect(all.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([])
})

/** Samples, not files: what a recipe would make, and names with a hole. */
const SAMPLE = /backup|NNNN|[*{…<]/
const PLACE = /^(\.ci|bin|script|src|test|docs|examples|bench|schema)\/[\w./-]+$/

test('every file that a page names is there, and every script can be run', () => {
  const named = all.flatMap(({ path, code, shell }) =>
    [...code, ...shell.flatMap((line) => line.split(/\s+/))]
      .filter((word) => PLACE.test(word) && !SAMPLE.test(word))
      .map((word) => ({ path, word })),
  )
  const folders = (path: string) => ['', `${dirname(path)}/`]
  const missing = named.filter(({ path, word }) => !folders(path).some((folder) => existsSync(folder + word)))
  expect(named.length).toBeGreaterThan(50)
  expect(missing).toEqual([])
  const scripts = repositoryFiles().filter((file) => /^(script|bin)\/[^.]+$|^\.ci\/run$/.test(file))
  expect(scripts.filter((file) => (statSync(file).mode & 0o111) === 0)).toEqual([])
})
