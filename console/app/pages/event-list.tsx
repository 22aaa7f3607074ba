import { Link, type LinkProps } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { TimelineEvent } from '../queries.ts'
import { Mark } from '../ui/mark.tsx'
import { Ago } from '../ui/time.tsx'
import { pastTone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'

/** As high as a finger wants it, two of them beside each other (WCAG 2.5.8). */
const LINK = 'inline-flex min-h-6 items-center text-accent-ink'
/** Whoever asks what else happened looks for nothing in particular. */
const NO_FILTER = { type: undefined, actor: undefined, text: undefined, within: undefined }

/** Events as a list, the newest first, each with the thing that it is about. */
export function EventList({
  events,
  showProduct = false,
  chosen,
  linked = false,
}: {
  events: readonly TimelineEvent[]
  showProduct?: boolean
  chosen?: string
  /** Each leads to what happened around it, and is marked there. */
  linked?: boolean
}) {
  const { words, language } = useWords()
  const there = chosen !== undefined && events.some(({ id }) => id === chosen)
  useEffect(() => {
    if (there) document.getElementById(chosen)?.scrollIntoView({ block: 'center' })
  }, [there, chosen])
  return (
    <ol className="divide-y divide-line">
      {events.map((event) => (
        <li
          key={event.id}
          id={event.id}
          aria-current={event.id === chosen ? 'true' : undefined}
          className="flex gap-3 px-4 py-2.5 aria-current:bg-accent-soft"
        >
          <span className="pt-1">
            <Mark tone={pastTone(event.tone)} />
          </span>
          <div className="min-w-0">
            <p className="break-words">{event.text[language]}</p>
            <p className="flex flex-wrap items-center gap-x-3 text-sm text-ink-muted">
              <span>{event.actor}</span>
              {showProduct && event.product !== '*' && <span>{event.product}</span>}
              {event.environment && <span>{event.environment}</span>}
              <Subject event={event} />
              <Ago at={event.at} />
              {linked && (
                <Link
                  {...({
                    to: '.',
                    search: (before: object) => ({
                      ...before,
                      ...NO_FILTER,
                      around: new Date(event.at).toISOString(),
                      event: event.id,
                    }),
                  } as LinkProps)}
                  className={LINK}
                >
                  {words(pages.around)}
                </Link>
              )}
            </p>
          </div>
        </li>
      ))}
    </ol>
  )
}

function Subject({ event: { subject, product } }: { event: TimelineEvent }) {
  const id = /^deployment\/(.+)$/.exec(subject)?.[1]
  if (!id) return <span>{subject}</span>
  return (
    <Link to="/p/$product/deploys/$id" params={{ product, id }} className={LINK}>
      {id}
    </Link>
  )
}
