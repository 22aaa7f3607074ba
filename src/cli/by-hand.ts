import type { Command, CommandContext, RouteMap } from '@stricli/core'
import type { Language } from '../core/text.ts'
import type { Terminal } from './terminal.ts'

export type Route = Command<CommandContext> | RouteMap<CommandContext>

/** What a command that fits no operation is made with. */
export interface ByHand {
  /** For the words of help; `run` hands over the terminal with its flags applied. */
  terminal: Terminal
  /** Runs the work of the command: an error is printed, and what it resolves to is the exit code. */
  run(
    flags: { json?: boolean; utc?: boolean; lang?: Language },
    work: (terminal: Terminal, signal: AbortSignal) => Promise<number>,
  ): Promise<void>
}
