// Looks at the schedules and rules that a deployment may have to update; changes nothing.
import { clusterTargets } from '../../../aws/event-rules.ts'
import { schedulesOf } from '../../../aws/scheduler.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { KibanError } from '../../../core/error.ts'
import type { Queryable } from '../../../database/database.ts'
import type { EnvironmentManifest } from '../../../manifest/environment.ts'
import type { Account } from '../definition.ts'
import { clusterArn, type SchedulesSeen } from './schedule-plan.ts'
import { appliedSchedules } from './schedule-store.ts'

/**
 * Schedules are asked for only where there are any. Whoever may not look at rules deploys all the same: the rules, if there are
 * any, stay as they are.
 */
export async function surveyedSchedules(
  session: AwsSession,
  database: Queryable,
  { manifest, services, ...account }: { manifest: EnvironmentManifest; services: readonly string[] } & Account,
  signal?: AbortSignal,
): Promise<SchedulesSeen> {
  const applied = await appliedSchedules(database, manifest)
  const any = Object.keys(manifest.schedules).length > 0 || Object.keys(applied).length > 0
  const clusters = new Set(services.flatMap((name) => manifest.services[name]?.names.cluster ?? []))
  const [live, rules] = await Promise.all([
    any ? schedulesOf(session, manifest.names.schedules, signal) : new Map(),
    Promise.all([...clusters].map((cluster) => rulesOf(session, clusterArn(cluster, account), signal))),
  ])
  return { live: Object.fromEntries(live), rules: rules.flat(), applied }
}

async function rulesOf(session: AwsSession, cluster: string, signal: AbortSignal | undefined) {
  try {
    return await clusterTargets(session, cluster, signal)
  } catch (error) {
    if (error instanceof KibanError && error.kind === 'forbidden') return []
    throw error
  }
}
