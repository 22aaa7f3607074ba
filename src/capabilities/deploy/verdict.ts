// How a rollout ended, from ECS's own record of the service deployment; never from "the service is stable", which is as
// true of the old revision after a rollback.
import type { Verdict } from '../../core/verdict.ts'
import type { ServiceDeploymentView } from './service-deployment.ts'

export interface Observation {
  /** Undefined while ECS does not list it (yet). */
  deployment: ServiceDeploymentView | undefined
  /** The service revision that this rollout made; undefined while it is not known. */
  revision: string | undefined
  /** A service deployment that began after ours is there. */
  newer: boolean
  /** A person asked to stop it. */
  stopAsked: boolean
  /** Tasks of other revisions that still run, where ECS may call a rollout successful before they are gone. */
  oldTasks: number
  pastDeadline: boolean
}

export type Judgement = { verdict: Verdict } | { verdict: undefined; waitingFor: 'listing' | 'ecs' | 'old-tasks' }

/** Whether ECS itself brought back what ran before. */
export const hasGoneBack = (deployment: ServiceDeploymentView | undefined): boolean =>
  deployment?.status === 'ROLLBACK_SUCCESSFUL' || (deployment?.status === 'SUCCESSFUL' && deployment.rollback !== undefined)

/** Pure. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html */
export function judge(seen: Observation): Judgement {
  const { deployment } = seen
  if (!deployment) return seen.pastDeadline ? { verdict: 'timed-out' } : { verdict: undefined, waitingFor: 'listing' }
  switch (deployment.status) {
    case 'SUCCESSFUL':
      return judgeSuccess(seen, deployment)
    case 'ROLLBACK_SUCCESSFUL':
      return { verdict: seen.stopAsked ? 'stopped' : 'rolled-back' }
    case 'ROLLBACK_FAILED':
      return { verdict: 'failed' }
    case 'STOPPED':
      // Also how ECS ends a failed rollout that has no automatic rollback.
      return { verdict: seen.stopAsked ? 'stopped' : seen.newer ? 'superseded' : 'failed' }
    default:
      return stillOpen(seen, 'ecs')
  }
}

function judgeSuccess(seen: Observation, deployment: ServiceDeploymentView): Judgement {
  if (deployment.rollback) return { verdict: seen.stopAsked ? 'stopped' : 'rolled-back' }
  if (seen.revision === undefined) return stillOpen(seen, 'listing')
  if (deployment.target?.revision !== seen.revision) return { verdict: 'superseded' }
  // By early-success criteria: the replacement goes on behind the word "successful".
  if (seen.oldTasks > 0) return seen.newer ? { verdict: 'superseded' } : stillOpen(seen, 'old-tasks')
  return { verdict: 'succeeded' }
}

function stillOpen(seen: Observation, waitingFor: 'listing' | 'ecs' | 'old-tasks'): Judgement {
  if (seen.newer) return { verdict: 'superseded' }
  if (seen.pastDeadline) return { verdict: 'timed-out' }
  return { verdict: undefined, waitingFor }
}
