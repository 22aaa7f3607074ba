// Whether EventBridge Scheduler could start what a deployment schedules.
import type { AwsSession } from '../../../aws/session.ts'
import { preflight as text } from '../../../core/messages/preflight.ts'
import type { Plan } from '../plan.ts'
import { roleFacts } from './facts.ts'
import { type Finding, finding } from './finding.ts'

const SCHEDULER = 'scheduler.amazonaws.com'

export async function scheduleFindings(session: AwsSession, { schedules = [] }: Plan, signal?: AbortSignal): Promise<Finding[]> {
  const brought = schedules.flatMap(({ schedule, action, settings }) =>
    settings && action !== 'unchanged' ? [{ schedule, role: settings.role }] : [],
  )
  const roles = await roleFacts(session, [...new Set(brought.map(({ role }) => role))], SCHEDULER, signal)
  return [...roles].flatMap(([arn, there]): Finding[] => {
    if ('hidden' in there) return [{ severity: 'unchecked', title: text.notChecked(there.hidden) }]
    if (there.value?.trusted) return []
    const role = arn.split('/').at(-1) ?? arn
    const of = brought.find((one) => one.role === arn)
    const at = `schedules/${of?.schedule}/role`
    return [finding(there.value ? 'role-unusable' : 'role-missing', { role, principal: SCHEDULER }, { at })]
  })
}
