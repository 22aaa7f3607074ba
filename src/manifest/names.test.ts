import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, names } from './names.ts'

test('a target group that would be too long ends in a hash of its whole name', () => {
  expect(names('bookshop', 'production', 'recommendations').targetGroup).toBe('bookshop-production-recom-580d10')
})

test('a name cut to a length fits, keeps its beginning, and never meets another', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,60}[a-z0-9]$/)
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(cut(one, 32).length).toBeLessThanOrEqual(32)
      expect(cut(one, 32)).toMatch(/^[a-z0-9][a-z0-9-]*[a-z0-9]$/)
      if (one !== other) expect(cut(one, 32)).not.toBe(cut(other, 32))
    }),
  )
})
