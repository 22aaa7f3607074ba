import { expect, test } from 'vitest'
import { cronProblems } from './cron.ts'

test.each(['0 9 * * *', '*/5 * * * *', '0,30 8-18 * * mon-fri', '0 0 1 jan *', '15 3 1-7/2 * *', '0 0 * * 7'])(
  '%s is a cron expression',
  (expression) => {
    expect(cronProblems(expression)).toEqual([])
  },
)

test.each<[string, string[]]>([
  ['60 9 * * *', ['the minute "60" must be within 0-59']],
  [
    '0 24 32 13 8',
    [
      'the hour "24" must be within 0-23',
      'the day of the month "32" must be within 1-31',
      'the month "13" must be within 1-12',
      'the weekday "8" must be within 0-7',
    ],
  ],
  ['0 18-9 * * *', ['the hour "18-9" must be within 0-23']],
  ['*/0 * * * *', ['the minute "*/0" must be within 0-59']],
  ['0 9 1 * mon', ['EventBridge Scheduler takes a day of the month or a weekday, not both; make one of them *']],
  ['0 9 * *', ['a cron expression has five fields (minute hour day month weekday), this one has 4']],
  ['', ['a cron expression has five fields (minute hour day month weekday), this one has 0']],
])('%s is none', (expression, problems) => {
  expect(cronProblems(expression).map(({ text }) => text.en)).toEqual(problems)
})

test("AWS's own spelling is offered in five fields", () => {
  expect(cronProblems('cron(0 9 ? * MON-FRI *)').map(({ nearest }) => nearest)).toEqual(['0 9 * * MON-FRI'])
})
