// kiban as a person starts it, in a process of its own that may be killed.
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { State } from '../../src/capabilities/deploy/deployment.ts'
import type { Verdict } from '../../src/core/verdict.ts'

const PROGRAM = join(import.meta.dirname, '../../bin/kiban')
const PATIENCE_MS = 180_000

/** What `--json` prints of a deployment, as far as it matters here. */
export interface Item {
  deployment: { id: string; state: State; verdict?: Verdict }
  held?: { text: { en: string } }
}

export interface Kiban<Told = Item> {
  /** The first item of which it is true; undefined when the process ends without one. */
  item(found: (item: Told) => boolean): Promise<Told | undefined>
  /** Resolves when it has ended: its exit code, null when it was killed. */
  ended: Promise<number | null>
  isAlive(): boolean
  stderr: Promise<string>
  send(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGINT'): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

export function kiban<Told = Item>(argv: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): Kiban<Told> {
  const child = spawn(PROGRAM, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const items: Told[] = []
  const heard = new EventEmitter().setMaxListeners(0)
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    items.push(JSON.parse(line) as Told)
    heard.emit('item')
  })
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code]]) => code as number | null)
  let alive = true
  ended.then(() => {
    alive = false
  })
  const overdue = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  ended.then(() => clearTimeout(overdue))
  return {
    async item(found) {
      for (;;) {
        const one = items.find(found)
        if (one || !alive) return one
        await Promise.race([once(heard, 'item'), ended])
      }
    },
    ended,
    isAlive: () => alive,
    stderr: text(child.stderr),
    send: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
