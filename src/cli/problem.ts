// Prints an error, and says with which code to exit.

import { KibanError } from '../core/error.ts'
import { newId } from '../core/ids.ts'
import { cli } from '../core/messages/cli.ts'
import { errors } from '../core/messages/errors.ts'
import { exitCodeOfError } from './exit-code.ts'
import { paint, type Terminal } from './terminal.ts'

/** One error, once: what happened, each detail, what to do. A mistake of the user's never shows a stack. */
export function printProblem(error: unknown, terminal: Terminal, options: { json?: boolean; debug?: boolean } = {}): number {
  const problem = error instanceof KibanError ? error : internal(error, terminal)
  if (options.json) {
    const { kind, code, text, hint, details } = problem
    const document = { error: { kind, code, message: text.en, hint: hint?.en, details: details.map((detail) => detail.en) } }
    terminal.stderr.write(`${JSON.stringify(document)}\n`)
  } else {
    const { language } = terminal
    terminal.stderr.write(`${paint(terminal, 'bad', '✖')} ${problem.text[language]}\n`)
    for (const detail of problem.details) terminal.stderr.write(`  ${detail[language]}\n`)
    if (problem.hint) terminal.stderr.write(`  ${paint(terminal, 'muted', cli.hint[language])}  ${problem.hint[language]}\n`)
  }
  if (options.debug) terminal.stderr.write(`${String((error as Error)?.stack ?? error)}\n`)
  return exitCodeOfError[problem.kind]
}

/** Anything unforeseen: the reader gets a reference, the log the stack. */
function internal(cause: unknown, terminal: Terminal): KibanError {
  const reference = newId('err')
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  const record = { time: new Date().toISOString(), level: 'error', message: 'internal error', reference, stack }
  terminal.stderr.write(`${JSON.stringify(record)}\n`)
  return new KibanError('internal', 'internal', errors.internal(reference), { cause })
}
