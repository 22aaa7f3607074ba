// How the services of an environment stand now: few calls for all of them, and each shared by everybody who looks.
import type { Service } from '../../../aws/ecs-shapes.ts'
import { targetHealth } from '../../../aws/load-balancing.ts'
import { type Metric, type MetricPoint, metricMeans } from '../../../aws/metrics.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { sharedLook } from '../../../aws/shared-look.ts'
import type { EnvironmentManifest, ServiceManifest } from '../../../manifest/environment.ts'
import type { DeployEngine } from '../engine.ts'
import { liveServices } from '../survey.ts'
import { type Place, servicesOf, standingManifest } from './service-places.ts'
import type { NotSeen, ServiceHealth, ServiceList, ServiceRow, Target } from './service-shapes.ts'
import { softly } from './softly.ts'
import { type Versions, versionsOf } from './versions.ts'

export const FRESH_MS = 2_000
/** CloudWatch has one mean a minute, and each one that is asked for costs money. */
const METRICS_FRESH_MS = 30_000
const METRICS_SPAN_MS = 30 * 60_000
const METRICS_PERIOD_SECONDS = 60

/** What was seen in AWS of the services of an environment. */
export interface Standing {
  session: AwsSession
  manifest: EnvironmentManifest
  services: ServiceManifest[]
  /** By the manifest's names; undefined when it could not be looked at. */
  live: Map<string, Service> | undefined
  notSeen: NotSeen[]
}

/** Throws `product.unknown`, `environment.unknown` and `deploy.service-unknown`. */
export async function standing(engine: DeployEngine, place: Place, named: readonly string[] = []): Promise<Standing> {
  const manifest = await standingManifest(engine.database, place)
  const services = servicesOf(manifest, named)
  const all = servicesOf(manifest, [])
  const session = engine.aws(manifest.region)
  const notSeen: NotSeen[] = []
  // All of them together, so that a list and each page of it share one look.
  const key = `services ${all.map(({ names }) => `${names.cluster}/${names.service}`).join(' ')}`
  const live = await softly(notSeen, 'ecs:DescribeServices', undefined, () =>
    sharedLook(session, key, FRESH_MS, () => liveServices(session, all)),
  )
  return { session, manifest, services, live, notSeen }
}

/** Rows of the services that were asked for, in their order. */
export async function serviceRows(engine: DeployEngine, place: Place, of: Standing): Promise<ServiceRow[]> {
  const { services, live, notSeen } = of
  const found = services.map(({ name }) => live?.get(name))
  const definitions = found.flatMap((service) =>
    (service?.deployments ?? []).flatMap(({ taskDefinition = [] }) => taskDefinition),
  )
  const [versions, means, targets] = await Promise.all([
    versionsOf(engine.database, place, definitions),
    utilization(engine, of),
    Promise.all(found.map((service) => targetsOf(of.session, service, notSeen))),
  ])
  return services.map((service, at): ServiceRow => {
    const standing = found[at]
    const seen = targets[at]
    const healthy = seen?.filter(({ state }) => state === 'healthy').length ?? 0
    return {
      service: service.name,
      cluster: service.names.cluster,
      name: service.names.service,
      health: live ? healthOf(standing, seen) : 'unseen',
      desired: standing?.desiredCount ?? 0,
      running: standing?.runningCount ?? 0,
      pending: standing?.pendingCount ?? 0,
      versions: rowVersions(standing, versions),
      ...means[at],
      ...(seen ? { targets: { healthy, total: seen.filter(({ state }) => state !== 'draining').length } } : {}),
    }
  })
}

export async function listServices(engine: DeployEngine, place: Place): Promise<ServiceList> {
  const of = await standing(engine, place)
  const services = await serviceRows(engine, place, of)
  return { ...place, services, notSeen: of.notSeen }
}

function rowVersions(service: Service | undefined, versions: Versions): ServiceRow['versions'] {
  return (service?.deployments ?? [])
    .filter(({ status, runningCount = 0, pendingCount = 0 }) => status === 'PRIMARY' || runningCount + pendingCount > 0)
    .map(({ taskDefinition = '', desiredCount = 0, runningCount = 0, pendingCount = 0 }) => ({
      ...versions(taskDefinition),
      desired: desiredCount,
      running: runningCount,
      pending: pendingCount,
    }))
}

function healthOf(service: Service | undefined, targets: readonly Target[] | undefined): ServiceHealth {
  if (!service) return 'missing'
  const { desiredCount = 0, runningCount = 0, pendingCount = 0, deployments = [] } = service
  if (desiredCount === 0 && runningCount + pendingCount === 0) return 'stopped'
  const sick = targets?.some(({ state }) => state === 'unhealthy') ?? false
  // Tasks that never run, or never answer, while ECS tries on: that is trouble, not progress.
  const failing = deployments.some(({ failedTasks = 0 }) => failedTasks > 0)
  if (deployments.length > 1 || deployments[0]?.rolloutState === 'IN_PROGRESS') return failing ? 'short' : 'rolling'
  return runningCount < desiredCount || sick ? 'short' : 'good'
}

/** Every target of the groups that a service is in; undefined when it is in none, or they cannot be seen. */
export async function targetsOf(
  session: AwsSession,
  service: Service | undefined,
  notSeen: NotSeen[],
): Promise<Target[] | undefined> {
  const balancers = service?.loadBalancers ?? []
  const groups = balancers.flatMap(({ targetGroupArn = [], advancedConfiguration }) => [
    targetGroupArn,
    advancedConfiguration?.alternateTargetGroupArn ?? [],
  ])
  const arns = [...new Set(groups.flat())]
  if (arns.length === 0) return undefined
  return softly(notSeen, 'elasticloadbalancing:DescribeTargetHealth', undefined, async () =>
    (await Promise.all(arns.map((arn) => groupTargets(session, arn)))).flat(),
  )
}

const groupTargets = (session: AwsSession, arn: string): Promise<Target[]> =>
  sharedLook(session, `targets ${arn}`, FRESH_MS, async () =>
    (await targetHealth(session, arn)).map(({ Target: { Id = '', Port, AvailabilityZone } = {}, TargetHealth = {} }) => {
      const reason = TargetHealth.Description ?? TargetHealth.Reason
      return {
        id: Id,
        ...(Port === undefined ? {} : { port: Port }),
        ...(AvailabilityZone ? { zone: AvailabilityZone } : {}),
        state: TargetHealth.State ?? '',
        ...(reason ? { reason } : {}),
        // arn:aws:elasticloadbalancing:region:account:targetgroup/NAME/ID
        group: arn.split('/')[1] ?? arn,
      }
    }),
  )

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
async function utilization(
  { clock }: DeployEngine,
  { session, services, live, notSeen }: Standing,
): Promise<{ cpu?: MetricPoint[]; memory?: MetricPoint[] }[]> {
  const named = services.filter(({ name }) => live?.has(name))
  if (named.length === 0) return []
  const metrics = named.flatMap(({ names }) =>
    ['CPUUtilization', 'MemoryUtilization'].map(
      (name): Metric => ({
        namespace: 'AWS/ECS',
        name,
        dimensions: { ClusterName: names.cluster, ServiceName: names.service },
      }),
    ),
  )
  const key = `metrics ${named.map(({ names }) => `${names.cluster}/${names.service}`).join(' ')}`
  const to = clock.now()
  const span = { from: to - METRICS_SPAN_MS, to, periodSeconds: METRICS_PERIOD_SECONDS }
  const means = await softly(notSeen, 'cloudwatch:GetMetricData', [], () =>
    sharedLook(session, key, METRICS_FRESH_MS, () => metricMeans(session, metrics, span)),
  )
  return services.map((service) => {
    const at = named.indexOf(service)
    const [cpu = [], memory = []] = at < 0 ? [] : [means[2 * at], means[2 * at + 1]]
    return { ...(cpu.length > 0 ? { cpu } : {}), ...(memory.length > 0 ? { memory } : {}) }
  })
}
