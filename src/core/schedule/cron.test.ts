import { expect, test } from 'vitest'
import { nextOf, parsedCron } from './cron.ts'

/** The next five times of an expression, in UTC. */
function times(text: string, after: string, zone = 'UTC', count = 5): string[] {
  const cron = parsedCron(text)
  if (!cron) throw new Error(`${text} is not understood`)
  const found: string[] = []
  let at = Date.parse(after)
  while (found.length < count) {
    const next = nextOf(cron, at, zone)
    if (next === undefined) break
    found.push(new Date(next).toISOString().slice(0, 16))
    at = next
  }
  return found
}

test('the examples of the documentation mean what it says', () => {
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
  const after = '2026-11-24T00:00:00Z'
  expect(times('0 10 * * ? *', after, 'UTC', 2)).toEqual(['2026-11-24T10:00', '2026-11-25T10:00'])
  expect(times('15 12 * * ? *', after, 'UTC', 1)).toEqual(['2026-11-24T12:15'])
  expect(times('0 18 ? * MON-FRI *', after, 'UTC', 5)).toEqual([
    '2026-11-24T18:00',
    '2026-11-25T18:00',
    '2026-11-26T18:00',
    '2026-11-27T18:00',
    '2026-11-30T18:00',
  ])
  expect(times('0 8 1 * ? *', after, 'UTC', 2)).toEqual(['2026-12-01T08:00', '2027-01-01T08:00'])
  expect(times('0/15 * * * ? *', after, 'UTC', 3)).toEqual(['2026-11-24T00:15', '2026-11-24T00:30', '2026-11-24T00:45'])
  expect(times('0/10 * ? * MON-FRI *', '2026-11-27T23:45:00Z', 'UTC', 2)).toEqual(['2026-11-27T23:50', '2026-11-30T00:00'])
  expect(times('0/30 20-2 ? * MON-FRI *'.replace('20-2', '20-23'), after, 'UTC', 1)).toEqual(['2026-11-24T20:00'])
})

test('days count from Sunday as 1', () => {
  expect(times('0 0 ? * 1 *', '2026-11-24T00:00:00Z', 'UTC', 1)).toEqual(['2026-11-29T00:00'])
  expect(times('0 0 ? * SUN *', '2026-11-24T00:00:00Z', 'UTC', 1)).toEqual(['2026-11-29T00:00'])
  expect(times('0 0 ? * 7 *', '2026-11-24T00:00:00Z', 'UTC', 1)).toEqual(['2026-11-28T00:00'])
})

test('L, W and # find the last day, the nearest weekday and the nth day of the week', () => {
  const after = '2026-01-01T00:00:00Z'
  expect(times('0 0 L * ? *', after, 'UTC', 3)).toEqual(['2026-01-31T00:00', '2026-02-28T00:00', '2026-03-31T00:00'])
  expect(times('0 0 L 2 ? 2028', after, 'UTC', 2)).toEqual(['2028-02-29T00:00'])
  expect(times('0 0 ? * 6L *', after, 'UTC', 2)).toEqual(['2026-01-30T00:00', '2026-02-27T00:00'])
  expect(times('0 0 ? * FRIL *', after, 'UTC', 1)).toEqual(['2026-01-30T00:00'])
  expect(times('0 0 ? * L *', after, 'UTC', 1)).toEqual(['2026-01-03T00:00'])
  expect(times('0 0 ? * 3#2 *', after, 'UTC', 2)).toEqual(['2026-01-13T00:00', '2026-02-10T00:00'])
  // The 1st of August 2026 is a Saturday and the 15th too; the 1st of November is a Sunday.
  expect(times('0 0 1W 8,11 ? 2026', after, 'UTC', 2)).toEqual(['2026-08-03T00:00', '2026-11-02T00:00'])
  expect(times('0 0 15W 8 ? 2026', after, 'UTC', 1)).toEqual(['2026-08-14T00:00'])
  expect(times('0 0 31W * ? 2026', after, 'UTC', 3)).toEqual(['2026-01-30T00:00', '2026-03-31T00:00', '2026-05-29T00:00'])
})

test('a local time that clocks skip is left out, and one that they repeat counts once', () => {
  // New York: 8 March 2026, 02:00 becomes 03:00; 1 November 2026, 02:00 becomes 01:00.
  expect(times('30 2 * * ? *', '2026-03-07T00:00:00Z', 'America/New_York', 2)).toEqual(['2026-03-07T07:30', '2026-03-09T06:30'])
  expect(times('30 1 * * ? *', '2026-10-31T12:00:00Z', 'America/New_York', 2)).toEqual(['2026-11-01T05:30', '2026-11-02T06:30'])
  expect(times('0 9 * * ? *', '2026-03-07T00:00:00Z', 'Asia/Tokyo', 1)).toEqual(['2026-03-08T00:00'])
  expect(times('0/30 * * * ? *', '2026-11-01T05:00:00Z', 'America/New_York', 4)).toEqual([
    '2026-11-01T05:30',
    '2026-11-01T07:00',
    '2026-11-01T07:30',
    '2026-11-01T08:00',
  ])
})

test('an expression that can never be due has no next time', () => {
  expect(times('0 0 30 2 ? *', '2026-01-01T00:00:00Z')).toEqual([])
  expect(times('0 0 1 1 ? 2025', '2026-01-01T00:00:00Z')).toEqual([])
})

test.each([
  '0 10 * * * *',
  '0 10 ? * ? *',
  '0 10 * * ?',
  '60 10 * * ? *',
  '0 24 * * ? *',
  '0 0 0 * ? *',
  '0 0 ? * 8 *',
  '0 0 ? * MON#6 *',
  '0 0 * 13 ? *',
  '0 0 5-1 * ? *',
  '0/0 * * * ? *',
  'a b c d ? *',
])('%s is refused', (text) => {
  expect(parsedCron(text)).toBeUndefined()
})
