import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Download, RotateCw } from 'lucide-react'
import { useCallback } from 'react'
import { call } from '../api/client.ts'
import { routes } from '../api/operations.generated.ts'
import { useConnection, useEvents } from '../live.ts'
import { productsQuery, type TimelineEvent } from '../queries.ts'
import { useCan } from '../session.ts'
import { Button, DownloadButton } from '../ui/button.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Field, Select } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { LiveState } from '../ui/live-state.tsx'
import { Mark } from '../ui/mark.tsx'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { SearchForm } from '../ui/search-form.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { fullTime } from '../ui/time.tsx'
import { audit } from '../words/audit.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { KINDS } from './event-kinds.ts'

const FACES = ['cli', 'http', 'slack', 'webhook', 'worker']

/** Who did what, and what was refused: what is asked for is in the address. */
export function AuditPage() {
  const { words, language } = useWords()
  const queries = useQueryClient()
  const search = useSearch({ from: '/inside/audit' })
  const { data: products = [] } = useQuery(productsQuery)
  const can = useCan()
  const may = (product: string) => can('audit', { product, environment: '*' })
  const mine = products.filter(({ name }) => may(name))
  // Whoever answers for some products audits one of them at a time.
  const product = search.product ?? (may('*') ? undefined : mine[0]?.name)
  const filter = {
    product,
    env: search.env,
    type: search.type ? [search.type] : [],
    actor: search.actor,
    face: search.face,
    text: search.text,
    since: search.from && new Date(`${search.from}T00:00:00`).toISOString(),
    until: search.to && new Date(`${search.to}T23:59:59.999`).toISOString(),
  }
  const events = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) => call('audit.list', { ...filter, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    enabled: product !== undefined || may('*'),
  })
  const reload = useCallback(() => {
    queries.invalidateQueries({ queryKey: ['audit'] })
  }, [queries])
  useEvents(reload)
  const state = useConnection()
  const found = events.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <>
      <Heading title={words(audit.title)} className="" />
      <p className="mb-4 text-ink-muted">{words(audit.help)}</p>
      {product === undefined && !may('*') ? (
        <Empty title={words(audit.mayNot)} help={words(audit.mayNotHelp)} />
      ) : (
        <>
          <SearchForm>
            <Select label={words(pages.product)} name="product" defaultValue={product ?? ''}>
              {may('*') && <option value="">{words(pages.everything)}</option>}
              {mine.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
            <Field label={words(pages.environment)} name="env" defaultValue={search.env} className="sm:max-w-36" />
            <Select label={words(pages.kind)} name="type" defaultValue={search.type ?? ''}>
              <option value="">{words(pages.everything)}</option>
              <option value="operation.refused">{words(audit.refusals)}</option>
              {KINDS.map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </Select>
            <Select label={words(audit.face)} name="face" defaultValue={search.face ?? ''}>
              <option value="">{words(pages.everything)}</option>
              {FACES.map((face) => (
                <option key={face}>{face}</option>
              ))}
            </Select>
            <Field
              label={words(pages.who)}
              name="actor"
              defaultValue={search.actor}
              autoCapitalize="none"
              className="sm:max-w-36"
            />
            <Field label={words(audit.from)} name="from" type="date" defaultValue={search.from} />
            <Field label={words(audit.to)} name="to" type="date" defaultValue={search.to} />
            <Field label={words(pages.search)} name="text" type="search" defaultValue={search.text} />
          </SearchForm>
          <Panel
            title={product ?? words(pages.everything)}
            flush
            actions={
              <>
                <LiveState state={state} />
                <Button look="quiet" className="px-2" onClick={reload}>
                  <RotateCw size={16} aria-hidden />
                  <span className="sr-only">{words(audit.reload)}</span>
                </Button>
                <DownloadButton href={exportAddress(filter, 'csv')}>
                  <Download size={16} aria-hidden />
                  {words(audit.exportCsv)}
                </DownloadButton>
                <DownloadButton href={exportAddress(filter, 'ndjson')}>
                  <Download size={16} aria-hidden />
                  {words(audit.exportNdjson)}
                </DownloadButton>
              </>
            }
          >
            <Data of={events}>
              {() =>
                found.length === 0 ? (
                  <Empty
                    title={words(audit.nothing)}
                    help={words(audit.nothingHelp)}
                    command={`kiban audit${product ? ` --product ${product}` : ''} --since 7d`}
                  />
                ) : (
                  <Table
                    label={words(audit.title)}
                    head={[words(pages.when), words(pages.who), words(audit.face), words(pages.what), words(audit.where)]}
                  >
                    {found.map((event) => (
                      <tr key={event.id}>
                        <Cell className="whitespace-nowrap tabular-nums">
                          <time dateTime={new Date(event.at).toISOString()}>{fullTime(event.at, language)}</time>
                        </Cell>
                        <Cell>{event.actor}</Cell>
                        <Cell>{event.face}</Cell>
                        <Cell className="min-w-72">
                          <What of={event} />
                        </Cell>
                        <Cell className="whitespace-nowrap">
                          {event.product === '*' ? '' : [event.product, event.environment].filter(Boolean).join('/')}
                        </Cell>
                      </tr>
                    ))}
                  </Table>
                )
              }
            </Data>
            <More of={events} />
          </Panel>
        </>
      )}
    </>
  )
}

function What({ of: event }: { of: TimelineEvent }) {
  const { words, language } = useWords()
  return (
    <>
      <span className="flex gap-2">
        <span className="pt-1">
          <Mark tone={event.tone} />
        </span>
        {event.text[language]}
      </span>
      <details className="text-sm text-ink-muted">
        <summary className="cursor-pointer">{words(audit.details)}</summary>
        <pre className="mt-1 overflow-x-auto rounded-lg bg-raised p-2 whitespace-pre-wrap">
          {JSON.stringify({ id: event.id, type: event.type, subject: event.subject, data: event.data }, null, 2)}
        </pre>
      </details>
    </>
  )
}

/** The browser writes the file as it comes: it is never held on the page. */
function exportAddress(filter: Record<string, string | string[] | undefined>, format: 'csv' | 'ndjson'): string {
  const given = Object.entries({ ...filter, format }).flatMap(([name, value]) =>
    value === undefined || value.length === 0 ? [] : [[name, String(value)]],
  )
  return `/api/v1${routes['audit.export'][1]}?${new URLSearchParams(given)}`
}
