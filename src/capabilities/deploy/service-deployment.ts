import type { ServiceDeployment, ServiceRevisionSummary } from '../../aws/ecs-shapes.ts'

/** What ECS says of one service deployment, as it is stored and shown: JSON, times in epoch milliseconds. */
export interface ServiceDeploymentView {
  arn: string
  /** PENDING, IN_PROGRESS, SUCCESSFUL …; a word of AWS's that may be new to us. */
  status: string
  statusReason?: string
  createdAt?: number
  startedAt?: number
  endedAt?: number
  /** Only when traffic is shifted; an open set of words. */
  stage?: string
  target?: RevisionView
  sources: RevisionView[]
  rollback?: { reason?: string; revision?: string }
  breaker?: { failures: number; threshold: number; status?: string }
  alarms?: { names: string[]; triggered: string[]; status?: string }
  hooks?: { id?: string; status?: string; expiresAt?: number; type?: string; target?: string }[]
}

export interface RevisionView {
  revision: string
  requested: number
  running: number
  pending: number
  /** Share of production traffic, in percent. */
  traffic?: number
}

export function serviceDeploymentView(from: ServiceDeployment): ServiceDeploymentView {
  const ended = from.finishedAt ?? from.stoppedAt
  const { rollback, deploymentCircuitBreaker: breaker, alarms, lifecycleHookDetails: hooks } = from
  return present({
    arn: from.serviceDeploymentArn ?? '',
    status: from.status ?? 'PENDING',
    statusReason: from.statusReason,
    createdAt: from.createdAt?.getTime(),
    startedAt: from.startedAt?.getTime(),
    endedAt: ended?.getTime(),
    stage: from.lifecycleStage,
    target: from.targetServiceRevision && revisionView(from.targetServiceRevision),
    sources: (from.sourceServiceRevisions ?? []).map(revisionView),
    rollback: rollback && present({ reason: rollback.reason, revision: rollback.serviceRevisionArn }),
    breaker:
      breaker && present({ failures: breaker.failureCount ?? 0, threshold: breaker.threshold ?? 0, status: breaker.status }),
    alarms:
      alarms?.alarmNames?.length && (alarms.status !== 'DISABLED' || from.deploymentConfiguration?.alarms?.enable)
        ? present({ names: alarms.alarmNames, triggered: alarms.triggeredAlarmNames ?? [], status: alarms.status })
        : undefined,
    hooks: hooks?.length
      ? hooks.map(({ hookId: id, status, expiresAt, targetType: type, targetArn: target }) =>
          present({ id, status, expiresAt: expiresAt?.getTime(), type, target }),
        )
      : undefined,
  })
}

const revisionView = (from: ServiceRevisionSummary): RevisionView =>
  present({
    revision: from.arn ?? '',
    requested: from.requestedTaskCount ?? 0,
    running: from.runningTaskCount ?? 0,
    pending: from.pendingTaskCount ?? 0,
    traffic: from.requestedProductionTrafficWeight,
  })

/** The same without members that are undefined, so that stored and fresh views compare equal. */
const present = <Members extends object>(members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Members
