// Turns a view into lines of a terminal.
import type { Language, Text } from '../core/text.ts'
import type { Block, Line, Span, Tone, View } from '../core/view.ts'
import { columnWidth } from './column-width.ts'
import { cut, wrap } from './fit.ts'
import { paint, paintHue, type Terminal } from './terminal.ts'

/** As wide as a message that is not broken anew on most screens. */
const PLAIN_COLUMNS = 100
const COLUMN_GAP = '  '
/** Seconds below which their tenths are told. */
const TENTHS_BELOW = 10
const PROGRESS_COLUMNS = 24
/** A mark or a sign, and the space behind it. */
const MARK_COLUMNS = 2
const marks: Record<Tone, string> = { plain: ' ', good: '✔', bad: '✖', warn: '▲', busy: '●', muted: '·', strong: '›' }
const titles = { next: { en: 'Next', ja: '次に' } }

/** What of a terminal is drawn on. */
export type Surface = Pick<Terminal, 'language' | 'width' | 'colour' | 'timeZone'>

/** What is drawn over must not be longer than the window, and is cut; what stays can be read to its end, and is wrapped. */
export type Fit = 'wrap' | 'cut'

/** Draws a view; one string per line, without line ends, none wider than the terminal. Tables are cut in any case. */
export function draw(view: View, terminal: Surface, fit: Fit = 'wrap'): string[] {
  return view.flatMap((block) => {
    const lines = drawBlock(block, terminal)
    if (block.kind === 'text' || (block.kind === 'line' && block.whole)) return lines
    const hang = fit === 'wrap' ? hangOf(block) : undefined
    return lines.flatMap((line) => (hang === undefined ? cut(line, terminal.width) : wrap(line, terminal.width, hang)))
  })
}

/** Draws a view as plain lines, for a reader whose window nobody knows. */
export const drawPlain = (view: View, language: Language, width = PLAIN_COLUMNS): string[] =>
  draw(view, { language, width, colour: false, timeZone: process.env.TZ || 'UTC' })

/** By how much the rest of a wrapped line is indented; nothing for blocks whose columns would be lost. */
function hangOf(block: Block): number | undefined {
  switch (block.kind) {
    case 'heading':
      return 0
    case 'line':
      return (block.indent ?? 0) + (block.mark ? MARK_COLUMNS : 0)
    case 'diff':
      return (block.indent ?? 0) + MARK_COLUMNS
    default:
      return undefined
  }
}

function drawBlock(block: Block, terminal: Surface): string[] {
  switch (block.kind) {
    case 'text': {
      const text = typeof block.text === 'string' ? block.text : block.text[terminal.language]
      return text.replace(/\n$/, '').split('\n').map(printable)
    }
    case 'blank':
      return ['']
    case 'heading':
      return [paint(terminal, 'strong', drawLine(block.line, terminal))]
    case 'line': {
      const sign = block.mark ? `${paint(terminal, block.mark, marks[block.mark])} ` : ''
      return [pad(block.indent) + sign + drawLine(block.line, terminal)]
    }
    case 'table':
      return drawTable(block, terminal)
    case 'fields':
      return drawRows(
        block.rows.map(([name, value]) => [paint(terminal, 'muted', read(name, terminal)), drawLine(value, terminal)]),
        [],
        block.indent,
      )
    case 'diff':
      return block.rows.map(({ sign, line }) => {
        const tone = ({ '+': 'good', '-': 'bad', '~': 'warn', ' ': 'muted' } as const)[sign]
        return `${pad(block.indent)}${paint(terminal, tone, sign)} ${drawLine(line, terminal)}`
      })
    case 'progress':
      return drawRows(
        block.rows.map(({ name, done, cells }) => [
          drawLine(name, terminal),
          bar(done, terminal),
          ...cells.map((cell) => drawLine(cell, terminal)),
        ]),
        [],
        block.indent,
      )
    case 'next':
      return drawNext(block, terminal)
  }
}

function bar(done: number, terminal: Surface): string {
  const full = Math.round(Math.min(1, Math.max(0, done)) * PROGRESS_COLUMNS)
  return paint(terminal, 'good', '━'.repeat(full)) + paint(terminal, 'muted', '─'.repeat(PROGRESS_COLUMNS - full))
}

/** Commands, and what each is for beside it; below it where there is no room. */
function drawNext({ commands }: Extract<Block, { kind: 'next' }>, terminal: Surface): string[] {
  const title = titles.next[terminal.language]
  const label = (at: number) => (at === 0 ? paint(terminal, 'muted', title) : ' '.repeat(columnWidth(title)))
  const command = (text: string) => `${paint(terminal, 'muted', '$')} ${text}`
  const why = (text: Text) => paint(terminal, 'muted', read(text, terminal))
  const beside = drawRows(
    commands.map((one, at) => [label(at), command(one.command), why(one.why)]),
    [],
  )
  if (beside.every((line) => columnWidth(line) <= terminal.width)) return beside
  return commands.flatMap((one, at) => [
    `${label(at)}${COLUMN_GAP}${command(one.command)}`,
    `${' '.repeat(columnWidth(title) + COLUMN_GAP.length)}  ${why(one.why)}`,
  ])
}

function drawTable(block: Extract<Block, { kind: 'table' }>, terminal: Surface): string[] {
  const rows = block.rows.map((row) => row.map((cell) => drawLine(cell, terminal)))
  const header = block.columns.some((column) => column.title)
    ? [block.columns.map((column) => paint(terminal, 'muted', column.title ? read(column.title, terminal) : ''))]
    : []
  return drawRows(
    [...header, ...rows],
    block.columns.map((column) => column.align ?? 'left'),
    block.indent,
  )
}

function drawRows(rows: string[][], align: ('left' | 'right')[], indent?: number): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, columnWidth(cell))
  return rows.map((row) => {
    const cells = row.map((cell, at) => {
      const space = ' '.repeat((widths[at] ?? 0) - columnWidth(cell))
      return align[at] === 'right' ? space + cell : cell + space
    })
    return (pad(indent) + cells.join(COLUMN_GAP)).trimEnd()
  })
}

export function drawLine(line: Line, terminal: Surface): string {
  const spans = Array.isArray(line) ? line : [line]
  return spans.map((span) => drawSpan(span, terminal)).join('')
}

function drawSpan(span: Span, terminal: Surface): string {
  if (typeof span === 'string') return printable(span)
  if ('time' in span) return paint(terminal, span.tone ?? 'plain', time(span.time, terminal, { exact: span.exact }))
  if ('hue' in span) return paintHue(terminal, span.hue, printable(span.text))
  if ('since' in span) return paint(terminal, span.tone ?? 'plain', duration((Date.now() - span.since) / 1000))
  if ('until' in span) {
    const now = Date.now()
    const words = now < span.until ? span.left(duration((span.until - now) / 1000)) : now < span.late ? '' : span.over
    return paint(terminal, span.tone ?? 'plain', read(words, terminal))
  }
  if ('seconds' in span) return paint(terminal, span.tone ?? 'plain', took(span.seconds))
  if ('tone' in span) return paint(terminal, span.tone, read(span.text, terminal))
  return read(span, terminal)
}

const read = (text: string | Text, terminal: Surface) => printable(typeof text === 'string' ? text : text[terminal.language])

/** A log line or a commit subject may hold escape sequences; none of them reaches the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const printable = (text: string) => text.replaceAll('\t', '    ').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '�')

/** `14:09:46` today, `2026-11-23 14:09` on another day (with its seconds when exact), with `Z` in UTC. */
export function time(
  at: number,
  terminal: Pick<Terminal, 'timeZone'>,
  { exact = false, now = Date.now() }: { exact?: boolean; now?: number } = {},
): string {
  const parts = (options: Intl.DateTimeFormatOptions, moment: number) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: terminal.timeZone, ...options }).format(moment)
  const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const today = parts(day, at) === parts(day, now)
  const clock = parts({ hour: '2-digit', minute: '2-digit', second: '2-digit' }, at)
  const text = today ? clock : `${parts(day, at)} ${exact ? clock : clock.slice(0, 5)}`
  return terminal.timeZone === 'UTC' ? `${text}Z` : text
}

/** As `duration`, and `0.6s` where that matters. */
const took = (seconds: number): string => (seconds < TENTHS_BELOW ? `${seconds.toFixed(1)}s` : duration(seconds))

/** `8s`, `2m46s`, `1h05m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole}s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}m${String(whole % 60).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`
}

const pad = (indent = 0) => ' '.repeat(indent)
