// The command line: a command for each operation, and the few that are written by hand.
import { buildApplication, buildRouteMap, type Command, type CommandContext, run, text_en } from '@stricli/core'
import type { Engine } from '../core/engine.ts'
import { cli } from '../core/messages/cli.ts'
import type { Operation } from '../core/operation.ts'
import type { Language, Text } from '../core/text.ts'
import type { ByHand, Route } from './by-hand.ts'
import { type CommonFlags, commandOf } from './command.ts'
import { COMPLETE, complete, completionCommand } from './completion.ts'
import { draw } from './draw.ts'
import { EXIT_INTERRUPTED, EXIT_USAGE } from './exit-code.ts'
import { asksForOverview, overview } from './overview.ts'
import { japanese } from './parser-text.ts'
import { printProblem } from './problem.ts'
import { runOperation } from './run-operation.ts'
import { paint, terminalOf } from './terminal.ts'

export interface Cli {
  operations: readonly Operation[]
  /** What it opens, it opens when an operation needs it. `say` hears what a person should know of that. */
  openEngine(say: (text: Text) => void): Engine
  /** Commands that fit no operation (`sandbox`), by name. */
  commands?: (tools: ByHand) => Record<string, Route>
  process: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin' | 'env'>
  signal: AbortSignal
  /** Calls back at the second Ctrl-C, which ends the process otherwise. */
  onSecond?: (leave: () => void) => void
}

/** Runs one command line and gives its exit code. */
export async function runCli(argv: readonly string[], options: Cli): Promise<number> {
  const { operations, process, signal } = options
  const terminal = terminalOf(process, { lang: languageFlag(argv) })
  const { language } = terminal
  let exitCode = 0
  const runByHand: ByHand['run'] = async (flags, work) => {
    const chosen = terminalOf(process, { lang: flags.lang, utc: flags.utc })
    try {
      exitCode = await work(chosen, signal)
    } catch (error) {
      exitCode = signal.aborted
        ? EXIT_INTERRUPTED
        : printProblem(error, chosen, { json: flags.json, debug: Boolean(process.env.KIBAN_DEBUG) })
    }
  }
  const runCommand = async (operation: Operation, input: Record<string, unknown>, common: CommonFlags) => {
    const { openEngine: open, onSecond } = options
    await runByHand(common, async (chosen) => {
      try {
        return await runOperation(operation, input, common, { open, terminal: chosen, signal, onSecond })
      } catch (error) {
        // A command that takes a program's exit code keeps its own errors apart from it.
        if (operation.kind !== 'stream' || !operation.exit || signal.aborted) throw error
        printProblem(error, chosen, { json: common.json, debug: Boolean(process.env.KIBAN_DEBUG) })
        return operation.exit.failed
      }
    })
  }
  const tools = { terminal, run: runByHand }
  const byHand = { ...options.commands?.(tools), completion: completionCommand(tools) }
  if (asksForOverview(argv)) {
    for (const line of draw(overview(operations, byHand), terminal)) process.stdout.write(`${line}\n`)
    return 0
  }
  const completing = argv[0] === COMPLETE
  const [word = ''] = completing ? argv.slice(1) : argv
  const routes = { ...routesOf(word in byHand ? [] : meantBy(word, operations), language, runCommand), ...byHand }
  const app = buildApplication(buildRouteMap({ routes, docs: { brief: cli.brief[language] } }), {
    name: 'kiban',
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: {
      caseStyle: 'convert-camel-to-kebab',
      useAliasInUsageLine: true,
      onlyRequiredInUsageLine: true,
      disableAnsiColor: !terminal.colour,
    },
    localization: { text: language === 'ja' ? japanese : text_en },
  })
  if (completing) {
    await complete(app, argv.slice(1), terminal)
    return 0
  }
  const parser: {
    stdout: NodeJS.WriteStream
    stderr: NodeJS.WriteStream
    env: NodeJS.ProcessEnv
    exitCode?: number | string | null
  } = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
  }
  await run(app, argv, { process: parser })
  const parsed = Number(parser.exitCode ?? 0)
  if (parsed >= 0 && parsed <= 127) return parsed || exitCode
  // The parser says what is wrong; what to do is said as of every error.
  const command = word in routes ? `kiban ${word}` : 'kiban'
  terminal.stderr.write(`  ${paint(terminal, 'muted', cli.hint[language])}  ${cli.badInputHint(command)[language]}\n`)
  return EXIT_USAGE
}

/** Making a command of an operation takes longer than many a command runs: only those of the first word are made, if there are any. */
function meantBy(word: string, operations: readonly Operation[]): readonly Operation[] {
  const meant = operations.filter(({ name, cli, hidden }) => !hidden && (cli?.alias === word || name.split('.')[0] === word))
  return meant.length > 0 ? meant : operations
}

/** Everyday aliases first, then the nouns with all their verbs. */
function routesOf(
  operations: readonly Operation[],
  language: Language,
  run: Parameters<typeof commandOf>[2],
): Record<string, Route> {
  const everyday: Record<string, Route> = {}
  const nouns = new Map<string, Record<string, Command<CommandContext>>>()
  for (const operation of operations) {
    if (operation.hidden) continue
    const command = commandOf(operation, language, run)
    const [noun = '', verb = ''] = operation.name.split('.')
    nouns.set(noun, { ...nouns.get(noun), [verb]: command })
    if (operation.cli?.alias) everyday[operation.cli.alias] = command
  }
  const maps = [...nouns].map(([noun, routes]) => {
    // An alias that is a noun too (`kiban timeline`) is what the noun alone means.
    const meant = operations.find(({ name, cli: own }) => own?.alias === noun && name.startsWith(`${noun}.`))
    const defaultCommand = meant?.name.split('.')[1]
    return [noun, buildRouteMap({ routes, defaultCommand, docs: { brief: cli.noun(noun)[language] } })] as const
  })
  return { ...everyday, ...Object.fromEntries(maps) }
}

/** Help is written before any flag is parsed, so its language is looked up beforehand. */
function languageFlag(argv: readonly string[]): Language | undefined {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='))
  const value = at < 0 ? undefined : argv[at]?.includes('=') ? argv[at]?.split('=')[1] : argv[at + 1]
  return value === 'ja' || value === 'en' ? value : undefined
}
