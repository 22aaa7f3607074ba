// kiban as a person runs it: a child process in a folder, with an environment.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

// Every step starts a process, and a busy machine takes seconds for each.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

/** Characters of what a command said that a failing test shows. */
const SHOWN = 2_000
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface Command {
  process: ChildProcess
  /** Everything on stdout and stderr so far. */
  output(): string
  /** Resolves once a line is there; rejects when the command ends without it. */
  says(words: string | RegExp): Promise<void>
  ended: Promise<Ended>
}

export interface Terminal {
  start(...argv: string[]): Command
  run(...argv: string[]): Promise<Ended>
  /** Runs with `--json` and gives the documents, one for each line. */
  // biome-ignore lint/suspicious/noExplicitAny: tests name what they expect
  json(...argv: string[]): Promise<any[]>
  /** Ends what was started and has not ended. */
  close(): Promise<void>
}

/** A terminal in a folder; `env` is the whole environment but for PATH. */
export function terminalIn(cwd: string, env: Record<string, string>): Terminal {
  const open = new Set<Command>()
  const start = (...argv: string[]): Command => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...argv], {
      cwd,
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const heard = new Set<() => void>()
    const hear = () => {
      for (const look of heard) look()
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      hear()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      hear()
    })
    const command: Command = {
      process: child,
      output: () => stdout + stderr,
      says: (words) =>
        new Promise((resolve, reject) => {
          const look = () => {
            if (!(typeof words === 'string' ? command.output().includes(words) : words.test(command.output()))) return
            heard.delete(look)
            resolve()
          }
          heard.add(look)
          look()
          command.ended.then(() => {
            look()
            if (heard.delete(look))
              reject(new Error(`kiban ${argv.join(' ')} never said ${words}:\n${command.output().slice(-SHOWN)}`))
          })
        }),
      ended: new Promise((resolve) => {
        child.once('close', (code) => {
          open.delete(command)
          resolve({ code, stdout, stderr })
        })
      }),
    }
    open.add(command)
    return command
  }
  return {
    start,
    run: (...argv) => start(...argv).ended,
    async json(...argv) {
      const { code, stdout, stderr } = await start(...argv, '--json').ended
      const lines = stdout.split('\n').filter((line) => line !== '')
      if (lines.length === 0) throw new Error(`kiban ${argv.join(' ')} printed no JSON and ended with ${code}:\n${stderr}`)
      return lines.map((line) => JSON.parse(line))
    },
    async close() {
      const ending = [...open].map((command) => {
        command.process.kill('SIGKILL')
        return command.ended
      })
      await Promise.all(ending)
    },
  }
}
