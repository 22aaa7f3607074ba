// Why a rollout does not go well, from what was gathered of it; pure.
import { bySeverity, type Cause, causeKey, causeOf, type EvidenceLine } from './cause.ts'
import { circumstances, endingRules, status } from './ending-rules.ts'
import { eventCauses } from './event-rules.ts'
import type { Declared, RolloutEvidence, SeenTask } from './evidence.ts'
import { exitRules, killedAtStop } from './exit-rules.ts'
import { FAILED_CHECKS, healthRules } from './health-rules.ts'
import { shownLine } from './log-lines.ts'
import { pullRules } from './pull-rules.ts'
import { resourceRules } from './resource-rules.ts'
import { startRules } from './start-rules.ts'
import { stopRules } from './stop-rules.ts'
import { taskEvidence } from './task-evidence.ts'
import type { TaskRule } from './task-rule.ts'

const taskRules: TaskRule[] = [...pullRules, ...resourceRules, ...startRules, ...stopRules, ...exitRules, ...healthRules]

/** A rollout that keeps setting its failures back this often is flapping, whatever its tasks die of. */
const FLAPS = 2
/** The count of failures was read before the tasks were, by less than this. */
const COUNT_AGE_MS = 15_000
const EVENTS_SHOWN = 5

/** Every cause that the evidence shows, the one that ended the rollout first; none for a rollout that goes well. */
export function explain(seen: RolloutEvidence): Cause[] {
  const tasks = oftenFirst(taskCauses(seen))
  const ending = endingRules.flatMap((rule) => rule(seen) ?? []).slice(0, 1)
  const found = merged([
    ...ending,
    ...flapping(seen, tasks),
    ...tasks,
    ...eventCauses(seen),
    ...circumstances(seen),
    ...warnings(seen),
  ])
  const bad = seen.verdict !== undefined && seen.verdict !== 'succeeded'
  const known = found.some(({ severity }) => severity === 'failure' || severity === 'consequence')
  const causes = bad && !known ? [unknown(seen), ...found] : found
  return bySeverity(causes.map((cause) => demoted(cause, causes))).map(withGaps(seen))
}

/** What a task that failed died of; undefined for one that ended in order. */
export function taskCauseOf(task: SeenTask, declared: Declared): Cause | undefined {
  for (const rule of taskRules) {
    const cause = rule(task, declared)
    if (cause) return cause
  }
  return undefined
}

function taskCauses({ service, tasks, declared }: RolloutEvidence): Cause[] {
  return tasks.filter(failed).map((task) => {
    const cause = taskCauseOf(task, declared)
    return { ...(cause ?? unknownTask(task)), service }
  })
}

function oftenFirst(causes: Cause[]): Cause[] {
  const counts = new Map<string, number>()
  for (const cause of causes) counts.set(causeKey(cause), (counts.get(causeKey(cause)) ?? 0) + 1)
  return causes.sort((a, b) => (counts.get(causeKey(b)) ?? 0) - (counts.get(causeKey(a)) ?? 0))
}

/** ECS stops tasks in order when it scales or rolls; that is no failure. */
function failed({ lastStatus, stopCode, stoppedReason, targetHealth, containers }: SeenTask): boolean {
  if (/^Scaling activity initiated/.test(stoppedReason ?? '')) return false
  const isStopped = lastStatus === 'STOPPED' || stoppedReason !== undefined
  return isStopped
    ? stopCode !== 'ServiceSchedulerInitiated' || /failed/i.test(stoppedReason ?? '')
    : targetHealth.length > 0 || containers.some(({ health }) => health === 'UNHEALTHY')
}

const unknownTask = (task: SeenTask): Cause =>
  causeOf('unknown', { words: shownLine(task.stoppedReason ?? '') }, { certain: false, evidence: taskEvidence(task, undefined) })

/** Tasks that became healthy and then failed, again and again; what they fail of stands below. */
function flapping(seen: RolloutEvidence, tasks: readonly Cause[]): Cause[] {
  const { service, declared } = seen
  const resets = Math.max(seen.resets, leastResets(seen))
  const sick = tasks.find(({ class: of }) => of.startsWith('health-') || of === 'container-health' || of === 'connection-refused')
  if (resets < FLAPS || !sick) return []
  return [causeOf('flapping', { container: declared.container }, { service, count: resets, evidence: sick.evidence })]
}

/**
 * How often the count of failures was set back at least. Whoever asks now and then may never see it fall, but a breaker that has
 * not triggered after more failures than it counts forgot them, each time fewer than its threshold.
 */
function leastResets({ tasks, view }: RolloutEvidence): number {
  const { failures = 0, threshold = 0, status } = view?.breaker ?? {}
  if (status !== 'MONITORING' || threshold < 2) return 0
  const failed = tasks.filter(({ stoppedReason }) => FAILED_CHECKS.test(stoppedReason ?? ''))
  const last = Math.max(...failed.map(({ stoppedAt = 0 }) => stoppedAt))
  const counted = failed.filter(({ stoppedAt = 0 }) => stoppedAt < last - COUNT_AGE_MS)
  return Math.ceil((counted.length - failures) / (threshold - 1))
}

function warnings({ service, tasks, oldTasks, declared }: RolloutEvidence): Cause[] {
  return [...tasks, ...oldTasks].flatMap((task) => {
    const cause = killedAtStop(task, declared)
    return cause ? { ...cause, service } : []
  })
}

/** Time that ran out is what followed, where something is known that kept the rollout from ending. */
function demoted(cause: Cause, all: readonly Cause[]): Cause {
  const others = all.some((other) => other !== cause && other.severity === 'failure' && other.class !== 'deadline')
  return cause.class === 'deadline' && others ? { ...cause, severity: 'consequence' } : cause
}

function unknown(seen: RolloutEvidence): Cause {
  const events = seen.events
    .slice(-EVENTS_SHOWN)
    .map(({ at, message }): EvidenceLine => ({ kind: 'service-event', text: shownLine(message), at }))
  const words = shownLine(seen.view?.statusReason ?? '')
  return causeOf('unknown', { words }, { service: seen.service, certain: false, evidence: [...status(seen.view), ...events] })
}

/** Like causes are one, with their number; the evidence is that of the first whose log is known. */
function merged(all: readonly Cause[]): Cause[] {
  const groups = Map.groupBy(all, causeKey)
  return [...groups.values()].map((alike) => {
    const [first] = alike as [Cause, ...Cause[]]
    const told = alike.find(({ evidence }) => evidence.some(({ kind }) => kind === 'log')) ?? first
    return { ...told, count: alike.reduce((sum, { count }) => sum + count, 0) }
  })
}

/** Where something could not be looked at, a failure says so: its absence proves nothing. */
const withGaps =
  ({ notSeen }: RolloutEvidence) =>
  (cause: Cause): Cause =>
    cause.severity !== 'failure' || notSeen.length === 0
      ? cause
      : { ...cause, evidence: [...cause.evidence, ...notSeen.map((text): EvidenceLine => ({ kind: 'not-looked-at', text }))] }
