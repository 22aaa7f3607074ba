// The lifecycle stages of a traffic shift, and the steps in which production traffic moves. Pure.
// Source: Developer Guide, "Amazon ECS blue/green service deployments workflow"; SDK CanaryConfiguration, LinearConfiguration.
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'
import { MINUTE_MS } from './timings.ts'

/** An open string in the SDK, whose enum leaves PRE_PRODUCTION_TRAFFIC_SHIFT out. */
export type Stage =
  | 'RECONCILE_SERVICE'
  | 'PRE_SCALE_UP'
  | 'SCALE_UP'
  | 'POST_SCALE_UP'
  | 'TEST_TRAFFIC_SHIFT'
  | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRE_PRODUCTION_TRAFFIC_SHIFT'
  | 'PRODUCTION_TRAFFIC_SHIFT'
  | 'POST_PRODUCTION_TRAFFIC_SHIFT'
  | 'BAKE_TIME'
  | 'CLEAN_UP'

const ORDER: readonly Stage[] = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
]

/** Whether a deployment moves traffic between two fleets instead of replacing tasks. */
export const shiftsTraffic = ({ strategy = 'ROLLING' }: DeploymentConfiguration): boolean => strategy !== 'ROLLING'

/** RECONCILE_SERVICE comes first only when a deployment begins with more than one revision besides its own. */
export const firstStage = (revisions: number): Stage => (revisions > 2 ? 'RECONCILE_SERVICE' : 'PRE_SCALE_UP')

/** The stage after `stage`, and the traffic step it belongs to; undefined after the last. */
export function nextStage(stage: Stage, step: number, steps: number): { stage: Stage; step: number } | undefined {
  if (stage === 'PRODUCTION_TRAFFIC_SHIFT' && step + 1 < steps) return { stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', step: step + 1 }
  const next = ORDER[ORDER.indexOf(stage) + 1]
  return next && { stage: next, step }
}

export const isFrom = (stage: string, first: Stage): boolean => ORDER.indexOf(stage as Stage) >= ORDER.indexOf(first)

export interface TrafficStep {
  /** Of production traffic on the new revision. */
  percent: number
  /** How long to stay there before the next step. */
  bakeMs: number
}

const CANARY_PERCENT = 5
const CANARY_BAKE_MINUTES = 10
const LINEAR_PERCENT = 10
const LINEAR_BAKE_MINUTES = 6

/** The first deployment of a service has nothing to share traffic with. */
export function trafficSteps(configuration: DeploymentConfiguration, isFirst: boolean): TrafficStep[] {
  const last: TrafficStep = { percent: 100, bakeMs: 0 }
  if (isFirst) return [last]
  if (configuration.strategy === 'CANARY') {
    const { canaryPercent = CANARY_PERCENT, canaryBakeTimeInMinutes = CANARY_BAKE_MINUTES } =
      configuration.canaryConfiguration ?? {}
    if (canaryPercent >= 100) return [last]
    return [{ percent: canaryPercent, bakeMs: canaryBakeTimeInMinutes * MINUTE_MS }, last]
  }
  if (configuration.strategy !== 'LINEAR') return [last]
  const { stepPercent = LINEAR_PERCENT, stepBakeTimeInMinutes = LINEAR_BAKE_MINUTES } = configuration.linearConfiguration ?? {}
  const count = Math.ceil(100 / stepPercent - 1e-9)
  return Array.from({ length: count }, (_, index) =>
    index + 1 === count
      ? last
      : { percent: Math.round(stepPercent * (index + 1) * 10) / 10, bakeMs: stepBakeTimeInMinutes * MINUTE_MS },
  )
}

/** Listener weights for `percent` of the traffic on the new target group: whole numbers from 0 to 999 that keep tenths of a per cent. */
export function listenerWeights(percent: number): { fresh: number; old: number } {
  if (Number.isInteger(percent)) return { fresh: percent, old: 100 - percent }
  const fresh = Math.max(1, Math.round(percent * 9.99))
  return { fresh, old: 999 - fresh }
}
