import { expect, test, vi } from 'vitest'
import { live } from './live.ts'
import type { Terminal } from './terminal.ts'

/** What was written, and the screen as a terminal of few codes shows it. */
function screen(options: { interactive: boolean; width?: number; rows?: number }) {
  let written = ''
  const stdout = { write: (text: string) => (written += text), rows: options.rows ?? 24 } as unknown as NodeJS.WriteStream
  const terminal = {
    stdout,
    language: 'en',
    width: options.width ?? 80,
    colour: false,
    interactive: options.interactive,
    timeZone: 'UTC',
  } as Terminal
  return { terminal, written: () => written, shows: () => played(written) }
}

/** Moves up by `ESC [ n A`, clears below by `ESC [ 0 J`; everything else only decorates. */
function played(text: string): string[] {
  const lines = ['']
  let row = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of terminals are control characters
  for (const [piece] of text.matchAll(/\u001b\[\??\d*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const up = /^\u001b\[(\d+)A$/.exec(piece)
    if (piece === '\n') lines[++row] ??= ''
    else if (piece === '\r') continue
    else if (up) row -= Number(up[1])
    else if (piece === '\u001b[0J') lines.splice(row, lines.length, '')
    else if (!piece.startsWith('\u001b')) lines[row] = (lines[row] ?? '') + piece
  }
  return lines.slice(0, -1)
}

const line = (text: string) => [{ kind: 'line', line: text } as const]

test('on a terminal what lives is drawn over, and what stays stays above it', () => {
  const { terminal, shows, written } = screen({ interactive: true })
  const drawn = live(terminal)
  drawn.frame({ live: line('building api') })
  expect(shows()).toEqual(['building api'])
  drawn.frame({ lines: line('built api'), passing: line('building web'), live: line('building web') })
  expect(shows()).toEqual(['built api', 'building web'])
  drawn.frame({ lines: line('done'), live: [] })
  drawn.end()
  expect(shows()).toEqual(['built api', 'done'])
  expect(written().endsWith('\u001b[?25h')).toBe(true)
})

test('elsewhere each line is printed once, with what would only have been seen passing, and the last live part at the end', () => {
  const { terminal, written } = screen({ interactive: false })
  const drawn = live(terminal)
  drawn.frame({ passing: line('building api'), live: line('building api  1s') })
  drawn.frame({ lines: line('built api'), live: line('rolling out') })
  drawn.end()
  expect(written()).toBe('building api\nbuilt api\nrolling out\n')
})

test('a live part is never taller than the window, nor wider', () => {
  const { terminal, shows } = screen({ interactive: true, rows: 4, width: 8 })
  const drawn = live(terminal)
  drawn.frame({ live: [1, 2, 3, 4, 5].flatMap((number) => line(`line number ${number}`)) })
  drawn.frame({ lines: line('stays'), live: line('lives') })
  drawn.end()
  expect(shows()).toEqual(['stays', 'lives'])
})

test('what counts on is drawn anew each second', () => {
  vi.useFakeTimers({ now: 100_000 })
  const { terminal, shows } = screen({ interactive: true })
  const drawn = live(terminal)
  const words = { left: (time: string) => ({ en: `, ${time} left`, ja: time }), over: { en: ', late', ja: '' } }
  const counting = [{ since: 98_000 }, { until: 103_000, late: 105_000, ...words }]
  drawn.frame({ live: [{ kind: 'line', line: counting }] })
  expect(shows()).toEqual(['2s, 3s left'])
  vi.advanceTimersByTime(1_000)
  expect(shows()).toEqual(['3s, 2s left'])
  vi.advanceTimersByTime(3_000)
  expect(shows()).toEqual(['6s'])
  vi.advanceTimersByTime(2_000)
  expect(shows()).toEqual(['8s, late'])
  drawn.end()
  vi.advanceTimersByTime(60_000)
  expect(shows()).toEqual(['8s, late'])
  vi.useRealTimers()
})
