// The demo as a stranger runs it, without a terminal: what it promises, and that it leaves nothing behind.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../../script/demo', import.meta.url))
const LONG_MS = 300_000

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kiban-demo-test-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** Runs the demo, all of whose temporary folders are below `home`; a signal goes to every process as from a terminal. */
function demo(argv: string[], heard: (output: string, signal: (name: NodeJS.Signals) => void) => void = () => {}) {
  const child = spawn(DEMO, argv, {
    detached: true,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const hear = (text: string) => {
    output += text
    heard(output, (name) => process.kill(-(child.pid as number), name))
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  )
}

/** Processes whose environment tells that they come from a demo of this test. */
async function strays(): Promise<string[]> {
  if (!existsSync('/proc/self/environ')) return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return environment.includes(home) ? [await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] : []
    }),
  )
  return found.flat().filter((command) => command !== '')
}

const leftFolders = async () => (await readdir(home)).filter((name) => name.startsWith('kiban-'))

test(
  'a good release, a bad one and a rollback end as promised, no request fails, and nothing is left behind',
  async () => {
    const { code, output } = await demo(['--exit', '--json'])
    const last = JSON.parse(output.trim().split('\n').at(-1) ?? '')
    expect({ code, ...last }, output).toEqual({
      code: 0,
      seconds: expect.any(Number),
      requests: expect.any(Number),
      failedRequests: 0,
      deployments: [
        { release: '01-open', verdict: 'succeeded', cause: null },
        { release: '02-prices', verdict: 'succeeded', cause: null },
        { release: '03-crash', verdict: 'rolled-back', cause: 'crash' },
        { release: '01-open', verdict: 'succeeded', cause: null },
      ],
    })
    expect(last.requests).toBeGreaterThan(200)
    expect(output).toContain('×10')
    expect(output).toMatch(/api ended with exit code 1: TypeError: Cannot read properties of undefined/)
    expect(await leftFolders()).toEqual([])
    expect(await strays()).toEqual([])
  },
  LONG_MS,
)

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a %s in the middle of a rollout ends everything, and nothing is left behind',
  async (name) => {
    let sent = false
    const { code, output } = await demo(['--exit', '--json', '--lang', 'ja'], (output, signal) => {
      if (sent || !output.includes('migrate が終了しました')) return
      sent = true
      signal(name)
    })
    expect(code, output).toBe(name === 'SIGINT' ? 130 : 143)
    expect(output).toContain('中断しました')
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({ requests: 0, deployments: [] })
    expect(await leftFolders()).toEqual([])
    expect(await strays()).toEqual([])
  },
  LONG_MS,
)
