// What a browser must fetch before it shows a page, and what one more page costs; packed, as it travels.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../../console/dist/', import.meta.url))
const FIRST_LOAD_KB = 180
const PAGE_KB = 20
const built = existsSync(`${dist}index.html`)

const read = (name: string): string => readFileSync(`${dist}assets/${name}`, 'utf8')
const packedKb = (name: string): number => gzipSync(read(name)).length / 1000
const importsOf = (name: string): string[] =>
  [...read(name).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(([, file]) => file ?? '')

/** A file with all that it imports at once. */
function withImports(names: readonly string[]): Set<string> {
  const all = new Set<string>()
  const open = [...names]
  for (let name = open.pop(); name; name = open.pop()) {
    if (all.has(name)) continue
    all.add(name)
    open.push(...importsOf(name))
  }
  return all
}

test.skipIf(!built)('the first load stays below its budget, and so does each further page', () => {
  const html = readFileSync(`${dist}index.html`, 'utf8')
  const first = withImports([...html.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name ?? ''))
  const firstKb = [...first].reduce((sum, name) => sum + packedKb(name), 0)
  expect(first.size).toBeGreaterThan(2)
  expect(firstKb).toBeLessThan(FIRST_LOAD_KB)
  const pages = readdirSync(`${dist}assets`).filter((name) => name.endsWith('.js') && !first.has(name))
  expect(pages.length).toBeGreaterThan(10)
  expect(pages.filter((name) => packedKb(name) > PAGE_KB)).toEqual([])
})

test.skipIf(!built)('nothing is fetched from anywhere else', () => {
  const files = readdirSync(`${dist}assets`).filter((name) => /\.(js|css)$/.test(name))
  // Names of XML are no addresses, and what libraries print of their documentation is not fetched.
  const addresses = files.flatMap((name) =>
    [...read(name).matchAll(/(?:url\(|fetch\(|src=|import\()["'`]?(https?:\/\/[^"'`)\s]+)/g)].map(([, address]) => address),
  )
  expect(addresses).toEqual([])
})
