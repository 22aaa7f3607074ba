import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openTerminal } from './terminal.ts'

const shell = (script: string) =>
  openTerminal({ program: '/bin/sh', args: ['-c', script] }, { folder: '/', env: { PATH: '/usr/bin:/bin' }, user: {} })

test('what was written before anybody listened is heard, though the program has long ended', async () => {
  const terminal = await shell('printf early')
  await wait(500)
  let text = ''
  terminal.output(async (bytes) => {
    text += bytes
  })
  expect([await terminal.exited, text]).toEqual([0, 'early'])
})

test('a reader who is slow when the program ends misses nothing of it', async () => {
  const terminal = await shell('printf first; sleep 0.2; printf second; exit 3')
  let text = ''
  terminal.output(async (bytes) => {
    text += bytes
    await wait(1_000)
  })
  expect([await terminal.exited, text]).toEqual([3, 'firstsecond'])
})

test('sizes that no terminal has, and words to a program that has ended, harm nobody', async () => {
  const terminal = await shell('read line; stty size')
  let text = ''
  terminal.output(async (bytes) => {
    text += bytes
  })
  for (const size of [0, -1, 1.5, 70_000, Number.NaN, '9' as never]) terminal.resize?.(size, size)
  terminal.resize?.(40, 10)
  terminal.write(Buffer.from('go\r'))
  expect(await terminal.exited).toBe(0)
  expect(text).toContain('10 40')
  terminal.write(Buffer.from('too late\r'))
  terminal.resize?.(80, 24)
  terminal.kill()
  await wait(100)
})

test('one that is ended before anybody listened has ended', async () => {
  const terminal = await shell('printf x; sleep 60')
  terminal.kill()
  expect(await terminal.exited).toBe(137)
})
