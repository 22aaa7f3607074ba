// DORA's four measures from the events of deployments; pure. https://dora.dev/guides/dora-metrics-four-keys/
import type { Verdict } from '../../core/verdict.ts'

const WEEK_MS = 604_800_000

/** What the events tell of one deployment; times in epoch milliseconds. */
export interface DeploymentFacts {
  id: string
  kind: 'deploy' | 'rollback' | 'promotion'
  commit: string | undefined
  verdict: Verdict
  /** When the first rollout was sent; undefined when it never came so far. */
  rollingAt: number | undefined
  endedAt: number
}

export interface Measures {
  deployments: number
  /** Successful deployments and promotions a week. */
  perWeek: number
  leadTimeMs: number | undefined
  failureRate: number | undefined
  recoveryMs: number | undefined
}

const FAILED = new Set<Verdict>(['failed', 'rolled-back', 'timed-out'])

/** `facts` in the order of their ends, of one environment; `committedAt` by commit. */
export function measures(facts: readonly DeploymentFacts[], committedAt: ReadonlyMap<string, number>, days: number): Measures {
  const changes = facts.filter(({ kind, verdict }) => kind !== 'rollback' && verdict !== 'superseded' && verdict !== 'stopped')
  const good = changes.filter(({ verdict }) => verdict === 'succeeded')
  const bad = changes.flatMap((change) => badness(change, facts))
  return {
    deployments: changes.length,
    perWeek: (good.length * WEEK_MS) / (days * 86_400_000),
    leadTimeMs: median(leadTimes(good, committedAt)),
    failureRate: changes.length === 0 ? undefined : bad.length / changes.length,
    recoveryMs: median(bad.flatMap(({ recoveredAt, since }) => (recoveredAt === undefined ? [] : [recoveredAt - since]))),
  }
}

/** A commit that is brought out again is no new change. */
function leadTimes(good: readonly DeploymentFacts[], committedAt: ReadonlyMap<string, number>): number[] {
  const seen = new Set<string>()
  return good.flatMap(({ commit, endedAt }) => {
    const since = commit === undefined || seen.has(commit) ? undefined : committedAt.get(commit)
    if (commit === undefined || since === undefined) return []
    seen.add(commit)
    return [endedAt - since]
  })
}

/** Since when, and until when, users had a bad release; nothing for a change that was good. */
function badness(
  change: DeploymentFacts,
  facts: readonly DeploymentFacts[],
): { since: number; recoveredAt: number | undefined }[] {
  const later = facts.slice(facts.indexOf(change) + 1)
  const since = change.rollingAt ?? change.endedAt
  // ECS had it back by the end; a deployment that never rolled out hurt nobody, but failed all the same.
  if (change.verdict === 'rolled-back' || (FAILED.has(change.verdict) && change.rollingAt === undefined))
    return [{ since, recoveredAt: change.endedAt }]
  if (FAILED.has(change.verdict)) return [{ since, recoveredAt: later.find(({ verdict }) => verdict === 'succeeded')?.endedAt }]
  const next = later.find(({ verdict }) => verdict === 'succeeded')
  return next?.kind === 'rollback' ? [{ since, recoveredAt: next.endedAt }] : []
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[middle - 1], sorted[middle]]
  if (high === undefined) return undefined
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2
}
