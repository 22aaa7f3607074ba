// One run of a function's command: payload on stdin, answer on stdout, log on stderr.
import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import type { Watchdog } from '../runtime/watchdog.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ANSWER_MAX_BYTES = 6 * 1024 * 1024
const LOG_MAX_BYTES = 1024 * 1024

export interface CommandRun {
  argv: string[]
  folder: string
  variables: Record<string, string>
  payload: Uint8Array
  /** Real time. */
  timeoutMs: number
}

export interface CommandOutcome {
  ended: 'answered' | 'exited' | 'timed-out' | 'not-started' | 'too-long'
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: Buffer
  error: Error | undefined
}

export interface Commands {
  run(command: CommandRun): Promise<CommandOutcome>
  close(): void
}

/** Runs commands without a shell, each in a process group of its own that ends with it, with its time-out or with the sandbox. */
export function commands(guard: Watchdog): Commands {
  const running = new Set<ChildProcess>()
  return {
    run(command) {
      guard.open()
      return new Promise((resolve) => {
        const [program = '', ...args] = command.argv
        const child = spawn(program, args, {
          cwd: command.folder,
          env: { PATH: searchPath(), ...command.variables },
          detached: true,
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        running.add(child)
        if (child.pid) guard.started(child.pid)
        let ended: CommandOutcome['ended'] | undefined
        let error: Error | undefined
        const stdout = collected(child.stdout, ANSWER_MAX_BYTES, () => stop('too-long'))
        const stderr = collected(child.stderr, LOG_MAX_BYTES, () => {})
        const stop = (why: CommandOutcome['ended']) => {
          ended ??= why
          killGroup(child)
        }
        const deadline = setTimeout(() => stop('timed-out'), command.timeoutMs)
        child.once('error', (cause) => {
          error = cause
          ended ??= 'not-started'
        })
        child.once('exit', () => killGroup(child))
        child.once('close', (exitCode, signal) => {
          clearTimeout(deadline)
          running.delete(child)
          if (child.pid) guard.ended(child.pid)
          const how = ended ?? (exitCode === 0 ? 'answered' : 'exited')
          resolve({ ended: how, exitCode, signal, stdout: stdout(), stderr: stderr(), error })
        })
        // A command that does not read its payload is no error.
        child.stdin.on('error', () => {})
        child.stdin.end(command.payload)
      })
    },
    close() {
      for (const child of running) killGroup(child)
      guard.close()
    },
  }
}

/** The system's, with the folder of this Node first, so that `node` is the one that runs the sandbox. */
const searchPath = () => [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter)

function collected(stream: NodeJS.ReadableStream, most: number, tooLong: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > most) tooLong()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks)
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}
