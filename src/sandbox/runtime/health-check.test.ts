import { expect, test } from 'vitest'
import { ManualClock } from '../../core/manual-clock.ts'
import { healthProbe, watchHealth } from './health-check.ts'

test('a health check has the defaults and bounds of ECS', () => {
  expect([
    healthProbe(undefined),
    healthProbe({ command: ['NONE'] }),
    healthProbe({ command: ['CMD', 'curl', '-f', 'x'] }),
    healthProbe({ command: ['CMD-SHELL', 'exit 0'], interval: 1, timeout: 100, retries: 20, startPeriod: 999 }),
  ]).toEqual([
    undefined,
    undefined,
    { command: ['curl', '-f', 'x'], intervalSeconds: 30, timeoutSeconds: 5, retries: 3, startPeriodSeconds: 0 },
    { command: ['/bin/sh', '-c', 'exit 0'], intervalSeconds: 5, timeoutSeconds: 60, retries: 10, startPeriodSeconds: 300 },
  ])
})

function watching(answers: boolean[], { startPeriod = 0, graceMs = 0 } = {}) {
  const clock = new ManualClock()
  const reports: string[] = []
  let probes = 0
  const check = healthProbe({ command: ['CMD', 'x'], interval: 10, retries: 3, startPeriod })
  if (!check) throw new Error('no check')
  const watch = watchHealth(check, {
    clock,
    graceMs,
    probe: async () => answers[Math.min(probes++, answers.length - 1)] ?? false,
    report: (health) => reports.push(`${clock.elapsed() / 1000} ${health}`),
  })
  return { clock, reports, watch, probes: () => probes }
}

test('a container is healthy at its first success and unhealthy after as many failures in a row as retries say', async () => {
  const { clock, reports } = watching([true, false, false, true, false, false, false, false, true])
  await clock.advance(100_000)
  expect(reports).toEqual(['10 HEALTHY', '70 UNHEALTHY', '90 HEALTHY'])
})

test('failures in the start period do not count, and the first success ends it', async () => {
  const slow = watching([false], { startPeriod: 60 })
  await slow.clock.advance(100_000)
  expect(slow.reports).toEqual(['80 UNHEALTHY'])
  const quick = watching([true, false], { startPeriod: 60 })
  await quick.clock.advance(50_000)
  expect(quick.reports).toEqual(['10 HEALTHY', '40 UNHEALTHY'])
})

test('hurried time does not fail a container within its real grace', async () => {
  const { clock, reports, probes } = watching([false], { graceMs: 60_000 })
  await clock.advance(600_000)
  expect([reports, probes()]).toEqual([[], 60])
})

test('nothing is probed after the end', async () => {
  const { clock, watch, probes } = watching([true])
  await clock.advance(10_000)
  watch.stop()
  await clock.advance(60_000)
  expect([probes(), clock.pending]).toEqual([1, 0])
})
