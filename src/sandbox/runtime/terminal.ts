import type { IPty } from '@lydell/node-pty'
import type { TerminalProcess } from '../cloud.ts'
import type { CommandLine } from './command-line.ts'
import { killNow } from './process-table.ts'

const COLUMNS = 80
const ROWS = 24

/** Starts a program as the leader of a session with a terminal of its own. */
export async function openTerminal(
  { program, args }: CommandLine,
  { folder, env, user }: { folder: string; env: Record<string, string>; user: { uid?: number; gid?: number } },
): Promise<TerminalProcess & { pid: number }> {
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
  let last: Promise<void> = Promise.resolve()
  const exited = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal }) => void last.then(() => resolve(signal ? 128 + signal : exitCode)))
  })
  return {
    pid: pty.pid,
    exited,
    write: (bytes) => pty.write(bytes as unknown as string),
    resize(columns, rows) {
      if (columns > 0 && rows > 0) pty.resize(columns, rows)
    },
    output(take) {
      pty.onData((data) => {
        pty.pause()
        last = last.then(() => take(Buffer.from(data))).finally(() => pty.resume())
      })
    },
    kill: () => killNow(-pty.pid),
  }
}
