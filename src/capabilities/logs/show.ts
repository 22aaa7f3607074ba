// How a line of a log looks; pure.
import type { Block, Frame, Span, Tone } from '../../core/view.ts'
import type { LogLine } from './log-line.ts'

const SHORT_TASK = 6
const MORE_INDENT = 4
const LEVEL_WIDTH = 5
const LEVEL_TONES: Record<string, Tone> = {
  fatal: 'bad',
  error: 'bad',
  warn: 'warn',
  warning: 'warn',
  debug: 'muted',
  trace: 'muted',
}

export function showLine(line: LogLine): Frame {
  const { at, service, container, task, message, record } = line
  const name = container === service || container === '' ? service : `${service}.${container}`
  const origin: Span = { text: `${name}/${task.slice(0, SHORT_TASK)}`, hue: hueOf(task) }
  const [first = '', ...more] = (record?.message ?? message).split('\n')
  const fields = Object.entries(record?.fields ?? {})
  const short = fields.filter(([, value]) => !isLong(value))
  const long = fields.filter(([, value]) => isLong(value)).flatMap(([, value]) => String(value).split('\n'))
  const tone = LEVEL_TONES[record?.level ?? '']
  const spans: Span[] = [
    { time: at, exact: true, tone: 'muted' },
    '  ',
    origin,
    '  ',
    ...(record?.level === undefined ? [] : [{ text: record.level.padEnd(LEVEL_WIDTH), tone: tone ?? 'plain' } as const, ' ']),
    tone === 'bad' ? { text: first, tone } : first,
    ...short.flatMap(([field, value]): Span[] => [{ text: `  ${field}=`, tone: 'muted' }, shown(value)]),
  ]
  const rest = [...more, ...long].map((text): Block => ({ kind: 'line', line: text, indent: MORE_INDENT, whole: true }))
  return { lines: [{ kind: 'line', line: spans, whole: true }, ...rest] }
}

/** A stack is read better below its message. */
const isLong = (value: unknown): boolean => typeof value === 'string' && value.includes('\n')

/** As it would be typed: text bare where it has no space, everything else as JSON. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"={}]+$/.test(value)) return value
  return JSON.stringify(value) ?? ''
}

/** The same task has the same colour, whoever looks. */
function hueOf(task: string): number {
  let hash = 0
  for (const character of task) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return hash
}
