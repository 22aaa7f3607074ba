// What a scaling policy wants, from what was measured. Pure.
import type { StepAdjustment, StepScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'

/** One period of a tracked metric; undefined where nothing was measured. */
export type Datapoint = number | undefined

/** The alarms that Application Auto Scaling makes for target tracking on ECS: periods of a minute. */
const HIGH_PERIODS = 3
const LOW_PERIODS = 15
/** Scale-in is triggered below this part of the target. */
const LOW_PART = 0.9

export type Direction = 'out' | 'in' | 'none'

/** Which way the last datapoints (oldest first) point; a missing one says nothing, so that nothing happens. */
export function trackedDirection(points: Datapoint[], target: number): Direction {
  const last = (count: number, test: (value: number) => boolean) =>
    points.length >= count && points.slice(-count).every((point) => point !== undefined && test(point))
  if (last(HIGH_PERIODS, (value) => value > target)) return 'out'
  if (last(LOW_PERIODS, (value) => value < target * LOW_PART)) return 'in'
  return 'none'
}

/** How many datapoints `trackedDirection` looks at. */
export const TRACKED_PERIODS = Math.max(HIGH_PERIODS, LOW_PERIODS)

/** The capacity that brings a metric, which is shared by `current` tasks, to its target. */
export function trackedCapacity(current: number, value: number, target: number): number {
  return Math.max(0, Math.ceil((current * value) / target))
}

/** What a step policy makes of a capacity when the metric is `breach` beyond its alarm's threshold. */
export function steppedCapacity(current: number, breach: number, policy: StepScalingPolicyConfiguration): number {
  const step = policy.StepAdjustments?.find((each) => isWithin(each, breach))
  if (!step) return current
  const adjustment = step.ScalingAdjustment ?? 0
  if (policy.AdjustmentType === 'ExactCapacity') return Math.max(0, adjustment)
  if (policy.AdjustmentType !== 'PercentChangeInCapacity') return Math.max(0, current + adjustment)
  const change = (current * adjustment) / 100
  // Towards zero, but by one at the least: https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
  const whole = Math.abs(change) < 1 ? Math.sign(change) : Math.trunc(change)
  const magnitude = Math.max(Math.abs(whole), adjustment === 0 ? 0 : (policy.MinAdjustmentMagnitude ?? 0))
  return Math.max(0, current + Math.sign(adjustment) * magnitude)
}

/** The lower bound belongs to a step above the threshold, the upper one to a step below it. */
function isWithin({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }: StepAdjustment, breach: number): boolean {
  const [from, to] = [lower ?? Number.NEGATIVE_INFINITY, upper ?? Number.POSITIVE_INFINITY]
  return breach >= 0 ? from <= breach && breach < to : from < breach && breach <= to
}

export const bounded = (count: number, { min, max }: { min: number; max: number }): number => Math.min(max, Math.max(min, count))
