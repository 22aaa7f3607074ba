import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { call } from '../api/client.ts'
import { useConnection, useEvents } from '../live.ts'
import { Button } from '../ui/button.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Field, Select } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { LiveState } from '../ui/live-state.tsx'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { SearchForm } from '../ui/search-form.tsx'
import { fullTime } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { KINDS } from './event-kinds.ts'
import { EventList } from './event-list.tsx'

export function TimelinePage() {
  return <Timeline search={useSearch({ from: '/inside/timeline' })} product={undefined} />
}

export function ProductTimelinePage() {
  const { product } = useParams({ from: '/inside/p/$product/timeline' })
  return <Timeline search={useSearch({ from: '/inside/p/$product/timeline' })} product={product} />
}

interface Search {
  env?: string
  type?: string
  actor?: string
  text?: string
  around?: string
  within?: number
  event?: string
}

const BESIDE_MINUTES = [5, 15, 30, 60, 240]
const USUAL_MINUTES = 30
/** What one answer holds at most. */
const MOST_AROUND = 500

/** Everything that happened, the newest first; what is asked for is in the address. */
function Timeline({ search, product }: { search: Search; product: string | undefined }) {
  const { words } = useWords()
  const queries = useQueryClient()
  const key = ['timeline', product ?? '*', search.env, search.type, search.actor, search.text, search.around, search.within]
  const events = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ signal, pageParam }) =>
      call(
        'timeline.list',
        {
          product,
          env: search.env,
          type: search.type ? [search.type] : [],
          actor: search.actor,
          text: search.text,
          around: search.around,
          within: search.within,
          // All of that time at once, as far as it goes: the event that it is around stands in its middle.
          limit: search.around === undefined ? undefined : MOST_AROUND,
          cursor: pageParam,
        },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })
  const refresh = useCallback(() => {
    queries.invalidateQueries({ queryKey: ['timeline'] })
  }, [queries])
  useEvents(refresh)
  const found = events.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <>
      <Heading title={words(pages.timeline)} of={product} />
      <SearchForm>
        <Select label={words(pages.kind)} name="type" defaultValue={search.type ?? ''}>
          <option value="">{words(pages.everything)}</option>
          {KINDS.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </Select>
        <Field label={words(pages.search)} name="text" type="search" defaultValue={search.text} />
        <Field label={words(pages.who)} name="actor" defaultValue={search.actor} autoCapitalize="none" />
      </SearchForm>
      <Around search={search} />
      <Panel title={product ?? words(pages.everything)} actions={<LiveState state={useConnection()} />} flush>
        <Data of={events}>
          {() =>
            found.length === 0 ? (
              <Empty title={words(pages.noEvents)} />
            ) : (
              <EventList events={found} showProduct={product === undefined} chosen={search.event} linked />
            )
          }
        </Data>
        <More of={events} />
      </Panel>
    </>
  )
}

/** "What changed around then?" asks whoever looks into an outage: a moment, and the minutes on either side of it. */
function Around({ search }: { search: Search }) {
  const { words, language } = useWords()
  const navigate = useNavigate()
  const show = (around: string | undefined, within: number | undefined) =>
    navigate({ to: '.', search: (before: object) => ({ ...before, around, within, event: undefined }) } as never)
  const at = search.around === undefined ? Number.NaN : Date.parse(search.around)
  return (
    <form
      key={`${search.around} ${search.within}`}
      className="mb-4 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const given = new Date(String(form.get('around')))
        if (!Number.isNaN(given.getTime())) show(given.toISOString(), Number(form.get('within')))
      }}
    >
      <Field
        label={words(pages.aroundMoment)}
        name="around"
        type="datetime-local"
        step={1}
        required
        defaultValue={localInput(at)}
      />
      <Select label={words(pages.within)} name="within" defaultValue={search.within ?? USUAL_MINUTES}>
        {BESIDE_MINUTES.map((minutes) => (
          <option key={minutes} value={minutes}>
            {words(pages.minutes(minutes))}
          </option>
        ))}
      </Select>
      <Button type="submit">{words(pages.showAround)}</Button>
      {search.around !== undefined && (
        <>
          <Button look="quiet" onClick={() => show(undefined, undefined)}>
            {words(pages.showAll)}
          </Button>
          <p role="status" className="self-center">
            {Number.isNaN(at) ? search.around : fullTime(at, language)}
          </p>
        </>
      )}
    </form>
  )
}

/** As a field for a local date and time wants it. */
function localInput(at: number): string | undefined {
  if (Number.isNaN(at)) return undefined
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
