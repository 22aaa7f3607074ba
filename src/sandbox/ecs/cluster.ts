// Clusters, and the capacity providers that Fargate gives them.
import type { CapacityProviderStrategyItem, Cluster, ClusterField } from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { sortedBy } from '../page.ts'
import { ecsArn, lastPart, resourceOf } from './arn.ts'
import { type Context, clusterOf, type EcsHandlers, invalid, paged } from './context.ts'
import type { Engine } from './engine.ts'
import { instancesOf } from './instance-placement.ts'
import type { ClusterRecord } from './state.ts'
import { checkTags } from './tags.ts'

const DEFAULT_NAME = 'default'
const DEFAULT_SETTINGS = [{ name: 'containerInsights', value: 'disabled' }]
const DESCRIBED_AT_ONCE = 100
/** SDK, Cluster.statistics. */
const STATISTICS = [
  ...['runningEC2TasksCount', 'runningFargateTasksCount', 'pendingEC2TasksCount', 'pendingFargateTasksCount'],
  ...['activeEC2ServiceCount', 'activeFargateServiceCount', 'drainingEC2ServiceCount', 'drainingFargateServiceCount'],
]
const FARGATE_PROVIDERS = ['FARGATE', 'FARGATE_SPOT']

export function clusterOperations({ engine, history }: Context): EcsHandlers {
  const keep = (cluster: ClusterRecord) => {
    engine.clusters.set(cluster.name, cluster)
    history.note('cluster', cluster.name)
    return { cluster: withTags(engine, cluster) }
  }
  return {
    CreateCluster({
      clusterName = DEFAULT_NAME,
      settings,
      capacityProviders = [],
      defaultCapacityProviderStrategy = [],
      tags = [],
      configuration,
    }) {
      if (!/^[\w-]{1,255}$/.test(clusterName))
        throw invalid('Identifier can contain at most 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.')
      const existing = engine.clusters.get(clusterName)
      if (existing?.status === 'ACTIVE') return { cluster: withTags(engine, existing) }
      checkProviders(capacityProviders, defaultCapacityProviderStrategy)
      checkTags(tags)
      return keep({
        name: clusterName,
        arn: ecsArn(engine.cloud, `cluster/${clusterName}`),
        status: 'ACTIVE',
        settings: mergedSettings(DEFAULT_SETTINGS, settings),
        capacityProviders,
        defaultCapacityProviderStrategy,
        configuration,
        tags,
        createdAt: engine.clock.now(),
      })
    },

    DescribeClusters({ clusters = [DEFAULT_NAME], include = [] }) {
      if (clusters.length > DESCRIBED_AT_ONCE) throw invalid(`Clusters cannot have more than ${DESCRIBED_AT_ONCE} elements.`)
      const found: Cluster[] = []
      const failures: { arn: string; reason: string }[] = []
      for (const asked of clusters) {
        const name = lastPart(resourceOf(asked))
        const seen = history.seen<Cluster>('DescribeClusters', 'cluster', name)
        if (seen) found.push(included(engine, name, seen, include))
        else failures.push({ arn: ecsArn(engine.cloud, `cluster/${name}`), reason: 'MISSING' })
      }
      return { clusters: found, failures }
    },

    ListClusters(input) {
      const active = history.all<Cluster>('ListClusters', 'cluster').filter(({ value }) => value.status === 'ACTIVE')
      const arns = active.map(({ value }) => value.clusterArn ?? '')
      const { items, nextToken } = paged(sortedBy(arns, String), String, input, 100)
      return { clusterArns: items, nextToken }
    },

    UpdateCluster({ cluster, settings, configuration }) {
      const record = clusterOf(engine, cluster)
      return keep({
        ...record,
        settings: mergedSettings(record.settings, settings),
        configuration: configuration ?? record.configuration,
      })
    },

    UpdateClusterSettings({ cluster, settings }) {
      const record = clusterOf(engine, cluster)
      return keep({ ...record, settings: mergedSettings(record.settings, settings) })
    },

    PutClusterCapacityProviders({ cluster, capacityProviders = [], defaultCapacityProviderStrategy = [] }) {
      const record = clusterOf(engine, cluster)
      checkProviders(capacityProviders, defaultCapacityProviderStrategy)
      return keep({ ...record, capacityProviders, defaultCapacityProviderStrategy })
    },

    DeleteCluster({ cluster }) {
      const record = clusterOf(engine, cluster)
      if (instancesOf(engine, record.name).length > 0) {
        const why = 'The Cluster cannot be deleted while Container Instances are active or draining.'
        throw new AwsError('ClusterContainsContainerInstancesException', why)
      }
      if ([...engine.services.values()].some((each) => each.record.cluster === record.name)) {
        throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.')
      }
      if ([...engine.tasks.values()].some((each) => each.record.cluster === record.name)) {
        throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.')
      }
      return keep({ ...record, status: 'INACTIVE' })
    },

    DescribeCapacityProviders({ capacityProviders = FARGATE_PROVIDERS }) {
      const known = capacityProviders.map(lastPart).filter((name) => FARGATE_PROVIDERS.includes(name))
      const unknown = capacityProviders.filter((name) => !FARGATE_PROVIDERS.includes(lastPart(name)))
      return {
        capacityProviders: known.map((name) => {
          return { capacityProviderArn: ecsArn(engine.cloud, `capacity-provider/${name}`), name, status: 'ACTIVE', tags: [] }
        }),
        failures: unknown.map((name) => ({
          arn: ecsArn(engine.cloud, `capacity-provider/${lastPart(name)}`),
          reason: 'MISSING',
        })),
      }
    },
  }
}

/** A cluster as DescribeClusters shows it when nothing more is asked for. */
export function renderedCluster(engine: Engine, record: ClusterRecord): Cluster {
  let running = 0
  let pending = 0
  for (const task of engine.tasks.values()) {
    if (task.record.cluster !== record.name) continue
    if (task.record.lastStatus === 'RUNNING') running++
    else if (task.active) pending++
  }
  const services = [...engine.services.values()].filter((each) => each.record.cluster === record.name)
  return {
    clusterArn: record.arn,
    clusterName: record.name,
    status: record.status,
    registeredContainerInstancesCount: instancesOf(engine, record.name).length,
    runningTasksCount: running,
    pendingTasksCount: pending,
    activeServicesCount: services.filter((each) => each.record.status === 'ACTIVE').length,
    statistics: [],
    tags: [],
    settings: [],
    capacityProviders: record.capacityProviders,
    defaultCapacityProviderStrategy: record.defaultCapacityProviderStrategy,
  }
}

function withTags(engine: Engine, record: ClusterRecord): Cluster {
  return { ...renderedCluster(engine, record), tags: record.tags, settings: settingsOf(record) }
}

function included(engine: Engine, name: string, cluster: Cluster, include: ClusterField[]): Cluster {
  const record = engine.clusters.get(name)
  if (!record) return cluster
  return {
    ...cluster,
    tags: include.includes('TAGS') ? record.tags : [],
    settings: include.includes('SETTINGS') ? settingsOf(record) : [],
    configuration: include.includes('CONFIGURATIONS') ? record.configuration : undefined,
    statistics: include.includes('STATISTICS') ? statistics(engine, name) : [],
  }
}

function statistics(engine: Engine, name: string) {
  const counts = new Map<string, number>()
  const count = (statistic: string) => counts.set(statistic, (counts.get(statistic) ?? 0) + 1)
  const kind = (launchType: string | undefined) => (launchType === 'EC2' ? 'EC2' : 'Fargate')
  for (const { active, record } of engine.tasks.values()) {
    if (record.cluster !== name) continue
    if (record.lastStatus === 'RUNNING') count(`running${kind(record.launchType)}TasksCount`)
    else if (active) count(`pending${kind(record.launchType)}TasksCount`)
  }
  for (const { record } of engine.services.values()) {
    const launchType = engine.revisionRecords.get(record.revision)?.spec.launchType
    if (record.cluster === name) count(`${record.status === 'ACTIVE' ? 'active' : 'draining'}${kind(launchType)}ServiceCount`)
  }
  return STATISTICS.map((statistic) => ({ name: statistic, value: String(counts.get(statistic) ?? 0) }))
}

const settingsOf = (record: ClusterRecord): Cluster['settings'] =>
  record.settings.map(({ value }) => ({ name: 'containerInsights', value }))

function mergedSettings(old: ClusterRecord['settings'], settings: Cluster['settings']): ClusterRecord['settings'] {
  const merged = new Map(old.map(({ name, value }) => [name, value]))
  for (const { name, value } of settings ?? []) {
    if (name !== 'containerInsights') throw invalid(`Invalid setting name: ${name}`)
    if (!['enabled', 'disabled', 'enhanced'].includes(value ?? '')) throw invalid(`Invalid setting value: ${value}`)
    merged.set(name, value ?? '')
  }
  return [...merged].map(([name, value]) => ({ name, value }))
}

function checkProviders(providers: string[], strategy: CapacityProviderStrategyItem[]): void {
  const unknown = providers.find((name) => !FARGATE_PROVIDERS.includes(name))
  if (unknown !== undefined)
    throw invalid('The specified capacity provider was not found. Specify a valid name or ARN and try again.')
  const foreign = strategy.find(({ capacityProvider = '' }) => !providers.includes(capacityProvider))
  if (foreign)
    throw invalid(
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
    )
}
