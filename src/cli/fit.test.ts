import { stripVTControlCharacters, styleText } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnWidth } from './column-width.ts'
import { cut, wrap } from './fit.ts'

const red = (text: string) => styleText('red', text, { validateStream: false })
const plain = stripVTControlCharacters

test('a line that fits stays as it is', () => {
  expect(wrap('kiban', 5, 2)).toEqual(['kiban'])
  expect(cut('kiban', 5)).toBe('kiban')
})

test('a line is cut with an ellipsis, wide characters counted as two', () => {
  expect(cut('deployment', 6)).toBe('deplo…')
  expect(cut('基盤の話', 6)).toBe('基盤…')
  expect(cut(red('deployment'), 6)).toBe('\u001b[31mdeplo…\u001b[0m')
})

test('a line breaks between words, and what follows hangs', () => {
  expect(wrap('✖ api rolled back: the threshold was exceeded', 20, 2)).toEqual([
    '✖ api rolled back:',
    '  the threshold was',
    '  exceeded',
  ])
})

test('a word that is too long for a line is broken anywhere', () => {
  expect(wrap('sha256:0123456789', 8, 0)).toEqual(['sha256:0', '12345678', '9'])
})

test('Japanese breaks between characters, but no line begins with a full stop', () => {
  expect(wrap('すべて停止しました。次へ', 18, 0)).toEqual(['すべて停止しまし', 'た。次へ'])
})

test('a colour ends with its line and goes on in the next', () => {
  expect(wrap(`a ${red('bb cc')} d`, 4, 0)).toEqual(['a \u001b[31mbb\u001b[0m', '\u001b[31mcc\u001b[39m d'])
})

test('no line is wider than asked for, and nothing but spaces is lost', () => {
  const word = fc.constantFrom('kiban', '基盤', '、', 'a', ' ', red('red'), '—', 'sha256:0123456789abcdef')
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 30 }),
      fc.integer({ min: 6, max: 40 }),
      fc.integer({ min: 0, max: 8 }),
      (words, width, hang) => {
        const text = words.join('')
        const lines = wrap(text, width, hang)
        for (const line of lines) expect(columnWidth(line)).toBeLessThanOrEqual(width)
        expect(plain(lines.join('')).replaceAll(' ', '')).toBe(plain(text).replaceAll(' ', ''))
        expect(columnWidth(cut(text, width))).toBeLessThanOrEqual(width)
      },
    ),
  )
})
