// How a deployment looks while it goes on, in any face; pure.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import { schedules } from '../../core/messages/schedules.ts'
import type { Text } from '../../core/text.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Block, Frame, Line, Span, Tone, View } from '../../core/view.ts'
import { isRefused } from './is-refused.ts'
import type { CauseShape, DeploymentItem, EventShape, FindingShape, RolloutShape } from './shapes.ts'
import { showCause, showWhy } from './show-cause.ts'
import { showWarnings } from './show-finding.ts'
import { shortCommit, verdictTone } from './verdict-tone.ts'

/** A rollout that takes so many times as long as usual is said to. */
const LONG = 1.5

export function showProgress(item: DeploymentItem): Frame {
  const { deployment, rollouts, events, held } = item
  const shown = events.map((event) => showEvent(event, rollouts))
  const lines = [
    ...shown.flatMap(({ lines: stay = [] }) => stay),
    ...(held ? troubleLines({ ...held, text: text.held(held.text), next: 'waiting' }) : []),
  ]
  const passing = shown.flatMap(({ passing: pass = [] }) => pass)
  if (deployment.state !== 'done') return { lines, passing, live: showUnderWay(item) }
  return { lines: [...lines, ...ending(item)], live: [] }
}

function ending(item: DeploymentItem): View {
  const { deployment, rollouts } = item
  // What was refused before anything was done is told by its error.
  if (isRefused(item)) return []
  const { id, verdict = 'failed', createdAt, endedAt = createdAt, product, environment, commit = '' } = deployment
  const runs =
    verdict === 'succeeded' ? text.nowRuns(product, environment, shortCommit(commit)) : text.endedAt(product, environment)
  const line: Line = [
    { text: text.ended(id, verdict), tone: 'strong' },
    '  ',
    { seconds: (endedAt - createdAt) / 1000 },
    '  ',
    runs,
  ]
  const error: View = deployment.error ? [{ kind: 'line', indent: 2, line: deployment.error.text }] : []
  return [
    { kind: 'line', line, mark: verdictTone(verdict) },
    ...(deployment.error?.code === 'deploy.schedules-failed' ? error : []),
    ...showWhy(deployment, rollouts),
  ]
}

/** What is under way now: the rollouts that have not ended, else the step. What has ended is told by its event. */
export function showUnderWay(item: DeploymentItem): View {
  const { deployment, rollouts, doing, usual } = item
  const open = rollouts.filter(({ sentAt, verdict }) => sentAt !== undefined && verdict === undefined)
  if (open.length === 0) {
    const words = doing ? text.doing[doing.what](doing.name) : text.step[deployment.state]
    return [{ kind: 'line', line: [words, '  ', { since: doing?.since ?? deployment.createdAt, tone: 'muted' }], mark: 'busy' }]
  }
  const bars = open.filter(({ view, undo, undoView }) => (undo === 'restoring' ? undoView : view) !== undefined)
  const rows = bars.map((rollout) => rolloutRow(rollout))
  return [
    {
      kind: 'line',
      line: [open.some(goesBack) ? text.rollingBack : text.rollingOut, '  ', ...timesOf(open, usual)],
      mark: 'busy',
    },
    { kind: 'progress', indent: 2, rows },
  ]
}

/** How long the open rollouts have taken, and how long they will, by what is usual. */
function timesOf(open: readonly RolloutShape[], usual: Record<string, number>): Span[] {
  const elapsed: Span = { since: Math.min(...open.map(({ sentAt = 0 }) => sentAt)) }
  const known = open.flatMap(({ service, sentAt = 0 }) => {
    const seconds = usual[service]
    return seconds === undefined ? [] : [{ until: sentAt + seconds * 1000, late: sentAt + seconds * 1000 * LONG }]
  })
  // Nobody knows how long a service takes that was never rolled before, nor a way back.
  if (known.length < open.length || open.some(goesBack)) return [elapsed]
  const until = Math.max(...known.map((one) => one.until))
  const late = Math.max(...known.map((one) => one.late))
  return [elapsed, { until, late, left: text.left, over: text.longerThanUsual, tone: 'muted' }]
}

const goesBack = ({ undo, view }: RolloutShape): boolean => undo !== undefined || /^ROLLBACK/.test(view?.status ?? '')

function rolloutRow({ service, view, undoView, undo }: RolloutShape): { name: Line; done: number; cells: Line[] } {
  const seen = undo === 'restoring' ? undoView : view
  const { running = 0, requested = 0, traffic } = seen?.target ?? {}
  const old = (seen?.sources ?? []).reduce((sum, source) => sum + source.running, 0)
  return {
    name: { text: service, tone: 'strong' },
    done: requested > 0 ? running / requested : 0,
    cells: [
      text.newTasks(running, requested),
      text.oldTasks(old),
      ...(traffic === undefined ? [] : [text.traffic(traffic)]),
      ...(seen ? [stageOf(seen)] : []),
    ],
  }
}

/** In a word, what a rollout waits for. */
function stageOf({ status, stage, breaker, target, sources }: NonNullable<RolloutShape['view']>): Line {
  const failures: Span[] = breaker?.failures
    ? [{ text: text.failures(breaker.failures, breaker.threshold), tone: 'warn' }, '  ']
    : []
  if (status !== 'IN_PROGRESS') return [...failures, { text: status, tone: status === 'PENDING' ? 'muted' : 'warn' }]
  if (stage !== undefined) return [...failures, { text: stage, tone: 'muted' }]
  return [...failures, { text: waitsFor(target, sources), tone: 'muted' }]
}

type Revision = NonNullable<RolloutShape['view']>['sources'][number]

function waitsFor(target: Revision | undefined, sources: readonly Revision[]): Text {
  if (!target || target.pending > 0) return text.starting(target?.pending ?? 0)
  if (target.running < target.requested) return text.waitsForTasks
  // The old ones are asked to go once the new ones are healthy.
  if (sources.some(({ requested }) => requested > 0)) return text.checking
  return sources.some(({ running }) => running > 0) ? text.draining : text.settling
}

/** For somebody who stops watching. */
export function showLeaving({ deployment: { id, environment, state } }: DeploymentItem): View {
  const begun = state === 'rolling' || state === 'verifying'
  const what = begun ? text.leftToEcs(id) : state === 'migrating' ? text.leftMigrating(id) : text.leftUnbegun(id)
  return [
    { kind: 'line', line: what },
    {
      kind: 'next',
      commands: [
        { command: `kiban watch ${id}`, why: text.watchAgain },
        { command: `kiban cancel --env ${environment} ${id}`, why: text.cancelIt },
      ],
    },
  ]
}

/** The events that a person wants to see go by; the rest is for the timeline. */
function showEvent({ type, at, data }: EventShape, rollouts: readonly RolloutShape[]): Frame {
  const line = (words: Line, mark: Tone = 'muted'): Frame => ({ lines: [{ kind: 'line', line: words, mark }] })
  const passing = (words: Line): Frame => ({ passing: [{ kind: 'line', line: words, mark: 'muted' }] })
  const service = String(data.service ?? '')
  switch (type) {
    case 'build.started':
      return passing(text.building(service))
    case 'build.noted':
      return line(data.text as Text, 'warn')
    case 'build.ended':
      return line([text.built(service, String(data.digest)), ...took(data.ms as number | undefined)], 'good')
    case 'deployment.waited':
      return line(text.waiting((data.blockedBy as { service: string; actor: string; reason: string }[])[0]))
    case 'deployment.planned':
      return data.replanned === true ? line(text.replanned, 'warn') : {}
    case 'deployment.continued':
      return line(text.continued)
    case 'deployment.recovered':
      return line(text.recovered)
    case 'deployment.troubled':
      return { lines: troubleLines(data as { text: Text; hint?: Text; next: 'trying' | 'waiting' }) }
    case 'deployment.going-back':
      return line(text.goingBack((data.services as string[]).join(', ')), 'warn')
    case 'schedule.created':
      return line(schedules.created(String(data.schedule)), 'good')
    case 'schedule.updated':
      if (data.rule !== undefined) return line(schedules.ruleUpdated(String(data.rule), service))
      return data.changes === 0 ? {} : line(schedules.updated(String(data.schedule)))
    case 'schedule.deleted':
      return line(schedules.deleted(String(data.schedule)), 'warn')
    case 'migration.started':
      return passing(text.migrating(String(data.task)))
    case 'migration.stopping':
      return line(stopping(data), 'warn')
    case 'migration.ended':
      return line(text.migrated(String(data.task), data.exitCode as number | undefined), data.exitCode === 0 ? 'good' : 'bad')
    case 'deployment.checked':
      return { lines: showWarnings(data.findings as FindingShape[]) }
    case 'rollout.explained':
      return { lines: showCause(data.cause as CauseShape) }
    case 'rollout.ended': {
      if (data.action === 'unchanged') return line(text.unchanged(service))
      const verdict = data.verdict as Verdict
      const begun = rollouts.find((rollout) => rollout.service === service)?.sentAt
      const ended = text.rolloutEnded(service, verdict, String(data.reason ?? ''))
      return line([ended, ...took(begun === undefined ? undefined : at - begun)], verdictTone(verdict))
    }
    default:
      return {}
  }
}

const stopping = ({ task, by, timeoutSeconds, error }: EventShape['data']): Text =>
  text.stoppingMigration(
    String(task),
    by as string | undefined,
    Number(timeoutSeconds ?? 0),
    (error as { text: Text } | undefined)?.text,
  )

const took = (ms: number | undefined): Span[] => (ms === undefined ? [] : ['  ', { seconds: ms / 1000, tone: 'muted' }])

function troubleLines({ text: what, hint, next }: { text: Text; hint?: Text; next: 'trying' | 'waiting' }): Block[] {
  const first: Block = { kind: 'line', line: next === 'trying' ? text.trying(what) : what, mark: 'warn' }
  return hint ? [first, { kind: 'line', indent: 2, line: hint }] : [first]
}
