// One service: its tasks, targets, events, definition and logs.
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Rocket } from 'lucide-react'
import type { ReactNode } from 'react'
import { services as said } from '../../../src/core/messages/services.ts'
import { type ServiceDetail, serviceQuery } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { LinkButton } from '../ui/button.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { Ago, clockTime } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { LogPanel } from './log-panel.tsx'
import { useEnvironment } from './product.tsx'
import { Health, Share } from './services.tsx'
import { NotSeen, type Task, TaskTiles, taskTone } from './task-tiles.tsx'
import { Version } from './version.tsx'

export function ServicePage() {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const { service } = useParams({ from: '/inside/p/$product/services/$service' })
  const { tab = 'tasks', task, filter } = useSearch({ from: '/inside/p/$product/services/$service' })
  const navigate = useNavigate()
  const detail = useQuery(serviceQuery(product, environment, service))
  const found = detail.data
  const tabs = [
    { id: 'tasks', name: words(serviceWords.tasks), count: found?.tasks.filter(isAlive).length },
    { id: 'targets', name: words(serviceWords.targets), count: found?.targets.length || undefined },
    { id: 'events', name: words(serviceWords.events) },
    { id: 'definition', name: words(serviceWords.definition), count: found?.definitions.differences.length || undefined },
    { id: 'logs', name: words(serviceWords.logs) },
  ]
  return (
    <>
      <header className="mb-4 flex flex-wrap items-start gap-3">
        <div className="min-w-0">
          <Heading title={service} of={`${product} ${environment}`} className="flex flex-wrap items-center gap-3">
            {service} {found && <Health of={found.service} />}
          </Heading>
          {found && (
            <p className="mt-1 break-all text-ink-muted">
              {found.service.cluster} / {found.service.name}
            </p>
          )}
        </div>
        <LinkButton className="ml-auto" to="/p/$product/deploys/new" params={{ product }} search={{ env: environment }}>
          <Rocket size={16} aria-hidden />
          {words(pages.deploy)}
        </LinkButton>
      </header>
      <Data of={detail}>
        {(of) => (
          <>
            <NotSeen of={of.notSeen} />
            <Figures of={of} />
            <Tabs
              label={service}
              tabs={tabs}
              current={tab}
              to={(id) =>
                ({ to: '.', search: (before: object) => ({ ...before, tab: id === 'tasks' ? undefined : id }) }) as LinkProps
              }
            />
            {tab === 'targets' && <Targets of={of} />}
            {tab === 'events' && <Events of={of} />}
            {tab === 'definition' && <Definition of={of} />}
            {tab === 'logs' && (
              <LogPanel
                product={product}
                environment={environment}
                service={service}
                task={task}
                onAllTasks={() => navigate({ to: '.', search: (before) => ({ ...before, task: undefined }) })}
                filter={filter}
                onFilter={(given) =>
                  navigate({ to: '.', search: (before) => ({ ...before, filter: given || undefined }), replace: true })
                }
                height="calc(100dvh - 24rem)"
              />
            )}
            {!['targets', 'events', 'definition', 'logs'].includes(tab) && <Tasks of={of} />}
          </>
        )}
      </Data>
    </>
  )
}

const isAlive = ({ state }: Task): boolean => state !== 'stopped'

function Figures({ of: { service, scaling, product } }: { of: ServiceDetail }) {
  const { words } = useWords()
  const { running, desired, pending, versions, cpu, memory, targets } = service
  return (
    <dl className="mb-4 grid grid-cols-2 gap-x-8 gap-y-4 rounded-panel border border-line bg-panel p-4 lg:grid-cols-[auto_auto_auto_auto_auto]">
      <Figure name={words(serviceWords.tasks)}>
        <span className="tabular-nums">{words(serviceWords.runningOf(running, desired))}</span>
        {pending > 0 && <span className="ml-2 text-accent-ink">{words(serviceWords.pending(pending))}</span>}
        {scaling && <span className="block text-sm text-ink-muted">{words(serviceWords.range(scaling.min, scaling.max))}</span>}
      </Figure>
      <Figure name={words(pages.version)}>
        <span className="flex flex-wrap gap-2">
          {versions.map((version) => (
            <span key={version.definition}>
              <Version product={product} of={version} />
              {versions.length > 1 && <span className="ml-1 text-sm text-ink-muted">× {version.running}</span>}
            </span>
          ))}
        </span>
      </Figure>
      <Figure name={words(serviceWords.cpu)}>
        <Share of={cpu} label={words(serviceWords.cpu)} />
      </Figure>
      <Figure name={words(serviceWords.memory)}>
        <Share of={memory} label={words(serviceWords.memory)} />
      </Figure>
      <Figure name={words(serviceWords.targets)}>
        <span className="tabular-nums">
          {targets ? words(serviceWords.healthyOf(targets.healthy, targets.total)) : words(serviceWords.noBalancer)}
        </span>
      </Figure>
    </dl>
  )
}

const Figure = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-sm text-ink-muted">{name}</dt>
    <dd className="mt-0.5 font-medium">{children}</dd>
  </div>
)

function Tasks({ of: { tasks, more, product } }: { of: ServiceDetail }) {
  const { words } = useWords()
  const alive = tasks.filter(isAlive)
  const stopped = tasks.filter((task) => !isAlive(task))
  return (
    <div className="grid gap-4">
      <Panel
        title={words(serviceWords.tasks)}
        note={more > 0 ? words(serviceWords.more(more)) : undefined}
        flush={alive.length === 0}
      >
        {alive.length === 0 ? (
          <Empty title={words(serviceWords.noTasks)} help={words(serviceWords.noTasksHelp)} />
        ) : (
          <>
            <TaskTiles tasks={alive} label={words(serviceWords.tasks)} />
            <div className="-mx-4 mt-4 -mb-4">
              <TaskTable tasks={alive} product={product} label={words(serviceWords.tasks)} />
            </div>
          </>
        )}
      </Panel>
      {stopped.length > 0 && (
        <Panel title={words(serviceWords.stopped)} note={stopped.length} flush>
          <TaskTable tasks={stopped} product={product} label={words(serviceWords.stopped)} ended />
        </Panel>
      )}
    </div>
  )
}

function TaskTable(props: { tasks: readonly Task[]; product: string; label: string; ended?: boolean }) {
  const { tasks, product, label, ended = false } = props
  const { task: chosen } = useSearch({ from: '/inside/p/$product/services/$service' })
  const { words } = useWords()
  const head = [
    words(serviceWords.task),
    words(serviceWords.state),
    words(pages.version),
    words(serviceWords.started),
    words(serviceWords.zone),
    words(ended ? serviceWords.ended : serviceWords.address),
  ]
  return (
    <Table label={label} head={head}>
      {tasks.map((task) => (
        <tr key={task.id} aria-current={task.id === chosen ? 'true' : undefined} className="aria-current:bg-accent-soft">
          <Cell>
            <Link
              to="."
              search={(before) => ({ ...before, tab: 'logs', task: task.id })}
              title={`${words(pages.logs)}: ${task.id}`}
              className="text-accent-ink"
            >
              <code>{task.id.slice(0, 8)}</code>
            </Link>
          </Cell>
          <Cell>
            <Badge tone={taskTone[task.state]}>{words(said.state[task.state])}</Badge>
            {task.state !== 'stopped' && <div className="mt-1 text-sm text-ink-muted">{task.lastStatus}</div>}
          </Cell>
          <Cell className="whitespace-nowrap">
            <Version product={product} of={task} />
          </Cell>
          <Cell>{task.startedAt !== undefined && <Ago at={task.startedAt} />}</Cell>
          <Cell className="whitespace-nowrap">{task.zone}</Cell>
          {ended ? (
            <Cell className="min-w-64">
              {task.containers.map(({ name, exitCode }) =>
                exitCode === undefined ? null : (
                  <div key={name} className={exitCode === 0 ? '' : 'text-bad'}>
                    {words(serviceWords.exit(name, exitCode))}
                  </div>
                ),
              )}
              <div className="break-words text-ink-muted">{task.stoppedReason}</div>
              {task.stoppedAt !== undefined && (
                <div className="text-sm text-ink-muted">
                  <Ago at={task.stoppedAt} />
                </div>
              )}
            </Cell>
          ) : (
            <Cell>
              <code>{task.address}</code>
              {task.target && task.target.state !== 'healthy' && (
                <div className="text-sm text-ink-muted">
                  {task.target.state} {task.target.reason}
                </div>
              )}
            </Cell>
          )}
        </tr>
      ))}
    </Table>
  )
}

function Targets({ of: { targets } }: { of: ServiceDetail }) {
  const { words } = useWords()
  const head = [words(serviceWords.target), words(serviceWords.state), words(serviceWords.group), words(serviceWords.reason)]
  return (
    <Panel title={words(serviceWords.targets)} note={targets.length || undefined} flush>
      {targets.length === 0 ? (
        <Empty title={words(serviceWords.noTargets)} help={words(serviceWords.noTargetsHelp)} />
      ) : (
        <Table label={words(serviceWords.targets)} head={head}>
          {targets.map(({ id, port, state, group, reason }) => (
            <tr key={`${group} ${id} ${port}`}>
              <Cell>
                <code>{port === undefined ? id : `${id}:${port}`}</code>
              </Cell>
              <Cell>
                <Badge
                  tone={state === 'healthy' ? 'good' : state === 'unhealthy' ? 'bad' : state === 'initial' ? 'busy' : 'muted'}
                >
                  {state}
                </Badge>
              </Cell>
              <Cell>{group}</Cell>
              <Cell className="min-w-48 text-ink-muted">{reason}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function Events({ of: { events } }: { of: ServiceDetail }) {
  const { words, language } = useWords()
  return (
    <Panel title={words(serviceWords.events)} note={events.length || undefined} flush>
      {events.length === 0 ? (
        <Empty title={words(serviceWords.noEvents)} />
      ) : (
        <ol className="divide-y divide-line border-t border-line">
          {events.map(({ at, message }) => (
            <li key={`${at} ${message}`} className="grid gap-x-4 px-4 py-2 sm:grid-cols-[9rem_1fr]">
              <span className="text-sm whitespace-nowrap text-ink-muted tabular-nums">
                {clockTime(at, language)} · <Ago at={at} />
              </span>
              <span className="min-w-0 break-words">{message}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

type Difference = ServiceDetail['definitions']['differences'][number]

function Definition({ of: { definitions, product } }: { of: ServiceDetail }) {
  const { words } = useWords()
  const { live, deployed, before, differences } = definitions
  const named = [
    [serviceWords.live, live],
    [serviceWords.deployed, deployed],
    [serviceWords.before, before],
  ] as const
  const released = differences.filter(({ by, before: old, deployed: now }) => by !== 'outside' && (old ?? now) !== undefined)
  const outside = differences.filter(({ by }) => by !== 'release')
  return (
    <div className="grid gap-4">
      <dl className="grid gap-4 rounded-panel border border-line bg-panel p-4 sm:grid-cols-3">
        {named.map(
          ([name, version]) =>
            version && (
              <Figure key={name.en} name={words(name)}>
                <Version product={product} of={version} />
                <code className="mt-1 block text-sm break-all text-ink-muted">{version.definition.split('/').at(-1)}</code>
              </Figure>
            ),
        )}
      </dl>
      {outside.length > 0 && (
        <Panel title={words(serviceWords.byOutside)} note={outside.length} flush>
          <Changes of={outside.map(({ path, deployed: from, live: to }) => ({ path, from, to }))} />
        </Panel>
      )}
      {before && released.length > 0 && (
        <Panel title={words(serviceWords.byRelease)} note={released.length} flush>
          <Changes of={released.map(({ path, before: from, deployed: to }) => ({ path, from, to }))} />
        </Panel>
      )}
      {outside.length === 0 && (!before || released.length === 0) && (
        <Panel title={words(serviceWords.definition)} flush>
          <Empty title={words(serviceWords.noDifferences)} help={words(serviceWords.noDifferencesHelp)} />
        </Panel>
      )}
    </div>
  )
}

function Changes({ of }: { of: readonly { path: Difference['path']; from?: string; to?: string }[] }) {
  return (
    <ul className="divide-y divide-line border-t border-line font-mono text-sm">
      {of.map(({ path, from, to }) => (
        <li key={path} className="grid gap-x-4 gap-y-1 px-4 py-2 lg:grid-cols-[1fr_2fr]">
          <span className="break-all">
            <span aria-hidden className={from === undefined ? 'text-good' : to === undefined ? 'text-bad' : 'text-accent-ink'}>
              {from === undefined ? '+' : to === undefined ? '−' : '~'}
            </span>{' '}
            {path}
          </span>
          <span className="flex min-w-0 flex-wrap items-center gap-2">
            {from !== undefined && <del className="rounded bg-bad-soft px-1.5 break-all text-bad no-underline">{from}</del>}
            {from !== undefined && to !== undefined && <span aria-hidden>→</span>}
            {to !== undefined && <ins className="rounded bg-good-soft px-1.5 break-all text-good no-underline">{to}</ins>}
          </span>
        </li>
      ))}
    </ul>
  )
}
