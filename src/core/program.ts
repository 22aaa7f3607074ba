// Starts other people's programs: argv arrays only, an environment that is said in full, and nothing left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

const KILL_AFTER_MS = 3_000
const MAX_CAPTURED_BYTES = 32 * 1024 * 1024
const MAX_LINE_CHARACTERS = 4_000

export interface ProgramOptions {
  cwd?: string
  /** The whole environment of the program, not an addition to ours. */
  env: NodeJS.ProcessEnv
  /** Ends the program and all that it started; `runProgram` then rejects with the signal's reason. */
  signal?: AbortSignal
  /** Rejects with ProgramTimedOut when the program takes longer. */
  timeoutMs?: number
  /** What the program reads; nothing when left out. */
  input?: string
  /** Each line of both outputs as it comes, without control characters. */
  onLine?: (line: string) => void
  /** Ends the program, and all that it started, when this process is killed without having ended it. */
  endsWithUs?: boolean
  /** Takes the output instead of the result's `stdout`: for what is too large to keep, or is no text. */
  onStdout?: (stdout: Readable) => Promise<void>
}

export interface ProgramResult {
  /** Undefined when a signal ended it. */
  code: number | undefined
  signal: NodeJS.Signals | undefined
  stdout: string
  stderr: string
}

/** The program is not installed, or not on the PATH of its environment. */
export class ProgramMissing extends Error {
  override name = 'ProgramMissing'
  readonly program: string

  constructor(program: string) {
    super(`${program} is not installed`)
    this.program = program
  }
}

export class ProgramTimedOut extends Error {
  override name = 'ProgramTimedOut'
}

/** Runs a program to its end and tells how it ended; an exit code other than 0 is a result, not an error. */
export async function runProgram(program: string, argv: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  options.signal?.throwIfAborted()
  const child = spawn(program, argv, { cwd: options.cwd, env: options.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'ENOENT' ? new ProgramMissing(program) : cause))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const stop = stopper(child)
  const guard = options.endsWithUs ? guardOf(child) : undefined
  let timedOut = false
  const timer =
    options.timeoutMs &&
    setTimeout(() => {
      timedOut = true
      stop()
    }, options.timeoutMs)
  options.signal?.addEventListener('abort', stop, { once: true })
  endAtExit(stop.now)
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const stdout = captured(child.stdout, options.onLine, options.onStdout)
  const stderr = captured(child.stderr, options.onLine)
  try {
    const { code, signal } = await ended
    options.signal?.throwIfAborted()
    if (timedOut) throw new ProgramTimedOut(`${program} took longer than ${options.timeoutMs} ms`)
    return { code: code ?? undefined, signal: signal ?? undefined, stdout: await stdout, stderr: await stderr }
  } finally {
    clearTimeout(timer || undefined)
    options.signal?.removeEventListener('abort', stop)
    running.delete(stop.now)
    // What the program started and left behind.
    stop.now()
    stop.done()
    guard?.kill('SIGKILL')
  }
}

/** A shell that holds the reading end of a pipe, whose end is ours. */
function guardOf({ pid }: ChildProcess): ChildProcess | undefined {
  if (pid === undefined) return undefined
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -s KILL -- "-$1"', 'kiban-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
  })
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  return guard
}

const running = new Set<() => void>()

/** One listener for all: many programs may run at a time. */
function endAtExit(end: () => void): void {
  if (!process.listeners('exit').includes(endAll)) process.on('exit', endAll)
  running.add(end)
}

function endAll(): void {
  for (const end of running) end()
}

/** Ends the process group: politely, and for good after a while. */
function stopper(child: ChildProcess): (() => void) & { now: () => void; done: () => void } {
  let timer: NodeJS.Timeout | undefined
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // Nothing of the group is left.
    }
  }
  const stop = () => {
    kill('SIGTERM')
    timer ??= setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS)
  }
  return Object.assign(stop, { now: () => kill('SIGKILL'), done: () => clearTimeout(timer) })
}

async function captured(
  stream: Readable,
  onLine?: (line: string) => void,
  take?: (stream: Readable) => Promise<void>,
): Promise<string> {
  if (take) {
    await take(stream)
    stream.resume()
    return ''
  }
  if (onLine) {
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    lines.on('line', (line) => onLine(printable(line).slice(0, MAX_LINE_CHARACTERS)))
  }
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_CAPTURED_BYTES) chunks.push(chunk)
  })
  await new Promise((resolve) => stream.once('close', resolve))
  return Buffer.concat(chunks).toString('utf8')
}

/** Text from outside may move the cursor, or rename the window. */
export const printable = (text: string): string => stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t\n]/gu, '')
