// Watches one target's health: probes it again and again and judges the outcomes by the group's thresholds.
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock, Timer } from '../../core/clock.ts'
import type { TargetHealth } from '../cloud.ts'
import { isLoopback } from './loopback.ts'
import { parsedMatcher } from './matcher.ts'
import { type Outcome, probe } from './probe.ts'
import type { HealthCheckSettings, TargetRecord } from './records.ts'

export interface ProbePace {
  /** Real ms between two probes of a target, however fast the clock. */
  gapMs: number
  /** Real ms from registration in which failures do not count. */
  graceMs: number
}

export const PROBE_PACE: ProbePace = { gapMs: 250, graceMs: 2000 }

/** Simulated time from registration to the first probe. */
const FIRST_PROBE_MS = 1000

export const REGISTERING: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
}
const CHECKING: TargetHealth = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
}

/**
 * Starts to check a target. One passed check makes a new target healthy; after that the thresholds count
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
 */
export function startHealthCheck(
  clock: Clock,
  pace: ProbePace,
  target: TargetRecord,
  {
    settings,
    admitted,
    changed,
  }: {
    settings: () => HealthCheckSettings
    /** Whether a packet would reach the target: what a security group drops is never answered. */
    admitted: () => boolean
    changed: (health: TargetHealth) => void
  },
): { stop(): void } {
  let health = REGISTERING
  let successes = 0
  let failures = 0
  let stopped = false
  let timer: Timer | undefined
  let paced: NodeJS.Timeout | undefined
  let lastProbeAt = Number.NEGATIVE_INFINITY
  const startedAt = performance.now()

  const become = (next: TargetHealth) => {
    if (next.state === health.state && next.reason === health.reason && next.description === health.description) return
    health = next
    changed(next)
  }

  const judge = (outcome: Outcome) => {
    const { healthyThreshold, unhealthyThreshold } = settings()
    if (outcome.kind === 'passed') {
      failures = 0
      successes++
      if (health.state === 'initial' || successes >= healthyThreshold) become({ state: 'healthy' })
      return
    }
    if (health.state === 'initial' && performance.now() - startedAt < pace.graceMs) return
    successes = 0
    failures++
    if (health.state === 'unhealthy' || failures >= unhealthyThreshold) become(unhealthy(outcome))
  }

  const check = async () => {
    const began = clock.elapsed()
    lastProbeAt = performance.now()
    if (health === REGISTERING) become(CHECKING)
    const outcome = admitted()
      ? await probe(target, settings(), parsedMatcher(settings().matcher) ?? (() => false))
      : await noAnswer(settings())
    if (stopped) return
    judge(outcome)
    if (stopped) return
    timer = clock.after(settings().interval * 1000 - (clock.elapsed() - began), next)
  }

  const next = () => {
    const wait = pace.gapMs - (performance.now() - lastProbeAt)
    if (wait <= 0) void check()
    else paced = setTimeout(() => void check(), wait)
  }

  if (isLoopback(target.connect.host)) timer = clock.after(FIRST_PROBE_MS, next)
  else timer = clock.after(0, () => become(unreachable(target)))

  return {
    stop() {
      stopped = true
      timer?.cancel()
      clearTimeout(paced)
    },
  }
}

async function noAnswer({ timeout }: HealthCheckSettings): Promise<Outcome> {
  await wait(timeout * 1000, undefined, { ref: false })
  return { kind: 'timeout' }
}

function unhealthy(outcome: Exclude<Outcome, { kind: 'passed' }>): TargetHealth {
  const state = 'unhealthy'
  if (outcome.kind === 'timeout') return { state, reason: 'Target.Timeout', description: 'Request timed out' }
  if (outcome.kind === 'mismatch') {
    return {
      state,
      reason: 'Target.ResponseCodeMismatch',
      description: `Health checks failed with these codes: [${outcome.code}]`,
    }
  }
  return { state, reason: 'Target.FailedHealthChecks', description: 'Health checks failed' }
}

function unreachable(target: TargetRecord): TargetHealth {
  return {
    state: 'unhealthy',
    reason: 'Target.FailedHealthChecks',
    description: `Health checks failed: this sandbox connects to loopback addresses only, not to ${target.connect.host}`,
  }
}
