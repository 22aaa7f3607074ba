import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** A folder is named as short as it can be. */
const FOLDERS = ['src', 'src/capabilities']

test('what STYLE.md shows as good stands in the files that it names', () => {
  const examples = [...readFileSync('STYLE.md', 'utf8').matchAll(/^\/\/ Good \((?<files>.*)\)\n(?<code>[^`]*)^```/gm)]
  expect(examples.length).toBeGreaterThan(8)
  for (const { groups = {} } of examples) {
    const text = (groups.files ?? '').split(', ').map(textOf).join()
    const missing = (groups.code ?? '').split(/…|\n/).filter((piece) => !text.includes(dense(piece)))
    expect(missing, groups.files).toEqual([])
  }
})

function textOf(file: string): string {
  const path = FOLDERS.map((folder) => `${folder}/${file}`).find(existsSync)
  expect(path, `${file} is in none of ${FOLDERS}`).toBeDefined()
  return dense(readFileSync(path ?? '', 'utf8'))
}

/** Without what the formatter decides. */
const dense = (code: string): string => code.replace(/[\s,]+/g, '')
