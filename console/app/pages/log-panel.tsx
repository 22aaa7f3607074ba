// Log lines as they come: at most so many are kept, they are drawn once a frame, and reading back is left alone.
import { Pause, Play, X } from 'lucide-react'
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Streams } from '../api/operations.generated.ts'
import { useFollowed } from '../live.ts'
import { Button } from '../ui/button.tsx'
import { LiveState } from '../ui/live-state.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { clockTime } from '../ui/time.tsx'
import { type Language, useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { shortId } from './task-tiles.tsx'

type Line = Streams['log.follow']['output']

const MOST_LINES = 2_000
const ROW_PX = 22
const MARGIN_ROWS = 20

interface Lines {
  all: Line[]
  /** How many came in all. */
  count: number
}

const NONE: Line[] = []

const reduce = (kept: Lines | undefined, line: Line): Lines => {
  const all = kept?.all ?? []
  all.push(line)
  // Cut seldom, so that each line costs the same however many there are.
  if (all.length > MOST_LINES * 1.5) all.splice(0, all.length - MOST_LINES)
  return { all, count: (kept?.count ?? 0) + 1 }
}

export function LogPanel(props: {
  product: string
  environment: string
  deployment?: string
  service?: string
  /** Lines of one task alone; `onAllTasks` shows those of all again. */
  task?: string
  onAllTasks?(): void
  /** Words that lines must have, where the page keeps them in its address. */
  filter?: string
  onFilter?(filter: string): void
  height?: string
}) {
  const { product, environment, deployment, service, task, onAllTasks, onFilter, height = '22rem' } = props
  const { words } = useWords()
  const input = useMemo(
    () => ({ product, env: environment, deployment, services: service ? [service] : [], tail: MOST_LINES }),
    [product, environment, deployment, service],
  )
  const { item, state, error } = useFollowed('log.follow', input, reduce)
  const [filter, setFilter] = useState(props.filter ?? '')
  const [held, setHeld] = useState<Lines>()
  const all = held?.all ?? item?.all ?? NONE
  const count = item?.count ?? 0
  // The list is the same one, longer: its length tells when there is something new.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const lines = useMemo(() => {
    const wanted = filter.toLowerCase()
    const matches = (line: Line) =>
      (task === undefined || line.task === task) && (wanted === '' || line.message.toLowerCase().includes(wanted))
    return (wanted === '' && task === undefined ? all : all.filter(matches)).slice(-MOST_LINES)
  }, [all, held ? 0 : count, filter, task])
  return (
    <Panel
      title={words(pages.logs)}
      note={words(pages.lines(count))}
      flush
      actions={
        <>
          {task !== undefined && onAllTasks && (
            <Button look="quiet" onClick={onAllTasks} title={words(pages.allTasks)}>
              {words(pages.ofTask(shortId(task)))} <X size={14} aria-hidden />
              <span className="sr-only">{words(pages.allTasks)}</span>
            </Button>
          )}
          <input
            aria-label={words(pages.filter)}
            placeholder={words(pages.filter)}
            value={filter}
            onChange={({ target: { value } }) => {
              setFilter(value)
              onFilter?.(value)
            }}
            className="min-h-8 w-36 rounded-lg border border-line-strong bg-panel px-2 placeholder:text-ink-muted"
          />
          <Button onClick={() => setHeld(held ? undefined : item && { ...item, all: [...item.all] })}>
            {held ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
            {words(held ? pages.resume : pages.pause)}
          </Button>
          {held ? (
            <span role="status" className="text-sm text-warn tabular-nums">
              {words(pages.newLines(count - held.count))}
            </span>
          ) : (
            <LiveState state={state} />
          )}
        </>
      }
    >
      {error ? (
        <Refusal error={error} />
      ) : lines.length === 0 ? (
        <p className="px-4 pb-6 text-ink-muted">{words(count > 0 ? pages.noMatch : pages.noLogs)}</p>
      ) : (
        <Scroller key={`${task} ${filter}`} lines={lines} height={height} />
      )}
    </Panel>
  )
}

/**
 * Draws only the rows on the screen. It stays at the end until somebody scrolls back: then it stands still, whatever comes,
 * and says how to return.
 */
function Scroller({ lines: newest, height }: { lines: readonly Line[]; height: string }) {
  const { words, language } = useWords()
  const box = useRef<HTMLDivElement>(null)
  const [held, setHeld] = useState<readonly Line[]>()
  const [view, setView] = useState({ top: 0, rows: 40 })
  const lines = held ?? newest
  const atEnd = held === undefined
  const toEnd = () => {
    const element = box.current
    if (element) element.scrollTop = element.scrollHeight
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves only with the number of lines
  useLayoutEffect(() => {
    if (atEnd) toEnd()
  }, [lines.length, atEnd])
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() =>
      setView((before) => ({ ...before, rows: Math.ceil(element.clientHeight / ROW_PX) })),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const first = Math.max(0, Math.floor(view.top / ROW_PX) - MARGIN_ROWS)
  const shown = lines.slice(first, first + view.rows + 2 * MARGIN_ROWS)
  return (
    <div className="relative">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={words(pages.logs)}
        // what scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        className="overflow-auto border-t border-line font-mono text-sm [contain:strict]"
        style={{ height }}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          const isEnd = scrollHeight - scrollTop - clientHeight < ROW_PX
          setHeld((before) => (isEnd ? undefined : (before ?? newest)))
          setView((before) => (Math.abs(before.top - scrollTop) < ROW_PX * 4 ? before : { ...before, top: scrollTop }))
        }}
      >
        <div style={{ height: lines.length * ROW_PX, position: 'relative' }}>
          {shown.map((line, at) => (
            <Row key={line.id} line={line} top={(first + at) * ROW_PX} language={language} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <Button className="absolute right-4 bottom-3 shadow-lg" onClick={toEnd}>
          ↓ {words(pages.toNewest)}
        </Button>
      )}
    </div>
  )
}

const Row = memo(function Row({ line, top, language }: { line: Line; top: number; language: Language }) {
  return (
    <div
      className="absolute flex w-max min-w-full gap-4 px-4 whitespace-pre"
      style={{ top, height: ROW_PX, lineHeight: `${ROW_PX}px` }}
    >
      <time className="text-ink-muted">{clockTime(line.at, language)}</time>
      <span className="text-ink-muted">
        {line.service}/{line.task.slice(0, 4)}
      </span>
      <span className={levelText(line.record?.level)}>{textOf(line)}</span>
    </div>
  )
})

const levelText = (level = ''): string => (/^(error|fatal)/i.test(level) ? 'text-bad' : /^warn/i.test(level) ? 'text-warn' : '')

/** One row a line: what would break it, or move the cursor, is shown as a sign. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

function textOf({ record, message }: Line): string {
  if (!record) return message.replace(CONTROL, '␣')
  const fields = Object.entries(record.fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [record.message, ...fields].join('  ').replace(CONTROL, '␣')
}
