// The terminal of the demo: what it says itself and what commands print go to it in one stream, above a footer that stays.
import { draw, drawLine } from '../../../src/cli/draw.ts'
import { cut } from '../../../src/cli/fit.ts'
import { paint, type Terminal, terminalOf } from '../../../src/cli/terminal.ts'
import type { Language, Text } from '../../../src/core/text.ts'
import type { Line, View } from '../../../src/core/view.ts'

const CLEAR_LINE = '\r\u001b[2K'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin'>

export interface Screen {
  terminal: Terminal
  /** For commands that draw on the same terminal. */
  streams: Streams
  scene(title: Text): void
  show(view: View): void
  /** The command that is about to run, as one would type it. */
  command(argv: readonly string[]): void
  /** A line below all others, on a terminal only; `undefined` takes it away. */
  footer(line: Line | undefined): void
  /** From now on commands print nothing any more; `show` still does. */
  mute(): void
}

export function screenOf(process: NodeJS.Process, language: Language): Screen {
  const { stdout, stderr, stdin } = process
  const real = terminalOf(process, { lang: language })
  let footer = ''
  let muted = false
  let scene = 0

  /** The cursor waits at the beginning of the footer's line. */
  const write = (stream: NodeJS.WriteStream, text: string): boolean => {
    if (footer === '') return stream.write(text)
    if (stream === stdout) return stdout.write(`${CLEAR_LINE}${text}${footer}\r`)
    stdout.write(CLEAR_LINE)
    stream.write(text)
    return stdout.write(`${footer}\r`)
  }
  const shared = <Stream extends NodeJS.WriteStream>(stream: Stream): Stream =>
    new Proxy(stream, {
      get(target, name) {
        if (name === 'write') return (text: string) => muted || write(stream, text)
        if (name === 'rows') return target.rows && target.rows - (footer === '' ? 0 : 1)
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const show = (view: View) => {
    for (const line of draw(view, real)) write(stdout, `${line}\n`)
  }
  process.on('exit', () => {
    if (footer !== '') stdout.write(`${CLEAR_LINE}${SHOW_CURSOR}`)
  })

  return {
    terminal: real,
    streams: { stdout: shared(stdout), stderr: shared(stderr), stdin },
    show,
    scene(title) {
      scene++
      show([{ kind: 'blank' }, { kind: 'heading', line: [{ text: `${scene}`, tone: 'busy' }, '  ', title] }])
    },
    command(argv) {
      write(stdout, `${paint(real, 'muted', '$')} ${paint(real, 'strong', argv.join(' '))}\n`)
    },
    footer(line) {
      if (!real.interactive) return
      const next = line === undefined ? '' : cut(drawLine(line, real), (stdout.columns ?? 80) - 1)
      if (next === footer) return
      footer = next
      stdout.write(footer === '' ? `${CLEAR_LINE}${SHOW_CURSOR}` : `${CLEAR_LINE}${HIDE_CURSOR}${footer}\r`)
    },
    mute() {
      muted = true
    },
  }
}
