import type { EventEmitter } from 'node:events'
import type { IPty } from '@lydell/node-pty'
import type { SessionProcess } from '../cloud.ts'
import type { CommandLine } from './command-line.ts'
import { isRunning, killNow } from './process-table.ts'

const COLUMNS = 80
const ROWS = 24
/** What the kernel keeps of a size (struct winsize). */
const LARGEST = 65_535
/** node-pty gives up what was not read 200 ms after the program's end. */
const LOOK_EVERY_MS = 40

/** Starts a program as the leader of a session with a terminal of its own. */
export async function openTerminal(
  { program, args }: CommandLine,
  { folder, env, user }: { folder: string; env: Record<string, string>; user: { uid?: number; gid?: number } },
): Promise<SessionProcess & { pid: number }> {
  const { spawn } = await import('@lydell/node-pty')
  // Without an encoding the output is bytes, whatever the types say.
  const pty: IPty = spawn(program, args, {
    name: 'xterm-256color',
    cols: COLUMNS,
    rows: ROWS,
    cwd: folder,
    env,
    encoding: null,
    ...user,
  })
  // Without a second listener it throws what befalls a terminal whose program has ended.
  ;(pty as unknown as EventEmitter).on('error', () => {})

  const taker = Promise.withResolvers<(bytes: Buffer) => Promise<void>>()
  let hasEnded = false
  let untaken = 0
  let last: Promise<void> = Promise.resolve()
  pty.onData((data) => {
    const bytes = Buffer.from(data)
    untaken++
    if (!hasEnded) pty.pause()
    last = last
      .then(async () => (await taker.promise)(bytes))
      .catch(() => {})
      .then(() => {
        untaken--
        if (untaken === 0) pty.resume()
      })
  })
  // What a program that has ended left is little, the terminal's own buffer: it is read however slow its reader is.
  const look = setInterval(() => {
    if (hasEnded || isRunning(pty.pid)) return
    hasEnded = true
    pty.resume()
  }, LOOK_EVERY_MS)
  const exited = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      clearInterval(look)
      void last.then(() => resolve(signal ? 128 + signal : exitCode))
    })
  })

  return {
    pid: pty.pid,
    exited,
    write: (bytes) => pty.write(bytes as unknown as string),
    resize(columns, rows) {
      if (isSize(columns) && isSize(rows) && isRunning(pty.pid)) pty.resize(columns, rows)
    },
    output: (take) => taker.resolve(take),
    kill() {
      killNow(-pty.pid)
      // Just started, it may lead no group yet.
      killNow(pty.pid)
      taker.resolve(async () => {})
    },
  }
}

const isSize = (given: number): boolean => Number.isInteger(given) && given > 0 && given <= LARGEST
