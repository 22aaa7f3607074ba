// Looks at what was measured, each simulated minute, and scales.
import type { Timer } from '../../core/clock.ts'
import type { Cloud } from '../cloud.ts'
import {
  bounded,
  type Datapoint,
  type Direction,
  steppedCapacity,
  TRACKED_PERIODS,
  trackedCapacity,
  trackedDirection,
} from './decision.ts'
import { applyBounds, type PolicyRecord, type ScalingRecords, scale, type TargetRecord } from './records.ts'

export const PERIOD_MS = 60_000
/** Of target tracking on ECS: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html */
const COOLDOWN_DEFAULT_SECONDS = 300

/** The alarms whose actions name policies, and how far each is beyond its threshold. */
export interface AlarmSource {
  actions(name: string): { arns: string[]; breach: number } | undefined
}

interface Wish {
  policy: PolicyRecord
  direction: Direction
  count: number
}

export class Scaler {
  readonly #cloud: Cloud
  readonly #kept: ScalingRecords
  readonly #alarms: AlarmSource
  readonly #points = new Map<string, Datapoint[]>()
  /** When each target was last scaled out and in, by the cloud's clock. */
  readonly #scaled = new Map<string, { out: number; in: number }>()
  readonly #ringing = new Set<string>()
  #measuredAt = 0
  #timer: Timer | undefined

  constructor(cloud: Cloud, kept: ScalingRecords, alarms: AlarmSource) {
    this.#cloud = cloud
    this.#kept = kept
    this.#alarms = alarms
  }

  /** Evaluates each minute as long as there is a target; to be called when there may be one. */
  wake(): void {
    if (this.#timer || this.#kept.targets.size === 0) return
    this.#measuredAt = this.#wholeSecond()
    const tick = (): void => {
      this.#timer = undefined
      this.evaluate()
      if (this.#kept.targets.size > 0) this.#timer = this.#cloud.clock.after(PERIOD_MS, tick)
    }
    this.#timer = this.#cloud.clock.after(PERIOD_MS, tick)
  }

  close(): void {
    this.#timer?.cancel()
  }

  /** An alarm that rings sets its step policies to work at once, and again at each evaluation until it is silent. */
  alarmChanged(name: string, state: string): void {
    if (state !== 'ALARM') {
      this.#ringing.delete(name)
      return
    }
    this.#ringing.add(name)
    this.#step(name)
  }

  evaluate(): void {
    const now = this.#wholeSecond()
    const since = this.#measuredAt
    this.#measuredAt = now
    for (const target of this.#kept.targets.values()) {
      const current = this.#cloud.tasks.desiredCount(target.cluster, target.service)
      if (current === undefined) continue
      applyBounds(this.#cloud, this.#kept, target)
      const used = this.#cloud.tasks.utilization(target.cluster, target.service)
      if (used) this.#feed(target, used)
      this.#track(target, current, since, now)
    }
    for (const name of this.#ringing) this.#step(name)
  }

  #track(target: TargetRecord, current: number, since: number, now: number): void {
    const wishes = [...this.#kept.policies.values()]
      .filter((policy) => policy.ResourceId === target.resourceId && policy.TargetTrackingScalingPolicyConfiguration)
      .map((policy) => this.#wish(policy, target, current, since, now))
    if (wishes.length === 0) return
    const outwards = wishes.filter((wish) => wish.direction === 'out')
    const most = (of: Wish[]) => of.reduce((a, b) => (b.count > a.count ? b : a))
    // Any policy may scale out; only all together may scale in.
    if (outwards.length > 0) this.#apply(target, most(outwards), current)
    else if (wishes.every((wish) => wish.direction === 'in')) this.#apply(target, most(wishes), current)
  }

  #wish(policy: PolicyRecord, target: TargetRecord, current: number, since: number, now: number): Wish {
    const config = policy.TargetTrackingScalingPolicyConfiguration
    const wanted = config?.TargetValue ?? 1
    const value = this.#measured(policy, target, current, since, now)
    const points = [...(this.#points.get(policy.PolicyARN) ?? []), value].slice(-TRACKED_PERIODS)
    this.#points.set(policy.PolicyARN, points)
    const direction = trackedDirection(points, wanted)
    return { policy, direction, count: value === undefined ? current : trackedCapacity(current, value, wanted) }
  }

  #measured(policy: PolicyRecord, target: TargetRecord, current: number, since: number, now: number): Datapoint {
    const { PredefinedMetricType: type, ResourceLabel: label = '' } =
      policy.TargetTrackingScalingPolicyConfiguration?.PredefinedMetricSpecification ?? {}
    const { metrics } = this.#cloud
    if (type === 'ALBRequestCountPerTarget') {
      const [, balancer, group] = /^(app\/[^/]+\/[^/]+)\/(targetgroup\/[^/]+\/[^/]+)$/.exec(label) ?? []
      const series = metrics.series('AWS/ApplicationELB', 'RequestCount', {
        LoadBalancer: balancer ?? '',
        TargetGroup: group ?? '',
      })
      const minutes = (now - since) / PERIOD_MS
      const sum = series.statistics(since, now)?.sum
      return sum === undefined || minutes <= 0 ? undefined : sum / minutes / Math.max(1, current)
    }
    const used = this.#cloud.tasks.utilization(target.cluster, target.service)
    if (used) return type === 'ECSServiceAverageMemoryUtilization' ? used.memory : used.cpu
    const name = type === 'ECSServiceAverageMemoryUtilization' ? 'MemoryUtilization' : 'CPUUtilization'
    const dimensions = { ClusterName: target.cluster, ServiceName: target.service }
    const of = metrics.series('AWS/ECS', name, dimensions).statistics(since, now)
    return of && of.sum / of.count
  }

  /** Samples are kept by the second; one that is not over yet counts the next time. */
  #wholeSecond(): number {
    return Math.floor(this.#cloud.clock.now() / 1000) * 1000
  }

  #feed(target: TargetRecord, { cpu, memory }: { cpu: number; memory: number }): void {
    const dimensions = { ClusterName: target.cluster, ServiceName: target.service }
    this.#cloud.metrics.series('AWS/ECS', 'CPUUtilization', dimensions).add(cpu)
    this.#cloud.metrics.series('AWS/ECS', 'MemoryUtilization', dimensions).add(memory)
  }

  #apply(target: TargetRecord, { policy, direction, count }: Wish, current: number): void {
    const config = policy.TargetTrackingScalingPolicyConfiguration
    if (direction === 'in' && config?.DisableScaleIn) return
    const cooldown = direction === 'out' ? config?.ScaleOutCooldown : config?.ScaleInCooldown
    this.#scale(target, policy, current, count, cooldown ?? COOLDOWN_DEFAULT_SECONDS)
  }

  #step(alarm: string): void {
    const ringing = this.#alarms.actions(alarm)
    if (!ringing) {
      this.#ringing.delete(alarm)
      return
    }
    for (const policy of this.#kept.policies.values()) {
      const config = policy.StepScalingPolicyConfiguration
      const target = this.#kept.targets.get(policy.ResourceId)
      if (!config || !target || !ringing.arns.includes(policy.PolicyARN)) continue
      const current = this.#cloud.tasks.desiredCount(target.cluster, target.service)
      if (current === undefined) continue
      this.#scale(
        target,
        policy,
        current,
        steppedCapacity(current, ringing.breach, config),
        config.Cooldown ?? COOLDOWN_DEFAULT_SECONDS,
      )
    }
  }

  #scale(target: TargetRecord, policy: PolicyRecord, current: number, wanted: number, cooldownSeconds: number): void {
    const count = bounded(wanted, target)
    if (count === current) return
    const direction = count > current ? 'out' : 'in'
    const { DynamicScalingInSuspended: noIn, DynamicScalingOutSuspended: noOut } = target.suspended
    if (direction === 'out' ? noOut : noIn) return
    const elapsed = this.#cloud.clock.elapsed()
    const scaled = this.#scaled.get(target.resourceId) ?? { out: Number.NEGATIVE_INFINITY, in: Number.NEGATIVE_INFINITY }
    // A scale-in waits for either cooldown; a scale-out waits only for its own.
    const last = direction === 'out' ? scaled.out : Math.max(scaled.out, scaled.in)
    if (elapsed - last < cooldownSeconds * 1000) return
    this.#scaled.set(target.resourceId, { ...scaled, [direction]: elapsed })
    scale(this.#cloud, this.#kept, target, count, `policy ${policy.PolicyName} was triggered`)
  }
}
