import { expect, test } from 'vitest'
import { nextOf, parsedCron } from '../core/schedule/cron.ts'
import { schedulerCron } from './cron.ts'

test.each([
  ['0 9 * * *', 'cron(0 9 * * ? *)'],
  ['*/5 * * * *', 'cron(0/5 * * * ? *)'],
  ['30 1-3 * * mon-fri', 'cron(30 1,2,3 ? * MON,TUE,WED,THU,FRI *)'],
  ['0 0 1 jan,jul *', 'cron(0 0 1 1,7 ? *)'],
  ['0 0 * * 0', 'cron(0 0 ? * SUN *)'],
  ['0 0 * * 5-7', 'cron(0 0 ? * SUN,FRI,SAT *)'],
  ['10-30/10 0 */10 * *', 'cron(10,20,30 0 1/10 * ? *)'],
])('%s becomes %s', (five, six) => {
  expect(schedulerCron(five)).toBe(six)
  const cron = parsedCron(six.slice(5, -1))
  expect(cron && nextOf(cron, Date.parse('2026-11-26T00:00:00Z'), 'UTC')).toBeGreaterThan(0)
})
