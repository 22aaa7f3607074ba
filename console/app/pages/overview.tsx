import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Rocket } from 'lucide-react'
import { roleName } from '../../../src/core/messages/identity.ts'
import { timeline } from '../../../src/core/messages/timeline.ts'
import { call } from '../api/client.ts'
import { deploymentsQuery, measuresQuery, productQuery, type Status, servicesQuery, statusQuery } from '../queries.ts'
import { useCan } from '../session.ts'
import { Badge } from '../ui/badge.tsx'
import { LinkButton } from '../ui/button.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { duration } from '../ui/time.tsx'
import { toneFill, verdictTone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { verdictWords } from '../words/verdict.ts'
import { EventList } from './event-list.tsx'
import { useEnvironment } from './product.tsx'
import { RollbackButton } from './rollback.tsx'
import { ServicesPanel } from './services.tsx'

export function OverviewPage() {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const status = useQuery(statusQuery(product))
  const about = useQuery(productQuery(product))
  const may = useCan()('deploy', { product, environment })
  const here = status.data?.environments.find((one) => one.environment === environment)
  return (
    <>
      <header className="mb-5 flex flex-wrap items-center gap-3">
        <Heading title={product} of={environment} className="" />
        <Health of={here} />
        <div className="ml-auto flex gap-2">
          {here && here.services.length > 0 && <RollbackButton product={product} environment={environment} may={may} />}
          <LinkButton look="primary" to="/p/$product/deploys/new" params={{ product }} search={{ env: environment }}>
            <Rocket size={16} aria-hidden />
            {words(pages.deploy)}
          </LinkButton>
        </div>
      </header>
      <div className="grid items-start gap-4 xl:grid-cols-[2fr_1fr]">
        <div className="grid gap-4">
          {here && here.services.length > 0 ? (
            <ServicesPanel
              title={words(pages.services)}
              actions={
                <Link to="/p/$product/services" params={{ product }} search={{ env: environment }} className="text-accent-ink">
                  {words(pages.all)}
                </Link>
              }
            />
          ) : (
            <Panel title={words(pages.services)} flush>
              <Data of={status}>
                {() => (
                  <Empty
                    title={words(pages.notYet)}
                    help={words(pages.noDeploysHelp)}
                    command={`kiban deploy --env ${environment}`}
                  />
                )}
              </Data>
            </Panel>
          )}
          <RecentDeploys />
          <Measures />
        </div>
        <div className="grid gap-4">
          <WhatChanged />
          {about.data && <Owners {...about.data.owners} />}
        </div>
      </div>
    </>
  )
}

/** How the services stand, and what the last deploy came to. */
function Health({ of }: { of: Status['environments'][number] | undefined }) {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const { data } = useQuery(servicesQuery(product, environment))
  if (!of) return null
  const seen = (data?.services ?? []).filter(({ health }) => health !== 'missing' && health !== 'unseen')
  const good = seen.filter(({ health }) => health === 'good').length
  const { open, last } = of
  return (
    <p className="flex flex-wrap items-center gap-2">
      {seen.length > 0 && (
        <Badge tone={good === seen.length ? 'good' : seen.some(({ health }) => health === 'short') ? 'bad' : 'busy'}>
          {words(serviceWords.servicesHealthy(good, seen.length))}
        </Badge>
      )}
      {open.length > 0 ? (
        <Badge tone="busy">{words(pages.under(open.length))}</Badge>
      ) : (
        last?.verdict !== undefined &&
        last.verdict !== 'succeeded' && (
          <Link to="/p/$product/deploys/$id" params={{ product, id: last.id }} search={{ env: environment }}>
            <Badge tone={verdictTone[last.verdict]}>{words(pages.bad)}</Badge>
          </Link>
        )
      )}
    </p>
  )
}

/** One bar for each, as long as it took: a row of squares says at a glance how it has been going. */
function RecentDeploys() {
  const { words, language } = useWords()
  const { product, environment } = useEnvironment()
  const deployments = useQuery(deploymentsQuery(product, environment))
  const done = (deployments.data ?? [])
    .filter(({ verdict }) => verdict)
    .slice(0, 24)
    .reverse()
  const longest = Math.max(1, ...done.map(({ createdAt, endedAt = createdAt }) => endedAt - createdAt))
  return (
    <Panel
      title={words(pages.recent)}
      actions={
        <Link to="/p/$product/deploys" params={{ product }} search={{ env: environment }} className="text-accent-ink">
          {words(pages.all)}
        </Link>
      }
    >
      <Data of={deployments}>
        {() =>
          done.length === 0 ? (
            <p className="text-ink-muted">{words(pages.noDeploys)}</p>
          ) : (
            <ol className="flex h-20 items-end gap-1">
              {done.map(({ id, verdict = 'failed', createdAt, endedAt = createdAt, commit }) => {
                const said = `${words(verdictWords[verdict])} · ${commit?.slice(0, 7) ?? ''} · ${duration(endedAt - createdAt, language)}`
                return (
                  <li key={id} className="flex h-full max-w-10 flex-1 items-end">
                    <Link
                      to="/p/$product/deploys/$id"
                      params={{ product, id }}
                      title={said}
                      className={`block min-h-6 w-full rounded-sm ${toneFill[verdictTone[verdict]]} hover:brightness-110`}
                      style={{ height: `${Math.max(30, ((endedAt - createdAt) / longest) * 100)}%` }}
                    >
                      <span className="sr-only">{said}</span>
                    </Link>
                  </li>
                )
              })}
            </ol>
          )
        }
      </Data>
    </Panel>
  )
}

/** DORA's four, each with its definition, computed from the timeline. */
function Measures() {
  const { words, language } = useWords()
  const { product, environment } = useEnvironment()
  const measures = useQuery(measuresQuery(product, environment))
  const time = (ms: number | undefined) => (ms === undefined ? words(timeline.notYet) : duration(ms, language))
  return (
    <Panel title={words(pages.measures)} note={`${environment} · ${words(pages.last30)}`}>
      <Data of={measures}>
        {({ perWeek, leadTimeMs, failureRate, recoveryMs }) => (
          <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
            <Measure
              name={words(timeline.frequency)}
              value={words(timeline.perWeek(perWeek.toFixed(1)))}
              means={words(timeline.frequencyMeans)}
            />
            <Measure name={words(timeline.leadTime)} value={time(leadTimeMs)} means={words(timeline.leadTimeMeans)} />
            <Measure
              name={words(timeline.failureRate)}
              value={failureRate === undefined ? words(timeline.notYet) : `${(failureRate * 100).toFixed(0)} %`}
              means={words(timeline.failureRateMeans)}
            />
            <Measure name={words(timeline.recovery)} value={time(recoveryMs)} means={words(timeline.recoveryMeans)} />
          </dl>
        )}
      </Data>
    </Panel>
  )
}

const Measure = ({ name, value, means }: { name: string; value: string; means: string }) => (
  <div>
    <dt className="text-sm text-ink-muted">{name}</dt>
    <dd>
      <span className="text-xl font-semibold tabular-nums">{value}</span>
      <p className="mt-0.5 text-sm text-ink-muted">{means}</p>
    </dd>
  </div>
)

/** What may have made a difference to those who use the product; locks and steps are on the timeline. */
const CHANGES = ['deployment.queued', 'deployment.ended', 'approval', 'freeze', 'lock.forced', 'product']

function WhatChanged() {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const events = useQuery({
    queryKey: ['deployments', 'timeline', product, environment],
    queryFn: async ({ signal }) =>
      (await call('timeline.list', { product, env: environment, type: CHANGES, limit: 10 }, { signal })).events,
  })
  return (
    <Panel
      title={words(pages.whatChanged)}
      flush
      actions={
        <Link to="/p/$product/timeline" params={{ product }} search={{ env: environment }} className="text-accent-ink">
          {words(pages.all)}
        </Link>
      }
    >
      <Data of={events}>
        {(found) => (found.length === 0 ? <Empty title={words(pages.noEvents)} /> : <EventList events={found} />)}
      </Data>
    </Panel>
  )
}

function Owners({
  team,
  managers,
  developers,
  sre,
  slack,
}: {
  team?: string
  managers: string[]
  developers: string[]
  sre: string[]
  slack?: string
}) {
  const { words } = useWords()
  const rows: [string, string | undefined][] = [
    [words(pages.team), team],
    [words(roleName.manager), managers.join(', ')],
    [words(roleName.sre), sre.join(', ')],
    [words(roleName.developer), developers.join(', ')],
    ['Slack', slack],
  ]
  return (
    <Panel title={words(pages.owners)}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-muted">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </Panel>
  )
}
