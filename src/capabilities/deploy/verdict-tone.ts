import type { Verdict } from '../../core/verdict.ts'
import type { Tone } from '../../core/view.ts'

/** How a verdict is coloured, in any face. */
export const verdictTone = (verdict: Verdict): Tone => tones[verdict]

const tones: Record<Verdict, Tone> = {
  succeeded: 'good',
  superseded: 'warn',
  stopped: 'warn',
  'rolled-back': 'bad',
  'timed-out': 'bad',
  failed: 'bad',
}

/** As git shortens a commit in a list. */
export const shortCommit = (commit: string): string => commit.slice(0, 8)
