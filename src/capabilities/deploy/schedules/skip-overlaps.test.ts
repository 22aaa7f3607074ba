import { expect, test } from 'vitest'
import type { Task } from '../../../aws/ecs-shapes.ts'
import { overlapping } from './skip-overlaps.ts'

const task = (taskArn: string, due: string, more: Partial<Task> & { overlap?: string } = {}): Task => ({
  taskArn,
  desiredStatus: 'RUNNING',
  startedBy: 'chronos-schedule/often',
  createdAt: new Date(due),
  overrides: {
    containerOverrides: [
      {
        name: 'api',
        environment: [
          { name: 'KIBAN_SCHEDULE', value: 'often' },
          { name: 'KIBAN_SCHEDULED_TIME', value: due },
          ...(more.overlap === undefined ? [{ name: 'KIBAN_SCHEDULE_OVERLAP', value: 'skip' }] : []),
        ],
      },
    ],
  },
  ...more,
})
const [at, later, last] = ['2026-03-07T07:00:00Z', '2026-03-07T07:30:00Z', '2026-03-07T08:00:00Z'] as const
const names = (...tasks: Task[]) => overlapping(tasks, 'often').map(({ taskArn }) => taskArn)

test('the oldest run goes on, every later one goes, whatever their order', () => {
  expect(names(task('c', last), task('a', at), task('b', later))).toEqual(['b', 'c'])
})

test('tasks of one time are one run', () => {
  expect(names(task('a1', at), task('a2', at), task('b1', later), task('b2', later))).toEqual(['b1', 'b2'])
  expect(names(task('a1', at), task('a2', at))).toEqual([])
})

test('what has ended, was asked to stop, or is of another schedule stands in nobody’s way', () => {
  expect(names(task('a', at, { desiredStatus: 'STOPPED' }), task('b', later))).toEqual([])
  expect(overlapping([task('a', at), task('b', later)], 'nightly')).toEqual([])
})

test('a run by hand stands in the way, and is never stopped itself', () => {
  const byHand = { startedBy: 'kiban/run_1/often' }
  expect(names(task('hand', at, byHand), task('b', later))).toEqual(['b'])
  expect(names(task('a', at), task('hand', later, byHand))).toEqual([])
})

test('a run that was started before the wish was brought is left', () => {
  expect(names(task('a', at), task('b', later, { overlap: 'allow' }))).toEqual([])
})
