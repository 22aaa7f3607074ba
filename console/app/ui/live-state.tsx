import type { Connection } from '../api/streams.ts'
import { useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'
import { Mark } from './mark.tsx'

/** Whether what is shown is of now. */
export function LiveState({ state }: { state: Connection | 'ended' }) {
  const { words } = useWords()
  const shown = {
    live: { tone: 'good', text: shell.live },
    reconnecting: { tone: 'warn', text: shell.reconnecting },
    paused: { tone: 'muted', text: shell.paused },
    ended: { tone: 'muted', text: shell.ended },
  } as const
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-sm text-ink-muted">
      <Mark tone={shown[state].tone} size={9} />
      {words(shown[state].text)}
    </span>
  )
}
