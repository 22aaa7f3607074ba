// Everything that can be known to go wrong, before anything is changed.
import type { AwsSession } from '../../../aws/session.ts'
import { preflight as text } from '../../../core/messages/preflight.ts'
import type { EnvironmentManifest } from '../../../manifest/environment.ts'
import type { Plan } from '../plan.ts'
import { type Facts, facts } from './facts.ts'
import { type Finding, type FindingSeverity, findingSeverities } from './finding.ts'
import { judged } from './judge.ts'
import { scheduleFindings } from './schedule-roles.ts'

/**
 * Looks at what the services of a plan need, and tells all that is wrong with it at once. What the caller may not look at
 * is told as not checked, and keeps nobody from deploying.
 */
export async function preflight(
  session: AwsSession,
  plan: Plan,
  manifest: EnvironmentManifest,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const services = plan.services.filter(({ action }) => action !== 'unchanged')
  const schedules = await scheduleFindings(session, plan, signal)
  if (services.length === 0) return schedules
  const seen = await facts(session, plan, manifest, services, signal)
  const processImages = environment.KIBAN_BUILDER === 'process'
  const findings = [...judged({ plan, manifest, services, facts: seen, processImages }), ...schedules, ...unchecked(seen)]
  const told = new Map(findings.map((one) => [`${one.title.en} ${one.service} ${one.place}`, one]))
  return [...told.values()].sort((a, b) => rank(a.severity) - rank(b.severity))
}

const rank = (severity: FindingSeverity): number => findingSeverities.indexOf(severity)

/** Each permission or place that was closed, once. */
function unchecked(seen: Facts): Finding[] {
  const looks = [
    seen.clusters,
    seen.subnets,
    seen.securityGroups,
    seen.alarms,
    ...[seen.images, seen.repositories, seen.roles, seen.secrets, seen.logGroups, seen.targetGroups].flatMap((each) => [
      ...each.values(),
    ]),
    ...[...seen.access.values()].map(({ answers }) => answers),
  ]
  const hidden = new Set(looks.flatMap((look) => ('hidden' in look ? [look.hidden] : [])))
  return [...hidden].map((what) => ({ severity: 'unchecked', title: text.notChecked(what) }))
}
