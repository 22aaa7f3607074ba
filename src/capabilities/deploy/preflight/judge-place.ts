// Networks and load balancers: whether they are there, fit each other, and have room for the tasks of the rollout.
import type { ServicePlan } from '../plan.ts'
import type { TargetGroupFacts } from './facts.ts'
import { type Finding, finding } from './finding.ts'
import type { Judging } from './judge.ts'

export function judgePlace(of: Judging): Finding[] {
  return [...of.services.flatMap((service) => [...judgeNetwork(of, service), ...judgeTargets(of, service)]), ...judgeRoom(of)]
}

function judgeNetwork({ facts }: Judging, { service, place }: ServicePlan): Finding[] {
  const { subnets: ids = [], securityGroups: groups = [] } = place.network?.awsvpcConfiguration ?? {}
  const { subnets, securityGroups } = facts
  const at = 'network/subnets'
  const none = place.missing.subnets
  const gone = 'value' in subnets ? ids.filter((id) => !subnets.value.has(id)) : []
  const closed = 'value' in securityGroups ? groups.filter((id) => !securityGroups.value.has(id)) : []
  return [
    ...(none === undefined ? [] : [finding('network-missing', { looked: none }, { service, at })]),
    ...(gone.length > 0 ? [finding('network-missing', { looked: gone.join(', ') }, { service, at })] : []),
    ...closed.map((group) => finding('security-group-missing', { group }, { service, at: 'network/security_groups' })),
  ]
}

function judgeTargets({ facts }: Judging, planned: ServicePlan): Finding[] {
  const { service, place } = planned
  const where = { service, at: 'names/target_group' }
  const missing = place.missing.targetGroups.map((name) => finding('target-group-missing', { name }, where))
  const vpcs = 'value' in facts.subnets ? vpcsOf(planned, facts.subnets.value) : new Set<string>()
  const others = place.targetGroups.flatMap((arn, index): Finding[] => {
    const seen = facts.targetGroups.get(arn)
    if (!seen || 'hidden' in seen) return []
    if (!seen.value) return [finding('target-group-missing', { name: arn }, where)]
    const { name, balanced } = seen.value
    const misfit = misfitOf(seen.value, planned, vpcs)
    // ECS itself puts the other group of a traffic shift behind the listener.
    const idle = !balanced && index === 0 && planned.action === 'create'
    return [
      ...(misfit ? [finding('target-group-unfit', { name, ...misfit }, where)] : []),
      ...(idle ? [finding('target-group-idle', { name }, where)] : []),
    ]
  })
  return [...missing, ...others]
}

function vpcsOf({ place }: ServicePlan, subnets: ReadonlyMap<string, { vpc: string }>): Set<string> {
  const ids = place.network?.awsvpcConfiguration?.subnets ?? []
  return new Set(ids.flatMap((id) => subnets.get(id)?.vpc ?? []))
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html */
function misfitOf(
  { type, protocol, vpc }: TargetGroupFacts,
  { definition, container }: ServicePlan,
  vpcs: ReadonlySet<string>,
): { found: string; wanted: string } | undefined {
  const target = (definition.networkMode ?? 'bridge') === 'awsvpc' ? 'ip' : 'instance'
  if (type !== target) return { found: `of target type ${type}`, wanted: target }
  const [own] = definition.containerDefinitions?.find(({ name }) => name === container)?.portMappings ?? []
  const udp = own?.protocol === 'udp'
  if (udp !== /UDP|QUIC/.test(protocol) && protocol !== 'TCP_UDP') return { found: protocol, wanted: udp ? 'UDP' : 'HTTP or TCP' }
  if (vpcs.size > 0 && vpc !== '' && !vpcs.has(vpc)) return { found: `in ${vpc}`, wanted: [...vpcs].join(', ') }
  return undefined
}

/** Whether the subnets have an address for each task that the rollouts may run beside the old ones. */
function judgeRoom({ services, facts }: Judging): Finding[] {
  const { subnets } = facts
  if ('hidden' in subnets) return []
  const shared = Map.groupBy(
    services.filter(({ action }) => action === 'create' || action === 'update'),
    ({ place }) => (place.network?.awsvpcConfiguration?.subnets ?? []).toSorted().join(', '),
  )
  return [...shared].flatMap(([names, members]) => {
    const ids = names.split(', ').filter((id) => subnets.value.has(id))
    if (ids.length === 0) return []
    const free = ids.reduce((sum, id) => sum + (subnets.value.get(id)?.free ?? 0), 0)
    const wanted = members.reduce((sum, planned) => sum + extraTasks(planned), 0)
    if (free >= wanted) return []
    return members.map(({ service }) =>
      finding(
        'few-addresses',
        { free: String(free), wanted: String(wanted), subnets: ids.join(', ') },
        { service, at: 'network/subnets', severity: free === 0 ? 'problem' : 'warning' },
      ),
    )
  })
}

function extraTasks({ action, place, settings }: ServicePlan): number {
  const { strategy = 'ROLLING', maximumPercent = 200 } = settings.deploymentConfiguration ?? {}
  if (action === 'create' || strategy !== 'ROLLING') return place.count
  return Math.max(0, Math.floor((place.count * maximumPercent) / 100) - place.count)
}
