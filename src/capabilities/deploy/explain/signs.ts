// Whether a rollout shows anything that is worth looking into; pure. What ECS says of a healthy one costs nothing more.
import type { Verdict } from '../../../core/verdict.ts'
import type { ServiceDeploymentView } from '../service-deployment.ts'

/** Between two looks at failures that go on. */
const LOOK_EVERY_MS = 5_000
/** How long nothing may move before it is asked why, doubled each time. */
const STALLED_MS = 20_000

/** What is remembered of a rollout between looks, in the process that drives it. */
export interface Attention {
  /** When it was last looked into; undefined while it never was. */
  lookedAt: number | undefined
  /** Failures that have been looked into. */
  failures: number
  running: number
  status: string
  /** Since when nothing has moved, and how often that was looked into. */
  progress: string
  progressAt: number
  stalls: number
  /** How often a healthy task set the count of failures back. */
  resets: number
  lastFailures: number
  /** Something new was seen that has not been looked into. */
  pending: boolean
  /** Its end has been looked into. */
  ended: boolean
}

export const newAttention = (now: number): Attention => ({
  lookedAt: undefined,
  failures: 0,
  running: 0,
  status: '',
  progress: '',
  progressAt: now,
  stalls: 0,
  resets: 0,
  lastFailures: 0,
  pending: false,
  ended: false,
})

/** `failing`: tasks are to be looked at · `stalled`: it is to be asked why nothing moves. */
export type Sign = 'failing' | 'stalled' | 'ended'

/** Takes in what ECS shows now, and says whether to look closer. */
export function noticed(
  attention: Attention,
  { view, verdict }: { view: ServiceDeploymentView | undefined; verdict: Verdict | undefined },
  now: number,
): Sign | undefined {
  if (verdict === 'succeeded') return undefined
  if (verdict !== undefined) return attention.ended ? undefined : 'ended'
  if (!view) return undefined
  takeIn(attention, view, now)
  const rested = attention.lookedAt === undefined || now - attention.lookedAt >= LOOK_EVERY_MS
  if (attention.pending) return rested ? 'failing' : undefined
  const patience = STALLED_MS * 2 ** attention.stalls
  return now - attention.progressAt >= patience ? 'stalled' : undefined
}

function takeIn(attention: Attention, view: ServiceDeploymentView, now: number): void {
  const { status, target, sources, breaker, hooks, alarms, stage } = view
  const failures = breaker?.failures ?? 0
  const running = target?.running ?? 0
  if (failures < attention.lastFailures) attention.resets++
  const failed = failures > attention.failures
  const fell = status === 'IN_PROGRESS' && running < attention.running
  const turned = status !== attention.status && /ROLLBACK|STOP/.test(status)
  if (failed || fell || turned) attention.pending = true
  attention.lastFailures = failures
  attention.failures = failures
  attention.running = running
  attention.status = status
  // A pause that waits for a person is no stall.
  const waits = hooks?.some((hook) => hook.status === 'AWAITING_ACTION' || hook.status === 'IN_PROGRESS')
  const progress = JSON.stringify([status, stage, target, sources, failures, alarms?.triggered])
  if (progress === attention.progress && !waits) return
  attention.progress = progress
  attention.progressAt = now
  attention.stalls = 0
}

/** To be called after a look. */
export function looked(attention: Attention, sign: Sign, now: number): void {
  attention.lookedAt = now
  attention.pending = false
  if (sign === 'stalled') attention.stalls++
  if (sign === 'ended') attention.ended = true
}
