// One run of an operation from the command line: input, question, answer, exit code.
import { once } from 'node:events'
import type { z } from 'zod'
import type { Engine } from '../core/engine.ts'
import { KibanError } from '../core/error.ts'
import { cli } from '../core/messages/cli.ts'
import { paging } from '../core/messages/paging.ts'
import { type CallOperation, fileOf, type ItemFile, type Operation, type StreamOperation } from '../core/operation.ts'
import type { Text } from '../core/text.ts'
import type { Verdict } from '../core/verdict.ts'
import type { View } from '../core/view.ts'
import { agreed, refuseUnasked } from './ask.ts'
import type { CommonFlags } from './command.ts'
import { commandLine } from './command-line.ts'
import { draw } from './draw.ts'
import { EXIT_INTERRUPTED, EXIT_USAGE, exitCodeOfVerdict } from './exit-code.ts'
import { live } from './live.ts'
import { printProblem } from './problem.ts'
import { paint, type Terminal } from './terminal.ts'

interface Surroundings {
  open(say: (text: Text) => void): Engine
  terminal: Terminal
  signal: AbortSignal
  /** Calls back at the second Ctrl-C, which ends the process otherwise. */
  onSecond?: (leave: () => void) => void
}

interface Running extends Pick<Surroundings, 'terminal' | 'signal' | 'onSecond'> {
  engine: Engine
  flags: CommonFlags
}

/** Runs an operation and gives the exit code. Throws KibanError, or the signal's reason once it is aborted. */
export async function runOperation(
  operation: Operation,
  given: Record<string, unknown>,
  flags: CommonFlags,
  { open, terminal, signal, onSecond }: Surroundings,
): Promise<number> {
  const checked = checkedInput(operation, given)
  refuseUnasked(operation, checked, flags, terminal)
  const engine = open((text) => void terminal.stderr.write(`${text[terminal.language]}\n`))
  const running = { engine, flags, terminal, signal, onSecond }
  try {
    const input = await agreed(operation, { ...checked, ...(await knownHere(operation, checked, running)) }, flags, running)
    if (input === 'declined') return EXIT_USAGE
    if (input === 'interrupted') return EXIT_INTERRUPTED
    return operation.kind === 'call'
      ? await runCall(operation, input, given, running)
      : await runStream(operation, input, running)
  } finally {
    await engine.close()
  }
}

/** What the caller's own files say of the input; told beside the answer, so that it is seen with `--json` too. */
async function knownHere(operation: Operation, input: Record<string, unknown>, { engine, terminal, signal }: Running) {
  if (!operation.atCaller) return {}
  const far = (await engine.isFar?.()) ?? false
  const known = await operation.atCaller(input, { far, signal })
  for (const { text, tone } of known.notes) terminal.stderr.write(`${paint(terminal, tone, text[terminal.language])}\n`)
  return known.input
}

async function runCall(
  call: CallOperation,
  input: unknown,
  given: Record<string, unknown>,
  { engine, flags, terminal, signal }: Running,
): Promise<number> {
  const output = await engine.call(call.name, input, signal)
  if (flags.json) terminal.stdout.write(`${JSON.stringify(output)}\n`)
  else print([...call.show(output), ...nextPage(call, given, output)], terminal, terminal.stdout)
  return codeOf(call.verdict?.(output))
}

/** The same question again, from where a list ended that goes on. */
function nextPage(call: CallOperation, given: Record<string, unknown>, output: unknown): View {
  const { next } = output as { next?: unknown }
  if (typeof next !== 'string' || !call.input.shape.cursor) return []
  return [{ kind: 'next', commands: [{ command: commandLine(call, { ...given, cursor: next }), why: paging.more }] }]
}

const codeOf = (verdict: Verdict | undefined): number => (verdict ? exitCodeOfVerdict[verdict] : 0)

async function runStream(stream: StreamOperation, input: unknown, running: Running): Promise<number> {
  const { engine, flags, terminal, signal } = running
  const file = flags.json ? undefined : fileOf(stream, input)
  if (file) return writeFile(stream, input, file, running)
  const screen = live(terminal)
  let last: unknown
  const leaving = leavingOf(stream, running, () => last)
  try {
    for await (const item of engine.stream(stream.name, input, leaving)) {
      last = item
      if (flags.json) terminal.stdout.write(`${JSON.stringify(item)}\n`)
      else screen.frame(stream.show(item))
    }
  } finally {
    if (!flags.json) screen.end()
    // Ctrl-C, or nobody wanted to wait: it goes on without a watcher.
    if (!flags.json && last !== undefined && stream.leave && (leaving.aborted || !stream.verdict?.(last))) {
      print(stream.leave(last), terminal, terminal.stderr)
    }
  }
  if (last === undefined) return 0
  // What ended well although it was interrupted is told as that.
  return stream.exit?.of(last) ?? (signal.aborted && stream.interrupt ? EXIT_INTERRUPTED : codeOf(stream.verdict?.(last)))
}

/** Ends the watching: at the first Ctrl-C, or, where that asks for something else, at the second. */
function leavingOf(stream: StreamOperation, running: Running, last: () => unknown): AbortSignal {
  const { engine, flags, terminal, signal, onSecond } = running
  if (!stream.interrupt) return signal
  const leaving = new AbortController()
  const leave = () => leaving.abort(signal.reason)
  const interrupted = () => {
    const item = last()
    const wish = item === undefined ? undefined : stream.interrupt?.(item)
    if (!wish || !onSecond) return leave()
    onSecond(leave)
    terminal.stderr.write(`${wish.say[terminal.language]}\n`)
    engine.call(wish.operation, wish.input, leaving.signal).catch((error: unknown) => {
      if (leaving.signal.aborted) return
      // It may have ended by itself meanwhile; if not, the second Ctrl-C is there.
      if (!(error instanceof KibanError && error.kind === 'conflict')) printProblem(error, terminal, flags)
    })
  }
  if (signal.aborted) leave()
  else signal.addEventListener('abort', interrupted, { once: true })
  return leaving.signal
}

/** No faster than it is read, however long it is. */
async function writeFile(
  { name }: StreamOperation,
  input: unknown,
  { head, line }: ItemFile,
  { engine, terminal: { stdout }, signal }: Running,
): Promise<number> {
  stdout.write(head)
  for await (const item of engine.stream(name, input, signal))
    if (!stdout.write(line(item))) await once(stdout, 'drain', { signal })
  return 0
}

function print(view: View, terminal: Terminal, to: NodeJS.WriteStream): void {
  for (const line of draw(view, terminal)) to.write(`${line}\n`)
}

/** What the schema makes of the input here, where the caller stands: another process may do the work, in another folder. */
function checkedInput(operation: Operation, input: unknown): Record<string, unknown> {
  const parsed = operation.input.safeParse(input)
  if (parsed.success) return parsed.data
  const command = `kiban ${operation.cli?.alias ?? operation.name.replace('.', ' ')}`
  const details = parsed.error.issues.map((issue) => {
    const at = issue.path.join('.') || command
    const own = ownWords(issue, given(input, issue.path))
    return { en: `${at}: ${own?.en ?? issue.message}`, ja: `${at}: ${own?.ja ?? issue.message}` }
  })
  throw new KibanError('invalid', 'input.invalid', cli.badInput(command), { details, hint: cli.badInputHint(command) })
}

/** What a field says of itself, and what is simply not there; the rest is said in the words of the schema. */
function ownWords(issue: z.core.$ZodIssue, value: unknown): Text | undefined {
  if (issue.code === 'custom') return issue.params?.text as Text | undefined
  return issue.code === 'invalid_type' && value === undefined ? cli.missing : undefined
}

const given = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input)
