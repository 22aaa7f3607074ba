import { expect, test } from 'vitest'
import { createWeb, told, web, webTasks } from './service-for-tests.ts'
import { newStage } from './stage-for-tests.ts'

const HOUR_MS = 60 * 60_000
const NO_CAPACITY =
  'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.'

test('a service tells its last hundred events, newest first', async () => {
  const stage = newStage()
  await createWeb(stage, { desiredCount: 1 })
  await stage.clock.advance(120_000)
  for (let times = 0; times < 60; times++) {
    const [task] = await webTasks(stage)
    await stage.api.StopTask({ cluster: 'demo', task: task?.taskArn })
    await stage.clock.advance(120_000)
  }
  const { events = [] } = await web(stage)
  const times = events.map(({ createdAt }) => createdAt?.getTime() ?? 0)
  expect(events).toHaveLength(100)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(new Set(events.map(({ id }) => id)).size).toBe(100)
  expect(events[0]?.message).toBe('(service web) has reached a steady state.')
})

test('what goes on is told again after six hours, and sooner once it was over', async () => {
  const stage = newStage()
  await createWeb(stage, { desiredCount: 1 })
  await stage.clock.advance(120_000)
  const times = async () => (await told(stage)).filter((message) => message === NO_CAPACITY).length
  const failures = () => stage.bus.filter(({ detail }) => detail.eventName === 'SERVICE_TASK_PLACEMENT_FAILURE').length
  const kill = async () => {
    const [task] = await webTasks(stage)
    await stage.api.StopTask({ cluster: 'demo', task: task?.taskArn })
  }
  stage.ecs.control.setCapacity('FARGATE', false)
  await kill()
  const seen = []
  // By then a task is tried every quarter of an hour.
  for (const ms of [60_000, 6 * HOUR_MS - 120_000, 16 * 60_000]) {
    await stage.clock.advance(ms)
    seen.push([await times(), failures()])
  }
  stage.ecs.control.setCapacity('FARGATE', true)
  await stage.clock.advance(120_000)
  stage.ecs.control.setCapacity('FARGATE', false)
  await kill()
  await stage.clock.advance(60_000)
  seen.push([await times(), failures()])
  expect(seen).toEqual([
    [1, 1],
    [1, 1],
    [2, 2],
    [3, 3],
  ])
})
