import { describe, expect, test } from 'vitest'
import { seeded } from '../../../test/chance.ts'
import { withSection } from './credentials-file.ts'
import { sectionsOf } from './profiles.ts'

const keys: [string, string][] = [
  ['aws_access_key_id', 'ASIANEW'],
  ['aws_session_token', 'to=ken=='],
]

describe('withSection', () => {
  test('writes into an empty file, behind others, and in the place of what was there', () => {
    expect(withSection('', 'a', keys)).toBe('[a]\naws_access_key_id = ASIANEW\naws_session_token = to=ken==\n')
    expect(withSection('[b]\nx=1', 'a', keys)).toBe(
      '[b]\nx=1\n\n[a]\naws_access_key_id = ASIANEW\naws_session_token = to=ken==\n',
    )
    const old = '[a]\n# mine\naws_access_key_id=OLD\nregion = x\n\n[b]\ny = 2'
    expect(withSection(old, 'a', keys)).toBe(
      '[a]\n# mine\naws_access_key_id = ASIANEW\nregion = x\naws_session_token = to=ken==\n\n[b]\ny = 2',
    )
  })

  test('of any file, every line that is not its own stays byte for byte, and what was written is read again', () => {
    const chance = seeded(11)
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(chance() * items.length)] as Item
    const lines = [
      '[b]',
      '[ c ] # x',
      '[a-assume]',
      'x = 1',
      'aws_access_key_id=K',
      '# note',
      '; note',
      '',
      '  s = nested',
      'ｘ＝日本語',
      '[broken',
    ]
    for (let round = 0; round < 2_000; round++) {
      const end = pick(['\n', '\r\n'])
      const content = Array.from({ length: Math.floor(chance() * 12) }, () => pick(lines)).join(end) + pick(['', end])
      const after = withSection(content, 'a', keys)
      expect(Object.entries(sectionsOf(after).get('a') ?? {})).toEqual(expect.arrayContaining(keys))
      const others = (text: string) => text.split(/\r?\n/).filter((line) => line !== '' && !/^\[a\]|ASIANEW|to=ken/.test(line))
      expect(others(after)).toEqual(others(content))
      // Written again, nothing changes.
      expect(withSection(after, 'a', keys)).toBe(after)
    }
  })
})
