// What ended a rollout from outside its tasks: alarms, hooks, people, other deployments, time.
import { type Cause, causeOf, type EvidenceLine } from './cause.ts'
import type { RolloutEvidence } from './evidence.ts'
import { shownLine } from './log-lines.ts'

type EndingRule = (seen: RolloutEvidence) => Cause | undefined

/** In the order of their weight: the first that answers is what ended it. */
export const endingRules: EndingRule[] = [stopped, superseded, wentBackWithOther, alarmRang, hook]

function stopped(seen: RolloutEvidence): Cause | undefined {
  const { service, verdict, cancelledBy, view, failedSiblings } = seen
  if (cancelledBy !== undefined) {
    if (verdict === 'superseded' || verdict === 'rolled-back' || verdict === 'succeeded') return undefined
    return causeOf('stopped', { by: cancelledBy }, { service, evidence: statusEvidence(seen) })
  }
  const asked = /StopServiceDeployment request/i.test(view?.statusReason ?? '')
  if (!asked || failedSiblings.length > 0) return undefined
  return causeOf('stopped', { by: '' }, { service, evidence: statusEvidence(seen) })
}

function superseded(seen: RolloutEvidence): Cause | undefined {
  const { service, verdict } = seen
  return verdict === 'superseded' ? causeOf('superseded', { by: '' }, { service, evidence: statusEvidence(seen) }) : undefined
}

function wentBackWithOther(seen: RolloutEvidence): Cause | undefined {
  const { service, failedSiblings } = seen
  if (failedSiblings.length === 0) return undefined
  return causeOf('sibling', { services: failedSiblings.join(', ') }, { service, evidence: statusEvidence(seen) })
}

function alarmRang({ service, view }: RolloutEvidence): Cause | undefined {
  const rang = view?.alarms?.triggered ?? []
  if (rang.length === 0) return undefined
  const evidence = rang.map((name): EvidenceLine => ({ kind: 'alarm', text: 'ALARM', of: name }))
  return causeOf('alarm', { names: rang.join(', ') }, { service, evidence: [...evidence, ...status(view)] })
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html */
function hook({ service, view }: RolloutEvidence): Cause | undefined {
  const bad = view?.hooks?.find((one) => one.status === 'FAILED' || one.status === 'TIMED_OUT')
  const statusReason = view?.statusReason ?? ''
  if (!bad || !/lifecycle hook/i.test(statusReason)) return undefined
  const stage = /because (\w+) lifecycle hook/.exec(statusReason)?.[1] ?? view?.stage ?? '?'
  const name = bad.target?.split(':').at(-1) ?? bad.id ?? '?'
  const evidence: EvidenceLine[] = [{ kind: 'hook', text: `${bad.status}`, of: bad.target ?? bad.id }, ...status(view)]
  const parts = { service, subject: name, evidence }
  if (bad.type === 'PAUSE') {
    return bad.status === 'TIMED_OUT'
      ? causeOf('pause-expired', { stage }, { service, evidence })
      : causeOf('pause-declined', { stage }, { service, evidence })
  }
  return bad.status === 'TIMED_OUT'
    ? causeOf('hook-timed-out', { hook: name, stage }, parts)
    : causeOf('hook-failed', { hook: name, stage }, parts)
}

/** What may stand beside any cause. */
export function circumstances(seen: RolloutEvidence): Cause[] {
  const { service, view, verdict, declared } = seen
  const found: Cause[] = []
  if (isUnguarded(view))
    found.push(causeOf('alarms-ignored', { names: view.alarms.names.join(', ') }, { service, evidence: status(view) }))
  if (verdict === 'failed' && /No rollback candidate/i.test(view?.statusReason ?? ''))
    found.push(causeOf('nothing-to-go-back-to', {}, { service, evidence: status(view) }))
  if (verdict === 'timed-out') {
    const waiting = view?.status ?? 'PENDING'
    const late = causeOf('deadline', { minutes: String(declared.deadlineMinutes), waiting }, { service, evidence: status(view) })
    found.push(late)
  }
  return found
}

/** An alarm that rings when a deployment starts puts all of them out of action for it: SDK, DeploymentAlarms. */
export const isUnguarded = (view: RolloutEvidence['view']): view is NonNullable<RolloutEvidence['view']> & { alarms: object } =>
  view?.alarms?.status === 'DISABLED' && (view.status === 'IN_PROGRESS' || view.status === 'SUCCESSFUL') && !view.rollback

const statusEvidence = ({ view }: RolloutEvidence): EvidenceLine[] => status(view)

export function status(view: RolloutEvidence['view']): EvidenceLine[] {
  if (!view) return []
  const text = view.statusReason ? `${view.status}: ${shownLine(view.statusReason)}` : view.status
  return [{ kind: 'status', text, ...(view.endedAt === undefined ? {} : { at: view.endedAt }) }]
}
