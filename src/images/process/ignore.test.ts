import { expect, test } from 'vitest'
import { globMatcher } from './glob.ts'
import { parseIgnore } from './ignore.ts'

test.each([
  ['node_modules', ['node_modules', 'node_modules/a/b'], ['src/node_modules', 'node_modules2']],
  ['/dist/', ['dist', 'dist/a'], ['a/dist']],
  ['*.md', ['README.md'], ['docs/a.md']],
  ['**/*.md', ['README.md', 'docs/deep/a.md'], ['a.mdx']],
  ['a/**/b', ['a/b', 'a/x/y/b', 'a/x/b/c'], ['a/xb']],
  ['a/**', ['a/b', 'a/b/c'], ['b']],
  ['temp?', ['temp1', 'tempa/x'], ['temp', 'temp12', 'temp/']],
  ['[a-c]x', ['ax', 'cx'], ['dx']],
  ['[^a-c]x', ['dx'], ['ax']],
  ['a\\*b', ['a*b'], ['axb']],
])('%s hides %j and not %j', (pattern, hidden, seen) => {
  const ignore = parseIgnore(pattern)
  expect(hidden.filter((path) => !ignore.hides(path))).toEqual([])
  expect(seen.filter((path) => ignore.hides(path))).toEqual([])
})

test('the last pattern that matches decides, and comments and blanks count for nothing', () => {
  const ignore = parseIgnore('# comment\n\n*\n!src\nsrc/*.test.ts\n')
  expect(['a', 'src', 'src/b.ts', 'src/b.test.ts'].map(ignore.hides)).toEqual([true, false, false, true])
  expect(ignore.hidesAllBelow('a')).toBe(false)
  expect(parseIgnore('a').hidesAllBelow('a')).toBe(true)
})

test('a pattern made to take forever does not', () => {
  const matches = globMatcher(`${'**/a*'.repeat(30)}/z`, { below: true })
  const start = performance.now()
  expect(matches(`${'a/'.repeat(500)}b`)).toBe(false)
  expect(performance.now() - start).toBeLessThan(1000)
})
