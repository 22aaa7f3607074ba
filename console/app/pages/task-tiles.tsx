// Tasks as tiles: how each one stands, told by colour, border and word.
import { memo, type ReactNode } from 'react'
import { services as said } from '../../../src/core/messages/services.ts'
import type { Streams } from '../api/operations.generated.ts'
import type { Tone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { serviceWords } from '../words/services.ts'

export type Task = Streams['task.follow']['output']['services'][number]['tasks'][number]

export const taskTone: Record<Task['state'], Tone> = {
  starting: 'busy',
  running: 'muted',
  healthy: 'good',
  unhealthy: 'bad',
  draining: 'warn',
  stopped: 'muted',
}

const looks: Record<Task['state'], string> = {
  starting: 'border-dashed border-accent bg-accent-soft text-accent-ink',
  running: 'border-line-strong bg-raised text-ink',
  healthy: 'border-good bg-good-soft text-good',
  unhealthy: 'border-bad bg-bad-soft text-bad',
  draining: 'border-dashed border-warn bg-warn-soft text-warn',
  stopped: 'border-dashed border-line bg-panel text-ink-muted',
}

/** As many as still have room for words; more are drawn small, with their words for whoever points at or hears them. */
const WITH_WORDS = 48

export const shortId = (id: string): string => id.slice(0, 4)

/**
 * `empty` places are for tasks that ECS has not started yet; `quiet` tiles are of what goes, and draw no eye while they are
 * well. Tiles with words can be chosen, where `onChoose` is given; keep it stable.
 */
export function TaskTiles(props: {
  tasks: readonly Task[]
  empty?: number
  label: string
  quiet?: boolean
  chosen?: string
  onChoose?(task: string | undefined): void
}) {
  const { tasks, empty = 0, label, quiet = false, chosen, onChoose } = props
  const small = tasks.length + empty > WITH_WORDS
  return (
    <ul
      aria-label={label}
      className={
        small ? 'flex flex-wrap gap-1' : 'grid flex-1 grid-cols-[repeat(auto-fill,minmax(5.25rem,1fr))] gap-1.5 [contain:layout]'
      }
    >
      {tasks.map(({ id, state, zone }) => (
        <Tile key={id} id={id} state={state} zone={zone} small={small} quiet={quiet} chosen={id === chosen} onChoose={onChoose} />
      ))}
      {Array.from({ length: empty }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: empty places are all alike
        <li key={at} aria-hidden className={`rounded-lg border border-dashed border-line ${small ? 'size-5' : 'h-13'}`} />
      ))}
    </ul>
  )
}

/** Only those whose state has changed are drawn again. */
const Tile = memo(function Tile(props: {
  id: string
  state: Task['state']
  zone: string | undefined
  small: boolean
  quiet: boolean
  chosen: boolean
  onChoose?(task: string | undefined): void
}) {
  const { id, state, zone, small, quiet, chosen, onChoose } = props
  const look = looks[quiet && state === 'healthy' ? 'running' : state]
  const { words } = useWords()
  const name = words(said.state[state])
  if (small)
    return (
      <li className={`size-5 rounded-sm border ${look}`} title={`${id} · ${name}${zone ? ` · ${zone}` : ''}`}>
        <span className="sr-only">
          {shortId(id)} {name}
        </span>
      </li>
    )
  return (
    <li title={id}>
      <Place
        chosen={chosen}
        onChoose={onChoose && (() => onChoose(chosen ? undefined : id))}
        className={`grid h-13 w-full place-content-center rounded-lg border px-1 text-center text-sm leading-tight ${look}`}
      >
        <span>
          <code className="font-semibold">{shortId(id)}</code>
          {zone && ` · ${zone.slice(-2)}`}
        </span>
        <span className="block truncate">{name}</span>
      </Place>
    </li>
  )
})

function Place(props: { chosen: boolean; onChoose: (() => void) | undefined; className: string; children: ReactNode }) {
  const { chosen, onChoose, className, children } = props
  if (!onChoose) return <div className={className}>{children}</div>
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={`${className} hover:brightness-110 aria-pressed:ring-2 aria-pressed:ring-accent-ink`}
    >
      {children}
    </button>
  )
}

/** What AWS did not let kiban see, in one line each. */
export function NotSeen({ of }: { of: Streams['task.follow']['output']['notSeen'] }) {
  const { words } = useWords()
  if (of.length === 0) return null
  return (
    <ul className="mb-4 rounded-lg bg-warn-soft px-4 py-2 text-warn">
      {of.map(({ action, denied, text }) => (
        <li key={action} className="break-words">
          {words(denied ? serviceWords.denied(action) : serviceWords.unseen(action, text))}
        </li>
      ))}
    </ul>
  )
}
