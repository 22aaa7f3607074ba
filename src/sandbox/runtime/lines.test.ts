import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineSplitter } from './lines.ts'

function lines(chunks: Uint8Array[], limit?: number): string[] {
  const found: string[] = []
  const splitter = lineSplitter((line) => found.push(line), limit)
  for (const chunk of chunks) splitter.write(chunk)
  splitter.end()
  return found
}

test('lines are found wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 9 }), (texts, size) => {
      const given = texts.map((text) => text.replace(/[\r\n]/g, ' '))
      const bytes = Buffer.from(given.map((text) => `${text}\n`).join(''))
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
      expect(lines(chunks)).toEqual(given)
    }),
  )
})

test('a last line without its end is given, and a carriage return is not', () => {
  expect(lines([Buffer.from('one\r\n\ntwo')])).toEqual(['one', '', 'two'])
})

test('a line over the limit is cut between characters, and nothing of it is lost', () => {
  const text = 'あいうえお'.repeat(100)
  const pieces = lines([Buffer.from(`${text}\nnext\n`)], 100)
  expect([pieces.slice(0, -1).join(''), pieces.at(-1)]).toEqual([text, 'next'])
  expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(100)
})

test('bytes that are no text are cut all the same', () => {
  expect(lines([Buffer.alloc(250, 0x80)], 100).length).toBe(3)
})
