// Draws the frames of a stream: what stays is printed once, what lives is drawn over.
import type { Frame } from '../core/view.ts'
import { draw } from './draw.ts'
import type { Terminal } from './terminal.ts'

const CLEAR_BELOW = '\u001b[0J'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const BEGIN_UPDATE = '\u001b[?2026h'
const END_UPDATE = '\u001b[?2026l'
/** A frame taller than the window could not be drawn over. */
const SPARE_ROWS = 1

/** How often what counts on is drawn anew. */
const TICK_MS = 1_000

export interface Live {
  frame(frame: Frame): void
  /** Leaves the last live part where it is and gives the cursor back. */
  end(): void
}

/** On a terminal the live part is redrawn in place; elsewhere only lines are printed, and the last live part at the end. */
export function live(terminal: Terminal): Live {
  let rows = 0
  let last: Frame['live']
  let ticking: NodeJS.Timeout | undefined
  const write = (text: string) => terminal.stdout.write(text)
  const redraw = (lines: string[]) => {
    const limit = (terminal.stdout.rows ?? 24) - SPARE_ROWS
    const below = draw(last ?? [], terminal, 'cut').slice(0, limit)
    const back = rows > 0 ? `\r\u001b[${rows}A` : ''
    const text = [...lines, ...below].map((line) => `${line}\n`).join('')
    write(`${BEGIN_UPDATE}${HIDE_CURSOR}${back}${CLEAR_BELOW}${text}${END_UPDATE}`)
    rows = below.length
  }
  return {
    frame({ lines = [], passing = [], live }) {
      last = live ?? last
      if (!terminal.interactive) {
        for (const line of draw([...passing, ...lines], terminal)) write(`${line}\n`)
        return
      }
      redraw(draw(lines, terminal))
      ticking ??= setInterval(() => {
        if (rows > 0) redraw([])
      }, TICK_MS)
    },
    end() {
      clearInterval(ticking)
      // A Ctrl-C has left its sign where the cursor stands.
      if (terminal.interactive) write(`\r${CLEAR_BELOW}${SHOW_CURSOR}`)
      else if (last) for (const line of draw(last, terminal)) write(`${line}\n`)
      rows = 0
      last = undefined
    },
  }
}
