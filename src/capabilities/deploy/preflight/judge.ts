// What stands in the way of a deployment, from its plan and from what was seen of its surroundings; pure.
import type { EnvironmentManifest, ServiceManifest } from '../../../manifest/environment.ts'
import { type Plan, type ServicePlan, TO_BE_BUILT } from '../plan.ts'
import type { Facts } from './facts.ts'
import { type Finding, finding } from './finding.ts'
import { judgeAccess } from './judge-access.ts'
import { judgePlace } from './judge-place.ts'
import { judgeRollout } from './judge-rollout.ts'
import { secretReferences } from './secret-reference.ts'

export interface Judging {
  plan: Pick<Plan, 'account' | 'region' | 'environment'>
  manifest: EnvironmentManifest
  services: readonly ServicePlan[]
  facts: Facts
  /** Whether images of kiban's own builder may run: somebody chose it by name. */
  processImages: boolean
}

export function judged(of: Judging): Finding[] {
  return [
    ...judgeClusters(of),
    ...of.services.flatMap((service) => [
      ...judgeImages(of, service),
      ...judgeSecrets(of, service),
      ...judgeLogs(of, service),
      ...judgeRollout(of, service),
    ]),
    ...judgeAccess(of),
    ...judgePlace(of),
  ]
}

function judgeClusters({ plan, services, facts }: Judging): Finding[] {
  const { clusters } = facts
  if ('hidden' in clusters) return []
  const at = `environments/${plan.environment}/cluster`
  const missing = new Set(services.map(({ cluster }) => cluster).filter((name) => !clusters.value.has(name)))
  const providers = services.flatMap(({ service, cluster, create }): Finding[] => {
    const there = clusters.value.get(cluster)
    if (!there) return []
    const wanted = create?.capacityProviderStrategy?.flatMap(({ capacityProvider }) => capacityProvider ?? []) ?? []
    const unknown = wanted.filter((provider) => !there.providers.includes(provider))
    const empty = create?.launchType === 'EC2' && there.instances === 0
    return [
      ...unknown.map((provider) => finding('capacity-unknown', { provider, cluster }, { service, at: 'capacity' })),
      ...(empty ? [finding('no-instances', {}, { service, at: 'capacity', severity: 'warning' })] : []),
    ]
  })
  return [...[...missing].map((cluster) => finding('cluster-missing', { cluster }, { at })), ...providers]
}

function judgeImages({ manifest, facts, processImages }: Judging, planned: ServicePlan): Finding[] {
  const { service, container, definition } = planned
  const wanted = `linux/${definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}`
  return (definition.containerDefinitions ?? []).flatMap(({ name, image = '' }): Finding[] => {
    const where = { service, at: name === container ? 'image' : `containers/${name}/image` }
    if (image.startsWith(TO_BE_BUILT)) {
      const { names, sidecars } = manifest.services[service] as ServiceManifest
      const repository = sidecars[name ?? '']?.repository ?? names.repository
      const there = facts.repositories.get(repository)
      const isMissing = there && 'value' in there && !there.value
      return isMissing ? [finding('repository-missing', { repository }, { service, at: 'names/repository' })] : []
    }
    const seen = facts.images.get(image)
    if (!seen || 'hidden' in seen) return []
    if (!seen.value) return [finding('image-missing', { image }, where)]
    const { platforms, builder } = seen.value
    const fits = platforms.length === 0 || platforms.includes(wanted)
    return [
      ...(fits ? [] : [finding('architecture', { image, wanted, found: platforms.join(', ') }, { service, at: 'architecture' })]),
      ...(builder === 'process' && !processImages ? [finding('process-image', { image }, where)] : []),
    ]
  })
}

function judgeSecrets({ plan, facts }: Judging, planned: ServicePlan): Finding[] {
  const { service } = planned
  return secretReferences(planned, plan).flatMap(({ kind, arn, name, variable }) => {
    const there = facts.secrets.get(arn)
    if (!there || 'hidden' in there || there.value) return []
    const where = { service, at: `secrets/${variable}` }
    return [kind === 'parameter' ? finding('parameter-missing', { name }, where) : finding('secret-missing', { name }, where)]
  })
}

function judgeLogs({ facts }: Judging, { service, definition }: ServicePlan): Finding[] {
  const groups = (definition.containerDefinitions ?? []).flatMap(({ logConfiguration }) => {
    const { 'awslogs-group': group, 'awslogs-create-group': create } = logConfiguration?.options ?? {}
    return logConfiguration?.logDriver === 'awslogs' && group !== undefined && create !== 'true' ? [group] : []
  })
  return [...new Set(groups)].flatMap((group) => {
    const there = facts.logGroups.get(group)
    if (!there || 'hidden' in there || there.value) return []
    return [finding('log-group-missing', { group }, { service, at: 'names/log_group' })]
  })
}
