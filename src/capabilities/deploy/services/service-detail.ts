import { scalingRange } from '../../../aws/autoscaling.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { sharedLook } from '../../../aws/shared-look.ts'
import { differences } from '../differences.ts'
import type { DeployEngine } from '../engine.ts'
import { definitionOf } from '../survey.ts'
import type { Place } from './service-places.ts'
import { serviceRows, standing, targetsOf } from './service-rows.ts'
import type { NotSeen, ServiceDetail, ServiceRow } from './service-shapes.ts'
import { tasksNow } from './service-tasks.ts'
import { softly } from './softly.ts'
import { lastDefinitions, versionsOf } from './versions.ts'

const MOST_EVENTS = 30
const SCALING_FRESH_MS = 30_000

/** All that is known of one service. Throws `product.unknown`, `environment.unknown` and `deploy.service-unknown`. */
export async function serviceDetail(engine: DeployEngine, place: Place & { service: string }): Promise<ServiceDetail> {
  const { product, environment, service: name } = place
  const where = { product, environment }
  const of = await standing(engine, where, [name])
  const { session, live, notSeen } = of
  const service = live?.get(name)
  const [[row], [tasks], targets, definitions, scaling] = await Promise.all([
    serviceRows(engine, where, of),
    tasksNow(engine, where, of),
    targetsOf(session, service, notSeen),
    definitionsOf(engine, place, session, service?.taskDefinition, notSeen),
    service && scalingOf(session, of.services[0]?.names, notSeen),
  ])
  const events = (service?.events ?? [])
    .map(({ createdAt, message = '' }) => ({ at: createdAt?.getTime() ?? 0, message }))
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST_EVENTS)
  return {
    ...where,
    service: row as ServiceRow,
    tasks: tasks?.tasks ?? [],
    more: tasks?.more ?? 0,
    targets: targets ?? [],
    events,
    ...(scaling ? { scaling } : {}),
    definitions,
    notSeen,
  }
}

async function scalingOf(session: AwsSession, names: { cluster: string; service: string } | undefined, notSeen: NotSeen[]) {
  if (!names) return undefined
  const range = await softly(notSeen, 'application-autoscaling:DescribeScalableTargets', undefined, () =>
    sharedLook(session, `scaling ${names.cluster}/${names.service}`, SCALING_FRESH_MS, () =>
      scalingRange(session, names.cluster, names.service),
    ),
  )
  return range && { min: range.MinCapacity ?? 0, max: range.MaxCapacity ?? 0 }
}

/** The definition that runs beside the two that kiban brought there last. */
async function definitionsOf(
  { database }: DeployEngine,
  place: Place & { service: string },
  session: AwsSession,
  running: string | undefined,
  notSeen: NotSeen[],
): Promise<ServiceDetail['definitions']> {
  const last = await lastDefinitions(database, place, place.service)
  const versions = await versionsOf(database, place, [...(running ? [running] : []), ...last])
  // What is being rolled out runs before it has gone well; only what nobody here brought came from outside.
  const underWay = running !== undefined && !last.includes(running) && versions(running).deployment !== undefined
  const arns = underWay
    ? { live: running, deployed: running, before: last[0] }
    : { live: running, deployed: last[0], before: last[1] }
  const described = async (arn: string | undefined) =>
    arn === undefined ? undefined : softly(notSeen, 'ecs:DescribeTaskDefinition', undefined, () => definitionOf(session, arn))
  const [live, deployed, before] = await Promise.all([arns.live, arns.deployed, arns.before].map(described))
  const named = Object.entries(arns).flatMap(([name, arn]) => (arn === undefined ? [] : [[name, versions(arn)]]))
  // The last deployment is what both are held against: a later hand's work, and the one that it took the place of.
  const found = deployed ? differences(before ?? deployed, deployed, live ?? deployed) : []
  return {
    ...Object.fromEntries(named),
    differences: found.map(({ declared, ...rest }) => ({
      ...rest,
      ...(declared === undefined || !before ? {} : { before: declared }),
    })),
  }
}
