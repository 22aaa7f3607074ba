import { expect, test } from 'vitest'
import { Moment, momentOf } from './moment.ts'

const NOW = Date.parse('2026-11-25T09:00:00Z')

test('a moment is so long ago, or one of ISO 8601', () => {
  const meant = (given: string) => new Date(momentOf(Moment.parse(given), NOW)).toISOString()
  expect(['30s', '10m', '2h', '3d', '1w', '2026-11-01T09:00:00+09:00', '2026-11-01'].map(meant)).toEqual([
    '2026-11-25T08:59:30.000Z',
    '2026-11-25T08:50:00.000Z',
    '2026-11-25T07:00:00.000Z',
    '2026-11-22T09:00:00.000Z',
    '2026-11-18T09:00:00.000Z',
    '2026-11-01T00:00:00.000Z',
    '2026-11-01T00:00:00.000Z',
  ])
})

test('and nothing else', () => {
  for (const given of ['', 'yesterday', '2 h', '5y', '-3h', '1.5h', '9999999d'])
    expect([given, Moment.safeParse(given).success]).toEqual([given, false])
})
