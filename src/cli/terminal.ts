import { styleText } from 'node:util'
import { type Language, languageOf } from '../core/text.ts'
import type { Tone } from '../core/view.ts'

/** Where a command writes and for whom: what is decided once per run and needed by every drawing. */
export interface Terminal {
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  stdin: NodeJS.ReadStream
  language: Language
  /** Columns; infinite where nobody's window limits the line. */
  width: number
  colour: boolean
  /** Whether lines may be drawn over and questions asked. */
  interactive: boolean
  /** IANA name of the reader's zone. */
  readonly timeZone: string
}

const FALLBACK_WIDTH = 80

/** The terminal of this process. NO_COLOR, FORCE_COLOR, CI, TERM=dumb and COLUMNS mean what they mean elsewhere. */
export function terminalOf(
  process: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin' | 'env'>,
  options: { lang?: Language; utc?: boolean; colour?: boolean } = {},
): Terminal {
  const { stdout, stderr, stdin, env } = process
  const dumb = env.TERM === 'dumb'
  const tty = Boolean(stdout.isTTY) && !dumb
  return {
    stdout,
    stderr,
    stdin,
    language: options.lang ?? languageOf(env),
    width: tty ? Number(env.COLUMNS) || stdout.columns || FALLBACK_WIDTH : Number.POSITIVE_INFINITY,
    colour: options.colour ?? (env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : tty),
    interactive: tty && Boolean(stdin.isTTY) && !env.CI,
    // Made when a time is first shown: Intl takes as long to wake as a small command.
    get timeZone() {
      return options.utc ? 'UTC' : (env.TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
    },
  }
}

const styles = {
  plain: [],
  good: ['green'],
  bad: ['red'],
  warn: ['yellow'],
  busy: ['cyan'],
  muted: ['dim'],
  strong: ['bold'],
} as const satisfies Record<Tone, readonly Parameters<typeof styleText>[0][]>

export function paint(terminal: Pick<Terminal, 'colour'>, tone: Tone, text: string): string {
  if (!terminal.colour || tone === 'plain') return text
  return styleText([...styles[tone]], text, { validateStream: false })
}

/** Colours that only tell things apart: none that means something elsewhere. */
const HUES = ['cyan', 'magenta', 'blue', 'cyanBright', 'magentaBright', 'blueBright'] as const

export function paintHue(terminal: Pick<Terminal, 'colour'>, hue: number, text: string): string {
  return terminal.colour ? styleText(HUES[hue % HUES.length] ?? 'cyan', text, { validateStream: false }) : text
}
