// However a busy sandbox ends, no process of its tasks is left, nothing that it acknowledged is lost, and it comes back.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processesMarked } from '../../src/sandbox/runtime/process-table.ts'
import { type BusySandbox, busySandbox, newMark } from './busy-sandbox.ts'

const ROUNDS = Number(process.env.SANDBOX_ENDS ?? 1)
const LONG_MS = 600_000 * ROUNDS
/** Of real time: tasks start and end about every half second. */
const SOONEST_MS = 500
const LATEST_MS = 2_500
const CLOSING_MS = 2_000

const { kill } = process
/** `pause` waits for a moment that chance chooses while the sandbox closes. */
const ends: Record<string, (pid: number, pause: () => Promise<void>) => Promise<void> | void> = {
  SIGTERM: (pid) => void kill(pid, 'SIGTERM'),
  SIGINT: (pid) => void kill(pid, 'SIGINT'),
  SIGHUP: (pid) => void kill(pid, 'SIGHUP'),
  SIGKILL: (pid) => void kill(pid, 'SIGKILL'),
  'an error that nobody catches': (pid) => void kill(pid, 'SIGUSR2'),
  'a second SIGINT while it closes': async (pid, pause) => {
    kill(pid, 'SIGINT')
    await pause()
    kill(pid, 'SIGINT')
  },
  'SIGKILL while it closes': async (pid, pause) => {
    kill(pid, 'SIGTERM')
    await pause()
    kill(pid, 'SIGKILL')
  },
}

let folder: string
let mark: string
let sandbox: BusySandbox | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-ends-'))
  mark = newMark()
})
afterEach(async () => {
  sandbox?.process.kill('SIGKILL')
  await sandbox?.ended()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test.skipIf(process.platform !== 'linux')(
  'no process is left, and nothing is lost, however a busy sandbox ends, and it comes back',
  async () => {
    let written = { acknowledged: 0, sent: 0 }
    for (const how of Array.from({ length: ROUNDS }, () => Object.keys(ends)).flat()) {
      const [moment, later] = [SOONEST_MS + Math.random() * (LATEST_MS - SOONEST_MS), Math.random() * CLOSING_MS]
      const about = `${how}, after ${Math.round(moment)} ms, then ${Math.round(later)} ms`
      sandbox = await busySandbox(folder, mark, written)
      const kept = await sandbox.read()
      expect([kept >= written.acknowledged || `${kept} is before ${written.acknowledged}`, about]).toEqual([true, about])
      await wait(moment)
      const { pid = 0 } = sandbox.process
      await Promise.resolve(ends[how]?.(pid, () => wait(later))).catch(() => {})
      await sandbox.ended()
      written = sandbox.written
      await expect.poll(() => [about, ...processesMarked(mark)], { timeout: 30_000, interval: 50 }).toEqual([about])
    }
    expect(written.acknowledged).toBeGreaterThan(0)
    sandbox = await busySandbox(folder, mark, written)
    const all = sandbox
    await expect.poll(() => all.runningCount('obeys'), { timeout: 60_000, interval: 200 }).toBe(2)
  },
  LONG_MS,
)
