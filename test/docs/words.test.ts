import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { repositoryFiles } from './pages.ts'

/** A home folder, or a folder that only one machine has. */
const OF_A_MACHINE = /(?<![\w./-])\/(?:home|Users|root|work|workspace|mnt)\/[\w-]+/g
/** The user of Node's own image. */
const ALLOWED = new Set(['/home/node'])

test('no file names a place of the machine on which it was written', () => {
  const found = repositoryFiles().flatMap((file) => {
    const content = readFileSync(file)
    if (content.includes(0)) return []
    return (content.toString().match(OF_A_MACHINE) ?? [])
      .filter((place) => !ALLOWED.has(place))
      .map((place) => `${file}: ${place}`)
  })
  expect(found).toEqual([])
})

test('both READMEs show the same commands and lead to the same pages', () => {
  const commands = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/^((?:kiban |(?:bin|script)\/\S).*?)(?:\s+#.*)?$/gm)].map(([, line]) => line)
  const links = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/\]\(([^)]+)\)/g)]
      .map(([, link = '']) => link.replace(/\.ja\b/, ''))
      .filter((link) => link !== 'README.md')
  expect(commands('README.md').length).toBeGreaterThan(1)
  expect(commands('README.ja.md')).toEqual(commands('README.md'))
  expect(links('README.ja.md')).toEqual(links('README.md'))
})
