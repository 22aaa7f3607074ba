// Starts the bookshop's programs as its tasks would run: by node, with an environment of their own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Program {
  process: ChildProcess
  url: string
  /** Everything on stdout and stderr so far. */
  output(): string
  /** The JSON log lines whose message is this. */
  logged(message: string): Record<string, unknown>[]
  /** Resolves with the exit code, or the signal's name. */
  exit: Promise<number | string>
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('no port')
  return address.port
}

export async function start(folder: string, file: string, env: Record<string, string>): Promise<Program> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return {
    process: child,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    logged: (message) =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((record) => record.message === message),
    exit,
  }
}

/** Waits until `ready` holds; fails with the program's output when it does not in time. */
export async function until(ready: () => boolean | Promise<boolean>, told: () => string, withinMs = 15_000): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; await wait(50)) if (await ready()) return
  throw new Error(`Not ready within ${withinMs} ms:\n${told()}`)
}

export async function listening(program: Program): Promise<Program> {
  await until(() => program.logged('listening').length > 0 || program.process.exitCode !== null, program.output)
  if (program.process.exitCode !== null) throw new Error(`Ended instead of listening:\n${program.output()}`)
  return program
}
