// How a thing stands, in colour, shape and word: never by colour alone.
import type { Verdict } from '../../../src/core/verdict.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'muted'

export const toneText: Record<Tone, string> = {
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-bad',
  busy: 'text-accent-ink',
  muted: 'text-ink-muted',
}

export const toneSoft: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  busy: 'bg-accent-soft text-accent-ink',
  muted: 'bg-raised text-ink-muted',
}

/** Solid fills for bars and dots; text never stands on them. */
export const toneFill: Record<Tone, string> = {
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  busy: 'bg-accent',
  muted: 'bg-line-strong',
}

/** What has happened is not busy any more. */
export const pastTone = (tone: Tone): Tone => (tone === 'busy' ? 'muted' : tone)

export const verdictTone: Record<Verdict, Tone> = {
  succeeded: 'good',
  superseded: 'muted',
  stopped: 'warn',
  'rolled-back': 'bad',
  'timed-out': 'bad',
  failed: 'bad',
}
