// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles name variables so
import { expect, test } from 'vitest'
import { expand, expandWords, UnreadableWord } from './variables.ts'

const values: Record<string, string> = { a: 'one', empty: '', path: '/x y' }
const lookup = (name: string) => values[name]

test.each([
  ['$a-${a}', 'one-one'],
  ['${a:-two}', 'one'],
  ['${empty:-two}', 'two'],
  ['${empty-two}', ''],
  ['${none:-two}', 'two'],
  ['${none:-${a}}', 'one'],
  ['${a:+set}', 'set'],
  ['${empty:+set}', ''],
  ['${empty+set}', 'set'],
  ['$none', ''],
  ['\\$a', '$a'],
  ["'$a'", '$a'],
  ['"$a b"', 'one b'],
  ['"a\\b\\"c"', 'a\\b"c'],
  ['costs 5$', 'costs 5$'],
])('%s becomes %j', (text, value) => {
  expect(expand(text, lookup, '\\')).toBe(value)
})

test('words are split at blanks outside of quotes, and never inside of a value', () => {
  expect(expandWords('a="1 2"  b=$path c=\'x y\'z "" \\ d', lookup, '\\')).toEqual(['a=1 2', 'b=/x y', 'c=x yz', '', ' d'])
})

test.each(['${a', '"open', '${a#x}', '${none:?must be given}'])('%s is refused', (text) => {
  expect(() => expand(text, lookup, '\\')).toThrow(UnreadableWord)
})
