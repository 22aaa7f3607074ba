import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awslogs } from './awslogs.ts'
import { type Bench, bench, container, taskPlan } from './runtime-for-tests.ts'

let shop: Bench
let batches: string[][]
let broken = false
beforeEach(() => {
  batches = []
  broken = false
  shop = bench({
    logs: {
      groupExists: (group) => group === '/shop',
      createGroup() {},
      write(_group, _stream, events) {
        if (broken) throw new Error('The specified log group does not exist.')
        batches.push(events.map(({ message }) => message))
      },
    },
  })
})
afterEach(() => shop.cloud.close())

function driver(options: Record<string, string> = {}) {
  const all = { 'awslogs-group': '/shop', 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': 'app', ...options }
  const app = container({ logConfiguration: { logDriver: 'awslogs', options: all } })
  return awslogs({
    cloud: shop.cloud,
    task: taskPlan([app], { taskId: 'abc' }),
    container: app,
    runtimeId: 'abc-1',
    folder: '',
    router: undefined,
  })
}

test('lines are written in batches, at the latest after a second', async () => {
  const log = driver()
  log.write('one', 'stdout')
  log.write('two', 'stdout')
  expect(batches).toEqual([])
  await wait(900)
  expect(batches).toEqual([['one', 'two']])
})

test('a flood is written at once and never piles up', () => {
  const log = driver()
  for (let i = 0; i < 5_000; i++) log.write(String(i), 'stdout')
  expect(batches.map((batch) => batch.length)).toEqual([2_000, 2_000])
})

test('lines that start no event go on with the one before', async () => {
  for (const [option, value] of [
    ['awslogs-multiline-pattern', '^\\d{4}'],
    ['awslogs-datetime-format', '%Y-%m-%d'],
  ] as const) {
    batches = []
    const log = driver({ [option]: value })
    for (const line of ['2026-11-24 boom', '  at one', '', '  at two', '2026-11-24 next']) log.write(line, 'stderr')
    await log.close()
    expect(batches).toEqual([['2026-11-24 boom\n  at one\n\n  at two', '2026-11-24 next']])
  }
})

test('without a pattern empty lines are left out', async () => {
  const log = driver()
  for (const line of ['a', '', 'b']) log.write(line, 'stdout')
  await log.close()
  expect(batches).toEqual([['a', 'b']])
})

test('a group that went away loses lines with a note, and never stops the task', async () => {
  const log = driver()
  broken = true
  log.write('lost', 'stdout')
  await log.close()
  expect(shop.cloud.notes).toEqual(['1 log events of abc/app are lost: The specified log group does not exist.'])
})

test('a region or a pattern that cannot work is refused', () => {
  expect(() => driver({ 'awslogs-region': '' })).toThrow('unable to get awslogs driver arguments: awslogs-region is required')
  expect(() => driver({ 'awslogs-region': 'us-east-1' })).toThrow('The specified log group does not exist')
  expect(() => driver({ 'awslogs-multiline-pattern': '(' })).toThrow('could not parse multiline pattern')
})
