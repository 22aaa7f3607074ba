// Makes a line fit a terminal: cut where it is drawn over, wrapped where it stays. Colours are kept whole.
import { columnWidth } from './column-width.ts'

const RESET = '\u001b[0m'
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
const PIECE = /\u001b\[[0-9;]*m|[^\u001b]/gu
/** Codes that end what another began: all, weight, colour. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
const ENDS = /^\u001b\[(0|22|39)?m$/
/** Signs that Japanese does not put at the beginning of a line. */
const NEVER_FIRST = /[、。，．・：；？！）」』】々ー%]/u

/** Cuts a line to a width in columns, and says so by an ellipsis. */
export function cut(line: string, width: number): string {
  if (columnWidth(line) <= width) return line
  let out = ''
  let used = 0
  for (const [piece] of line.matchAll(PIECE)) {
    const columns = columnWidth(piece)
    if (used + columns > width - 1) break
    out += piece
    used += columns
  }
  return `${out}…${line.includes('\u001b') ? RESET : ''}`
}

/** Breaks a line between words, or anywhere in Japanese; what follows the first break is indented by `hang` columns. */
export function wrap(line: string, width: number, hang: number): string[] {
  if (columnWidth(line) <= width) return [line]
  const indent = ' '.repeat(Math.min(hang, Math.floor(width / 2)))
  const lines: string[] = []
  let rest = [...line.matchAll(PIECE)].map(([piece]) => piece)
  let start = ''
  while (rest.length > 0) {
    const end = lineEnd(rest, width - columnWidth(start))
    const text = start + rest.slice(0, end).join('').replace(/ +$/, '')
    rest = rest.slice(end)
    while (rest[0] === ' ') rest.shift()
    const open = openColours(text)
    lines.push(open === '' ? text : text + RESET)
    start = indent + open
  }
  return lines
}

/** How many pieces go into so many columns. */
function lineEnd(pieces: readonly string[], width: number): number {
  let used = 0
  let last = 0
  for (const [at, piece] of pieces.entries()) {
    const columns = columnWidth(piece)
    if (used + columns > width && piece !== ' ') return last > 0 ? last : Math.max(1, at)
    used += columns
    const next = pieces[at + 1] ?? ''
    if (piece === ' ' || ((columns > 1 || columnWidth(next) > 1) && !NEVER_FIRST.test(next) && !isColour(next))) last = at + 1
  }
  return pieces.length
}

const isColour = (piece: string): boolean => piece.startsWith('\u001b')

/** The colours that a text leaves on. */
function openColours(text: string): string {
  let open = ''
  for (const [piece] of text.matchAll(PIECE)) {
    if (!isColour(piece)) continue
    open = ENDS.test(piece) ? '' : open + piece
  }
  return open
}
