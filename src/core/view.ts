/**
 * What an operation shows, before any face draws it: the CLI makes it lines of a terminal, Slack blocks, a job summary
 * Markdown. An operation says what is to be seen; only a face knows colours, widths and cursors.
 */
import type { Text } from './text.ts'

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'busy' | 'muted' | 'strong'

/** A piece of a line. Plain strings are data (names, numbers, AWS's words) and are never translated. */
export type Span =
  | string
  | Text
  | { text: string | Text; tone: Tone }
  /** One of many colours that only tell things apart; the same number, the same colour. */
  | { text: string; hue: number }
  /** With its seconds, on another day too, when `exact`. */
  | { time: number; exact?: boolean; tone?: Tone }
  | { seconds: number; tone?: Tone }
  /** How long ago a moment was, in epoch milliseconds; it counts on while it is looked at. */
  | { since: number; tone?: Tone }
  /** How long until a moment, likewise: `left` says it in words, and `over` that even `late` has passed. */
  | { until: number; late: number; left: (duration: string) => Text; over: Text; tone?: Tone }

export type Line = Span | Span[]

export type Block =
  | { kind: 'heading'; line: Line }
  /** `mark` puts the sign of a tone before the line: a tick, a cross, a dot. A `whole` line is neither cut nor wrapped. */
  | { kind: 'line'; line: Line; mark?: Tone; indent?: number; whole?: boolean }
  /** Columns are as wide as their widest cell; the last takes what is left. A heading row is drawn when `columns` has titles. */
  | { kind: 'table'; columns: { title?: Text; align?: 'left' | 'right' }[]; rows: Line[][]; indent?: number }
  /** Names on the left, values on the right, aligned. */
  | { kind: 'fields'; rows: [name: Text | string, value: Line][]; indent?: number }
  | { kind: 'diff'; rows: { sign: '+' | '-' | '~' | ' '; line: Line }[]; indent?: number }
  /** Bars below each other; `done` from 0 to 1. */
  | { kind: 'progress'; rows: { name: Line; done: number; cells: Line[] }[]; indent?: number }
  /** What to run next. */
  | { kind: 'next'; commands: { command: string; why: Text }[] }
  /** A file or answer as it is, to be piped or copied: never cut, coloured or translated. */
  | { kind: 'text'; text: string | Text }
  | { kind: 'blank' }

export type View = Block[]

/** One item of a stream as it is shown: `lines` stay, `live` replaces the live part before it. */
export interface Frame {
  lines?: View
  /** Printed only where nothing can be drawn over, and so the live part is not seen. */
  passing?: View
  live?: View
}
