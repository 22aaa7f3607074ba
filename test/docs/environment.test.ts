import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { repositoryFiles } from './pages.ts'

/** Members of values that are called environment and are not this process's. */
const NOT_OURS = new Set(['LOG_LEVEL'])

/** Names that the source of a folder reads, in TypeScript and in shell scripts. */
function readBy(files: string[]): string[] {
  const names = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const shell = file.startsWith('bin/')
    const pattern = shell ? /\$\{([A-Z][A-Z0-9_]*):-/g : /\benv(?:ironment)?\.([A-Z][A-Z0-9_]+)\b/g
    return [...text.matchAll(pattern)].map(([, name = '']) => name)
  })
  return [...new Set(names)].filter((name) => !NOT_OURS.has(name)).sort()
}

/** Names in the first column of the tables of some sections. */
function toldIn(...sections: string[]): string[] {
  const page = readFileSync('docs/operate/environment.md', 'utf8')
  const told = page
    .split(/^## /m)
    .filter((section) => sections.some((title) => section.startsWith(`${title}\n`)))
    .flatMap((section) => section.split('\n').filter((line) => line.startsWith('| `')))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  return [...new Set(told)].sort()
}

test('every variable that kiban reads is told, and no other', () => {
  const files = repositoryFiles().filter(
    (file) => file === 'bin/kiban' || (/^src\/.*\.ts$/.test(file) && !/test\.ts$|-for-tests\.ts$/.test(file)),
  )
  expect(toldIn("kiban's own", 'What they mean elsewhere, they mean here', 'Git')).toEqual(readBy(files))
})

test('every variable of tests and benches is told, and no other', () => {
  const files = repositoryFiles().filter((file) => /^(test|bench)\/.*\.ts$/.test(file) && !file.startsWith('test/docs/'))
  const elsewhere = toldIn("kiban's own", 'What they mean elsewhere, they mean here', 'Git')
  const read = readBy(files).filter((name) => !elsewhere.includes(name) && !name.startsWith('AWS_'))
  expect(toldIn('Tests and benches')).toEqual(read)
})
