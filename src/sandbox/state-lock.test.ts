import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockState } from './state-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const program = (then: string) => `
  import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
  import { lockState } from ${JSON.stringify(new URL('./state-lock.ts', import.meta.url).href)}
  const folder = ${JSON.stringify(folder)}
  ${then}`

const ended = (then: string): Promise<void> =>
  new Promise((resolve) => execFile(process.execPath, ['--input-type=module', '-e', program(then)], () => resolve()))

test('A second sandbox does not get the lock, and is told who has it', async () => {
  const unlock = await lockState(folder)
  await expect(lockState(folder)).rejects.toMatchObject({
    code: 'sandbox.state-locked',
    text: { en: expect.stringContaining(String(process.pid)) },
  })
  await unlock()
  await (await lockState(folder))()
})

test('The lock of a sandbox that was killed is free at once', async () => {
  await ended('await lockState(folder); process.kill(process.pid, "SIGKILL")')
  await (await lockState(folder))()
})

test('What an earlier version left does not keep the lock', async () => {
  await writeFile(join(folder, 'lock'), `${process.pid} 1`)
  await (await lockState(folder))()
})

test('Of many that start at once, again and again, after one that was killed, only one has the lock', async () => {
  const contend = `
    const deadline = Date.now() + 4_000
    while (Date.now() < deadline) {
      const unlock = await lockState(folder).catch((error) => { if (error.code !== 'sandbox.state-locked') throw error })
      if (!unlock) continue
      try { mkdirSync(folder + '/held') } catch { appendFileSync(folder + '/two', 'x') }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
      rmSync(folder + '/held', { recursive: true, force: true })
      if (Math.random() < 0.02) process.kill(process.pid, 'SIGKILL')
      await unlock()
      appendFileSync(folder + '/rounds', 'x')
    }`
  const members: Promise<unknown>[] = []
  for (let member = 0; member < 6; member++) {
    members.push(
      (async () => {
        for (const deadline = Date.now() + 4_000; Date.now() < deadline; ) {
          const child = spawn(process.execPath, ['--input-type=module', '-e', program(contend)], {
            stdio: ['ignore', 'inherit', 'inherit'],
          })
          await new Promise((resolve) => child.once('exit', resolve))
        }
      })(),
    )
  }
  await Promise.all(members)
  expect((await readdir(folder)).includes('two')).toBe(false)
  expect((await readFile(join(folder, 'rounds'), 'utf8')).length).toBeGreaterThan(20)
})
