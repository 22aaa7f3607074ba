import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { watchdog } from './watchdog.ts'

const sleeper = (env: NodeJS.ProcessEnv = {}) =>
  spawn('sleep', ['300'], { detached: true, stdio: 'ignore', env: { PATH: process.env.PATH, ...env } })

test('the end of its pipe ends the groups that have not ended, and no other', async () => {
  const guard = watchdog('no-process-has-this-mark')
  guard.open()
  const [one, two, three] = [sleeper(), sleeper(), sleeper()]
  for (const { pid = 0 } of [one, two, three]) guard.started(pid)
  guard.ended(two.pid ?? 0)
  const ended = Promise.all([once(one, 'exit'), once(three, 'exit')])
  guard.close()
  expect(await ended).toEqual([
    [null, 'SIGKILL'],
    [null, 'SIGKILL'],
  ])
  expect([two.exitCode, two.signalCode]).toEqual([null, null])
  two.kill('SIGKILL')
})

test.skipIf(process.platform !== 'linux')('a watchdog that was killed is replaced and knows what runs', async () => {
  const mark = 'c0ffee'.repeat(5)
  const guard = watchdog(mark)
  guard.open()
  const one = sleeper()
  guard.started(one.pid ?? 0)
  const program = await programOf(mark)
  process.kill(program, 'SIGKILL')
  const next = await programOf(mark, program)
  expect(next).not.toBe(program)
  const ended = once(one, 'exit')
  guard.close()
  expect(await ended).toEqual([null, 'SIGKILL'])
})

test('a watchdog that has nothing left to watch ends at once', async () => {
  const mark = 'decaf'.repeat(6)
  const guard = watchdog(mark)
  guard.open()
  const program = await programOf(mark)
  guard.close()
  await wait(200)
  expect(() => process.kill(program, 0)).toThrow('ESRCH')
})

/** The watchdog's own process, found by the mark among its arguments. */
async function programOf(mark: string, but = 0): Promise<number> {
  for (;;) {
    const list = spawn('ps', ['-eo', 'pid,args'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const text = (await list.stdout.toArray()).join('')
    const line = text.split('\n').find((line) => line.includes(`kiban-watchdog ${mark}`) && Number.parseInt(line, 10) !== but)
    if (line) return Number.parseInt(line, 10)
    await wait(20)
  }
}
