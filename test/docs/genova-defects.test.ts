// Each defect of genova that the page for those who come from it names has a test that bears its number.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('every defect of genova that is told to be gone has a test that says so', () => {
  const page = readFileSync('docs/start/from-genova.md', 'utf8')
  const told = [...page.matchAll(/^\| (9\.\d+) +\|/gm)].map(([, number]) => number)
  const tests = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'actions/**/*.test.ts']).map((file) =>
    readFileSync(file, 'utf8'),
  )
  const shown = new Set(tests.flatMap((text) => [...text.matchAll(/['"`]genova (9\.\d+):/g)].map(([, number]) => number)))
  expect(told.length).toBeGreaterThan(10)
  expect(told.filter((number) => !shown.has(number))).toEqual([])
})
