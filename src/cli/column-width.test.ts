import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { columnWidth } from './column-width.ts'

test('every single character is as wide as string-width says', () => {
  const wrong: string[] = []
  for (let code = 0; code < 0x20000; code++) {
    const character = String.fromCodePoint(code)
    if (columnWidth(character) !== stringWidth(character)) wrong.push(code.toString(16))
  }
  expect(wrong).toEqual([])
})

test.each([
  ['', 0],
  ['web  2/2 → v3 …', 15],
  ['基盤 kiban', 10],
  ['\u001b[32m✔\u001b[39m ok', 4],
  ['か\u3099', 2],
  ['👩‍👩‍👧 family', 9],
])('%s takes its columns', (text, columns) => {
  expect(columnWidth(text)).toBe(columns)
})
