// What is told when the demo itself cannot go on: what happened, and what to do about it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KibanError } from '../../../src/core/error.ts'
import type { Text } from '../../../src/core/text.ts'
import type { View } from '../../../src/core/view.ts'
import { words } from './words.ts'

const LOG_LINES = 5

export class DemoError extends Error {
  readonly text: Text
  readonly hint: Text

  constructor(text: Text, hint: Text) {
    super(text.en)
    this.text = text
    this.hint = hint
  }
}

export async function showTrouble(error: unknown, folder: string | undefined): Promise<View> {
  const { text, hint } = wordsFor(error)
  const log = await logOf(folder)
  // What nobody foresaw is shown with its stack.
  const stack = text ? [] : String((error as Error)?.stack ?? error).split('\n')
  return [
    { kind: 'line', line: text ?? stack[0] ?? '', mark: 'bad' },
    ...stack.slice(1).map((line) => ({ kind: 'line', indent: 2, line }) as const),
    ...(hint ? [{ kind: 'line', indent: 2, line: hint } as const] : []),
    ...(log.length > 0 ? [{ kind: 'line', indent: 2, line: words.logSays } as const] : []),
    ...log.map((line) => ({ kind: 'line', indent: 4, line }) as const),
  ]
}

function wordsFor(error: unknown): { text?: Text; hint?: Text } {
  if (error instanceof DemoError || error instanceof KibanError) return error
  const { name, code, message } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError') return { text: words.tookTooLong }
  if (code === 'ENOSPC' || /ENOSPC|no space left/i.test(message)) return { text: words.diskFull, hint: words.diskFullHint }
  if (code === 'ENOENT' && /\bgit\b/.test(message)) return { text: words.gitMissing, hint: words.gitMissingHint }
  return {}
}

/** The end of what kiban and the sandbox wrote down of errors that nobody waited for. */
async function logOf(folder: string | undefined): Promise<string[]> {
  if (!folder) return []
  const files = [join(folder, 'kiban', 'kiban.log'), join(folder, 'sandbox.log')]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.flatMap((text) => text.trim().split('\n').filter(Boolean).slice(-LOG_LINES))
}
