// Asks before something changes; how much, the operation's risk says.

import type { Engine } from '../core/engine.ts'
import { KibanError } from '../core/error.ts'
import { cli } from '../core/messages/cli.ts'
import type { CallOperation, Operation } from '../core/operation.ts'
import type { CommonFlags } from './command.ts'
import { draw } from './draw.ts'
import type { Terminal } from './terminal.ts'

const isAgreed = ({ risk, looksOnly }: Operation, input: Record<string, unknown>, { yes }: CommonFlags): boolean =>
  risk === 0 || yes === true || looksOnly?.(input) === true

/** Without a terminal nothing is asked: `--yes` must stand there. Throws `confirmation.missing`. */
export function refuseUnasked(
  operation: Operation,
  input: Record<string, unknown>,
  flags: CommonFlags,
  terminal: Terminal,
): void {
  if (isAgreed(operation, input, flags) || (terminal.interactive && !flags.json)) return
  const command = `kiban ${operation.cli?.alias ?? operation.name.replace('.', ' ')}`
  throw new KibanError('invalid', 'confirmation.missing', cli.needsYes(command), { hint: cli.needsYesHint })
}

/** Shows the effect where the operation can tell it, and asks. Gives the input to run with, or how the person said no. */
export async function agreed(
  operation: Operation,
  input: Record<string, unknown>,
  flags: CommonFlags,
  { engine, terminal, signal }: { engine: Engine; terminal: Terminal; signal: AbortSignal },
): Promise<Record<string, unknown> | 'declined' | 'interrupted'> {
  if (isAgreed(operation, input, flags)) return input
  let carried = {}
  const preview = engine.operations.find((other) => other.name === operation.preview?.operation)
  if (preview?.kind === 'call') {
    const fields = Object.keys(preview.input.shape)
    const shown = await engine.call(
      preview.name,
      Object.fromEntries(Object.entries(input).filter(([name]) => fields.includes(name))),
      signal,
    )
    for (const line of draw((preview as CallOperation).show(shown), terminal)) terminal.stdout.write(`${line}\n`)
    carried = operation.preview?.carry(shown) ?? {}
  }
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({
    message: (operation.question?.(input) ?? cli.goOn)[terminal.language],
    initialValue: false,
    active: cli.yes[terminal.language],
    inactive: cli.no[terminal.language],
  })
  if (isCancel(answer) || !answer) {
    terminal.stderr.write(`${cli.declined[terminal.language]}\n`)
    return isCancel(answer) ? 'interrupted' : 'declined'
  }
  return { ...carried, ...input }
}
