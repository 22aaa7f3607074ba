// Looks at what stands in AWS where a deployment will act; changes nothing.
import { describeDefinition } from '../../aws/ecs-definitions.ts'
import { describeServices } from '../../aws/ecs-services.ts'
import type { NetworkConfiguration, Service, TaskDefinition } from '../../aws/ecs-shapes.ts'
import { regionOf } from '../../aws/identity.ts'
import { targetGroup } from '../../aws/load-balancing.ts'
import { securityGroups, subnets } from '../../aws/network.ts'
import type { AwsSession } from '../../aws/session.ts'
import type { EnvironmentManifest, ServiceManifest } from '../../manifest/environment.ts'
import type { FoundService, Survey } from './plan.ts'
import type { Surroundings } from './service-settings.ts'

/** Looks at the services, and at what a missing one would stand in. */
export async function surveyed(
  session: AwsSession,
  { manifest, account }: { manifest: EnvironmentManifest; account: string },
  services: readonly string[],
  signal?: AbortSignal,
): Promise<Survey> {
  const region = manifest.region ?? (await regionOf(session))
  const wanted = services.map((name) => manifest.services[name] as ServiceManifest)
  const live = await liveServices(session, wanted, signal)
  const found = await Promise.all(
    wanted.map(async (service): Promise<[string, FoundService]> => {
      const standing = live.get(service.name)
      if (standing) {
        const definition = standing.taskDefinition && (await definitionOf(session, standing.taskDefinition, signal))
        const network = standing.networkConfiguration ?? {}
        const missing = { targetGroups: [], subnets: undefined }
        const surroundings = { account, region, network, targetGroup: undefined, alternateTargetGroup: undefined, missing }
        return [service.name, { live: { service: standing, definition: definition || undefined }, surroundings }]
      }
      const siblings = [...live.values()]
      return [
        service.name,
        {
          live: undefined,
          surroundings: await surroundingsOf(session, manifest, service, siblings, { account, region }, signal),
        },
      ]
    }),
  )
  return { account, region, services: Object.fromEntries(found) }
}

/** The services that stand, by the manifest's names; one call for each ten of a cluster. */
export async function liveServices(
  session: AwsSession,
  services: readonly ServiceManifest[],
  signal?: AbortSignal,
): Promise<Map<string, Service>> {
  const clusters = Map.groupBy(services, (service) => service.names.cluster)
  const live = new Map<string, Service>()
  await Promise.all(
    [...clusters].map(async ([cluster, members]) => {
      const names = members.map((service) => service.names.service)
      const standing = await describeServices(session, cluster, names, signal)
      for (const service of members) {
        const found = standing.get(service.names.service)
        if (found) live.set(service.name, found)
      }
    }),
  )
  return live
}

const definitions = new WeakMap<AwsSession, Map<string, TaskDefinition>>()

/** A revision never changes, so each is asked for once. */
export async function definitionOf(session: AwsSession, arn: string, signal?: AbortSignal): Promise<TaskDefinition | undefined> {
  const known = definitions.get(session) ?? new Map<string, TaskDefinition>()
  definitions.set(session, known)
  const definition = known.get(arn) ?? (await describeDefinition(session, arn, signal))
  if (definition) known.set(arn, definition)
  return definition
}

async function surroundingsOf(
  session: AwsSession,
  manifest: EnvironmentManifest,
  service: ServiceManifest,
  siblings: readonly Service[],
  where: { account: string; region: string },
  signal?: AbortSignal,
): Promise<Surroundings> {
  const missing: Surroundings['missing'] = { targetGroups: [], subnets: undefined }
  const arnOf = async (wanted: boolean, name: string) => {
    const arn = wanted ? (await targetGroup(session, name, signal))?.TargetGroupArn : undefined
    if (wanted && arn === undefined) missing.targetGroups.push(name)
    return arn
  }
  const [network, group, alternate] = await Promise.all([
    networkOf(session, manifest, service, siblings, missing, signal),
    arnOf(service.balanced, service.names.targetGroup),
    arnOf(service.balanced && service.deploy.strategy !== 'rolling', service.names.alternateTargetGroup),
  ])
  return { ...where, network, targetGroup: group, alternateTargetGroup: alternate, missing }
}

/**
 * Where a new service's tasks stand: what the manifest says; else subnets named `{vpc}-private…` and the security group
 * of the service's name; else what a service beside it has.
 */
async function networkOf(
  session: AwsSession,
  manifest: EnvironmentManifest,
  service: ServiceManifest,
  siblings: readonly Service[],
  missing: Surroundings['missing'],
  signal?: AbortSignal,
): Promise<NetworkConfiguration> {
  const sibling = siblings.find((one) => one.networkConfiguration)?.networkConfiguration?.awsvpcConfiguration
  const named = service.network.subnets ?? [`${manifest.names.vpc}-private*`]
  const foundSubnets = await subnetIds(session, named, signal)
  const chosenSubnets = foundSubnets.length > 0 ? foundSubnets : (sibling?.subnets ?? [])
  const groups = await securityGroupIds(session, service.network.securityGroups ?? [service.names.securityGroup], signal)
  const chosenGroups = groups.length > 0 ? groups : (sibling?.securityGroups ?? [])
  if (chosenSubnets.length === 0) missing.subnets = named.join(', ')
  return {
    awsvpcConfiguration: {
      subnets: chosenSubnets,
      ...(chosenGroups.length > 0 ? { securityGroups: chosenGroups } : {}),
      assignPublicIp: service.network.publicIp ? 'ENABLED' : 'DISABLED',
    },
  }
}

async function subnetIds(session: AwsSession, idsOrNames: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const names = idsOrNames.filter((one) => !one.startsWith('subnet-'))
  const found = names.length > 0 ? await subnets(session, [{ Name: 'tag:Name', Values: names }], signal) : []
  const ids = found.flatMap((subnet) => subnet.SubnetId ?? []).sort()
  return [...idsOrNames.filter((one) => one.startsWith('subnet-')), ...ids]
}

async function securityGroupIds(session: AwsSession, idsOrNames: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const names = idsOrNames.filter((one) => !one.startsWith('sg-'))
  const found = names.length > 0 ? await securityGroups(session, [{ Name: 'group-name', Values: names }], signal) : []
  const ids = found.flatMap((group) => group.GroupId ?? []).sort()
  return [...idsOrNames.filter((one) => one.startsWith('sg-')), ...ids]
}
