// The live rollout: what people keep open while they release.
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Square } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { eventWords } from '../../../src/core/messages/timeline.ts'
import { begin } from '../api/client.ts'
import type { Streams } from '../api/operations.generated.ts'
import type { Connection } from '../api/streams.ts'
import { useFollowed } from '../live.ts'
import { approvalsQuery } from '../queries.ts'
import { useCan } from '../session.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Commit } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Heading } from '../ui/heading.tsx'
import { LiveState } from '../ui/live-state.tsx'
import { Mark } from '../ui/mark.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { clockTime, duration, useNow } from '../ui/time.tsx'
import { pastTone, type Tone, toneFill, verdictTone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { stateWords, verdictWords } from '../words/verdict.ts'
import { ApprovalRow } from './approval-row.tsx'
import { Causes } from './causes.tsx'
import { Comparison } from './comparison.tsx'
import { Outcome } from './deployments.tsx'
import { LogPanel } from './log-panel.tsx'
import { ProblemWords } from './problem-words.tsx'
import { RollbackButton } from './rollback.tsx'
import { isPaused, RolloutPanel } from './rollout-panel.tsx'
import { NotSeen } from './task-tiles.tsx'

export type Item = Streams['deployment.watch']['output']
type Event = Item['events'][number]
interface Kept extends Omit<Item, 'events'> {
  events: readonly Event[]
}

/** Items bring only what is new of the events; all else comes whole. */
const reduce = (kept: Kept | undefined, item: Item): Kept => ({ ...item, events: [...(kept?.events ?? []), ...item.events] })

export function DeploymentPage() {
  const { id, product } = useParams({ from: '/inside/p/$product/deploys/$id' })
  const { task } = useSearch({ from: '/inside/p/$product/deploys/$id' })
  const navigate = useNavigate()
  const choose = useCallback(
    (chosen: string | undefined) =>
      navigate({ to: '.', search: (before) => ({ ...before, task: chosen }), replace: true, resetScroll: false }),
    [navigate],
  )
  const { words } = useWords()
  const { item, state, error } = useFollowed('deployment.watch', { product, id }, reduce)
  const tasks = useTasks(item)
  if (!item) return error ? <Refusal error={error} /> : <p role="status">{words(pages.loading)}</p>
  const { deployment, rollouts, events } = item
  const causes = deployment.causes ?? rollouts.flatMap(({ causes: seen = [] }) => seen)
  const shown = rollouts.filter(({ action }) => action !== 'for-task')
  return (
    <>
      <Header of={item} state={state} />
      <Steps of={item} />
      {item.held && (
        <div role="alert" className="mb-4 rounded-panel bg-warn-soft px-4 py-3 text-warn">
          <ProblemWords {...item.held} />
        </div>
      )}
      {deployment.state === 'planned' && <AwaitedApproval of={id} />}
      {deployment.error && causes.length === 0 && (
        <div className="mb-4 rounded-panel bg-bad-soft px-4 py-3 text-bad">
          <ProblemWords {...deployment.error} />
        </div>
      )}
      {causes.length > 0 && <Causes causes={causes} />}
      {tasks && <NotSeen of={tasks.notSeen} />}
      <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="grid gap-4">
          {shown.map((rollout) => (
            <RolloutPanel
              key={rollout.service}
              rollout={rollout}
              deployment={deployment}
              tasks={tasks?.services.find(({ service }) => service === rollout.service)?.tasks}
              chosen={task}
              onChoose={choose}
            />
          ))}
          {tasks && <Comparison rollouts={shown} tasks={tasks} commit={deployment.commit} />}
        </div>
        <Panel title={words(pages.happened)} note={events.length} flush>
          <Happened events={events} />
        </Panel>
      </div>
      <div className="mt-4">
        <LogPanel
          product={product}
          environment={deployment.environment}
          deployment={deployment.id}
          task={task}
          onAllTasks={() => choose(undefined)}
        />
      </div>
    </>
  )
}

/** Whoever may agree can do so here, where they see what it is about. */
function AwaitedApproval({ of }: { of: string }) {
  const { words } = useWords()
  const { data: approvals = [] } = useQuery(approvalsQuery)
  const approval = approvals.find(({ subject }) => subject === `deployment/${of}`)
  if (!approval) return null
  return (
    <Panel title={words(pages.waitsForApproval)} className="mb-4" flush>
      <ApprovalRow approval={approval} />
    </Panel>
  )
}

type Tasks = Streams['task.follow']['output']

const newest = (_: Tasks | undefined, item: Tasks): Tasks => item

/** The tasks of what is being rolled out; they stay in sight for whoever has seen it end, and are not asked for later. */
function useTasks(item: Kept | undefined): Tasks | undefined {
  const [live, setLive] = useState(false)
  const rolls = item?.deployment.state === 'rolling' || item?.deployment.state === 'verifying'
  if (rolls && !live) setLive(true)
  const services = (item?.rollouts ?? []).filter(({ action }) => action !== 'for-task').map(({ service }) => service)
  const place = item && { product: item.deployment.product, env: item.deployment.environment }
  return useFollowed('task.follow', live && place && services.length > 0 ? { ...place, services } : undefined, newest).item
}

/** A rollout that takes so many times as long as usual is said to. */
const LONG = 1.5

/** How long it will take yet, by the median of the last ones that went well; nobody knows it of what was never rolled. */
function Left({ of: { deployment, rollouts, usual } }: { of: Kept }) {
  const { words, language } = useWords()
  const now = useNow()
  const open = rollouts.filter(({ sentAt, verdict }) => sentAt !== undefined && verdict === undefined)
  const goesBack = open.some(({ undo, view }) => undo !== undefined || /^ROLLBACK/.test(view?.status ?? ''))
  if (deployment.state === 'done' || open.length === 0 || goesBack || open.some(isPaused)) return null
  const known = open.flatMap(({ service, sentAt = 0 }) => {
    const seconds = usual[service]
    return seconds === undefined ? [] : [{ until: sentAt + seconds * 1000, late: sentAt + seconds * 1000 * LONG }]
  })
  if (known.length < open.length) return null
  const left = Math.max(...known.map(({ until }) => until)) - now
  if (left > 0) return <span className="text-ink-muted">{words(serviceWords.aboutLeft(duration(left, language)))}</span>
  return now > Math.max(...known.map(({ late }) => late)) ? <span className="text-warn">{words(serviceWords.longer)}</span> : null
}

function Header({ of, state }: { of: Kept; state: Connection | 'ended' }) {
  const { deployment, rollouts } = of
  const { words, language } = useWords()
  const now = useNow()
  const can = useCan()
  const { id, product, environment, kind, verdict, createdAt, createdBy, endedAt, commit, ref, reason } = deployment
  const name = words(pages.kindIn[kind](environment))
  const asked = deployment.state === 'planned' && isAsked(of)
  const may = can('deploy', { product, environment })
  const open = deployment.state !== 'done'
  return (
    <header className="mb-4 flex flex-wrap items-start gap-3">
      <div className="min-w-0">
        <Heading
          title={`${words(verdict ? verdictWords[verdict] : stateWords[deployment.state])}: ${name}`}
          of={product}
          className="flex flex-wrap items-center gap-3"
        >
          {name} {asked ? <Badge tone="busy">{words(pages.waitsForApproval)}</Badge> : <Outcome of={deployment} />}
        </Heading>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 text-ink-muted">
          <span>{id}</span>
          <Commit of={commit} />
          {ref !== commit && ref !== 'HEAD' && <span>{ref}</span>}
          <span>{createdBy}</span>
          {reason && <span>{reason}</span>}
        </p>
        <p className="mt-2 flex items-center gap-3">
          <span className="text-xl font-semibold tabular-nums">{duration((endedAt ?? now) - createdAt, language)}</span>
          <Left of={of} />
          <LiveState state={open ? state : 'ended'} />
        </p>
      </div>
      <div className="ml-auto flex gap-2">
        {open ? (
          <CancelButton id={id} product={product} environment={environment} may={may} />
        ) : (
          rollouts.some(({ action }) => action !== 'for-task') && (
            <RollbackButton product={product} environment={environment} may={may} />
          )
        )}
      </div>
    </header>
  )
}

function CancelButton({ id, product, environment, may }: { id: string; product: string; environment: string; may: boolean }) {
  const { words } = useWords()
  const [asking, setAsking] = useState(false)
  const cancel = useMutation({
    mutationFn: () => begin('deployment.cancel', { product, env: environment, id }),
    onSuccess: () => setAsking(false),
  })
  return (
    <>
      <Button look="danger" because={may ? undefined : words(pages.mayNot)} onClick={() => setAsking(true)}>
        <Square size={14} aria-hidden />
        {words(pages.cancel)}
      </Button>
      <Dialog open={asking} onClose={() => setAsking(false)} title={words(pages.confirmCancel)}>
        <p className="mt-3">{words(pages.cancelEffect)}</p>
        <Refusal error={cancel.error} />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{words(pages.keepGoing)}</Button>
          <Button look="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            {words(pages.stopNow)}
          </Button>
        </div>
      </Dialog>
    </>
  )
}

/** Whether others must agree to it. */
const isAsked = ({ events }: Pick<Kept, 'events'>): boolean => events.some(({ type }) => type === 'approval.asked')

const order: readonly Item['deployment']['state'][] = [
  'queued',
  'built',
  'planned',
  'approved',
  'locked',
  'registered',
  'migrating',
  'rolling',
  'verifying',
  'scheduling',
  'done',
]

/** Where it stands, as the few steps that a person thinks in; what it never came to stays empty. */
function Steps({ of: { deployment, migrations, events } }: { of: Kept }) {
  const { words } = useWords()
  const { state, verdict = 'failed' } = deployment
  const ended = state === 'done'
  const came = events.map(({ type }) => order.findIndex((of) => type === `deployment.${of}`))
  const at = ended ? Math.max(0, ...came) : order.indexOf(state)
  const steps = [
    { name: pages.stepBuild, from: 0 },
    { name: pages.stepPlan, from: 1 },
    ...(isAsked({ events }) ? [{ name: pages.stepApprove, from: 2 }] : []),
    { name: pages.stepRegister, from: 3 },
    ...(migrations.length > 0 ? [{ name: pages.stepMigrate, from: 6 }] : []),
    { name: pages.stepRoll, from: 7 },
  ]
  return (
    <ol
      aria-label={words(pages.steps)}
      className="mb-4 grid auto-cols-fr gap-3 rounded-panel border border-line bg-panel p-4 sm:grid-flow-col"
    >
      {steps.map(({ name, from }, index) => {
        const next = steps[index + 1]?.from ?? order.length - 1
        const here = at >= from && at < next
        const tone: Tone = at >= next ? 'good' : here ? (ended ? verdictTone[verdict] : 'busy') : 'muted'
        return (
          <li key={name.en} aria-current={here && !ended ? 'step' : undefined}>
            <div
              className={`h-1.5 rounded-full ${tone === 'muted' ? 'bg-line' : toneFill[tone]} ${tone === 'busy' ? 'animate-pulse' : ''}`}
            />
            <p className={`mt-2 flex items-center gap-2 ${tone === 'muted' ? 'text-ink-muted' : ''}`}>
              <Mark tone={tone} /> {words(name)}
            </p>
          </li>
        )
      })}
    </ol>
  )
}

function Happened({ events }: { events: readonly Event[] }) {
  const { language } = useWords()
  const told = useMemo(() => [...events].reverse().slice(0, 200), [events])
  return (
    <ol
      className="max-h-96 divide-y divide-line overflow-y-auto"
      aria-live="polite"
      // What scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
    >
      {told.map((event) => {
        const { text, tone } = eventWords({ ...event, subject: '' })
        return (
          <li key={event.seq} className="flex items-baseline gap-3 px-4 py-2">
            <time className="text-sm whitespace-nowrap text-ink-muted tabular-nums">{clockTime(event.at, language)}</time>
            <Mark tone={pastTone(tone)} />
            <span className="min-w-0 break-words">{text[language]}</span>
          </li>
        )
      })}
    </ol>
  )
}
