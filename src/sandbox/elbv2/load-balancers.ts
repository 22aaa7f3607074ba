// Application Load Balancers, as the API makes and changes them.
import type { CreateLoadBalancerCommandInput, LoadBalancer } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type Cloud } from '../cloud.ts'
import { attributeList, loadBalancerAttributes, loadBalancerDefaults } from './attributes.ts'
import type { FrontEnds } from './front-ends.ts'
import { page } from './page.ts'
import { type ElbHandlers, elbArn, elbId, invalid, type LoadBalancerRecord, loadBalancerAt, type Records } from './records.ts'
import { tag, tagMap } from './tags.ts'
import { mustBeName } from './target-groups.ts'

/** Simulated time until a new load balancer is `active`; its listeners serve at once. */
const PROVISIONING_MS = 3000
/** Where every load balancer is reached: each listener has its own loopback port. */
const DNS_NAME = '127.0.0.1'

export function loadBalancerHandlers(cloud: Cloud, kept: Records, fronts: FrontEnds): ElbHandlers {
  const provisioning = new Set<string>()
  const shape = (record: LoadBalancerRecord) => loadBalancerShape(record, provisioning.has(record.arn))
  return {
    CreateLoadBalancer(input) {
      const made = newLoadBalancer(cloud, input)
      const tags = tagMap(input.Tags)
      const twin = [...kept.loadBalancers.values()].find((record) => record.name === made.name)
      if (twin && settings(twin) !== settings(made)) {
        throw new AwsError(
          'DuplicateLoadBalancerNameException',
          `A load balancer with the same name '${made.name}' exists, but with different settings`,
        )
      }
      if (twin) return { LoadBalancers: [shape(twin)] }
      kept.loadBalancers.set(made.arn, made)
      tag(kept, made.arn, tags)
      provisioning.add(made.arn)
      cloud.clock.after(PROVISIONING_MS, () => provisioning.delete(made.arn))
      return { LoadBalancers: [shape(made)] }
    },
    DescribeLoadBalancers(input) {
      const { items, NextMarker } = page(chosenLoadBalancers(kept, input), input)
      return { LoadBalancers: items.map(shape), NextMarker }
    },
    DeleteLoadBalancer(input) {
      const record = kept.loadBalancers.get(input.LoadBalancerArn ?? '')
      if (!record) return {}
      if (record.attributes['deletion_protection.enabled'] === 'true') {
        throw new AwsError(
          'OperationNotPermittedException',
          `Load balancer '${record.arn}' cannot be deleted because deletion protection is enabled`,
        )
      }
      for (const listener of [...kept.listeners.values()]) {
        if (listener.loadBalancerArn === record.arn) fronts.remove(listener.arn)
      }
      kept.loadBalancers.delete(record.arn)
      kept.tags.delete(record.arn)
      return {}
    },
    DescribeLoadBalancerAttributes(input) {
      return { Attributes: attributeList(loadBalancerAt(kept, input.LoadBalancerArn).attributes) }
    },
    ModifyLoadBalancerAttributes(input) {
      const record = loadBalancerAt(kept, input.LoadBalancerArn)
      const attributes = loadBalancerAttributes(record.attributes, input.Attributes)
      kept.loadBalancers.set(record.arn, { ...record, attributes })
      fronts.changed()
      return { Attributes: attributeList(attributes) }
    },
    SetSecurityGroups(input) {
      const record = loadBalancerAt(kept, input.LoadBalancerArn)
      const securityGroups = input.SecurityGroups ?? []
      mustBeSecurityGroups(cloud, securityGroups)
      kept.loadBalancers.set(record.arn, { ...record, securityGroups })
      return { SecurityGroupIds: securityGroups }
    },
  }
}

function newLoadBalancer(cloud: Cloud, input: CreateLoadBalancerCommandInput): LoadBalancerRecord {
  const name = input.Name ?? ''
  mustBeName('Load balancer', name)
  if (name.startsWith('internal-')) throw invalid(`Load balancer name '${name}' cannot begin with 'internal-'`)
  if ((input.Type ?? 'application') !== 'application') {
    throw new AwsError(
      'InvalidConfigurationRequestException',
      `The load balancer type '${input.Type}' is not simulated, only application`,
    )
  }
  const ids = [...(input.Subnets ?? []), ...(input.SubnetMappings ?? []).map((mapping) => mapping.SubnetId ?? '')]
  for (const id of ids) {
    if (!cloud.network.subnetExists(id)) throw new AwsError('SubnetNotFoundException', `The subnet ID '${id}' does not exist`)
  }
  const subnets = ids.map((id) => ({ id, zone: cloud.network.availabilityZone(id) }))
  if (new Set(subnets.map((subnet) => subnet.zone)).size < 2) {
    throw invalid('At least two subnets in two different Availability Zones must be specified')
  }
  if (new Set(subnets.map((subnet) => subnet.zone)).size < subnets.length) {
    throw new AwsError(
      'InvalidConfigurationRequestException',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    )
  }
  const vpcId = cloud.network.vpcOf(ids[0] ?? '') ?? ''
  if (ids.some((id) => cloud.network.vpcOf(id) !== vpcId)) {
    throw new AwsError('InvalidConfigurationRequestException', 'All subnets must belong to the same VPC')
  }
  const securityGroups = input.SecurityGroups ?? []
  mustBeSecurityGroups(cloud, securityGroups)
  const scheme = input.Scheme ?? 'internet-facing'
  const ipAddressType = input.IpAddressType ?? 'ipv4'
  if (scheme !== 'internet-facing' && scheme !== 'internal') throw invalid(`The scheme '${scheme}' is not valid`)
  if (ipAddressType !== 'ipv4' && ipAddressType !== 'dualstack')
    throw invalid(`The IP address type '${ipAddressType}' is not simulated`)
  return {
    arn: elbArn(cloud, `loadbalancer/app/${name}/${elbId()}`),
    name,
    scheme,
    vpcId,
    subnets,
    securityGroups,
    ipAddressType,
    createdAt: new Date(cloud.clock.now()),
    attributes: loadBalancerDefaults(),
  }
}

function mustBeSecurityGroups(cloud: Cloud, ids: string[]): void {
  for (const id of ids) {
    if (!cloud.network.securityGroupExists(id)) {
      throw new AwsError('InvalidSecurityGroupException', `Security group '${id}' does not exist`)
    }
  }
}

const settings = (record: LoadBalancerRecord) =>
  JSON.stringify([record.scheme, record.subnets, record.securityGroups, record.ipAddressType])

function chosenLoadBalancers(kept: Records, input: { LoadBalancerArns?: string[]; Names?: string[] }): LoadBalancerRecord[] {
  const all = [...kept.loadBalancers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (input.LoadBalancerArns?.length) return input.LoadBalancerArns.map((arn) => loadBalancerAt(kept, arn))
  if (!input.Names?.length) return all
  return input.Names.map((name) => {
    const found = all.find((record) => record.name === name)
    if (!found) throw new AwsError('LoadBalancerNotFoundException', `Load balancers '[${name}]' not found`)
    return found
  })
}

function loadBalancerShape(record: LoadBalancerRecord, provisioning: boolean): LoadBalancer {
  return {
    LoadBalancerArn: record.arn,
    LoadBalancerName: record.name,
    DNSName: DNS_NAME,
    CanonicalHostedZoneId: 'Z14GRHDCWA56QT',
    CreatedTime: record.createdAt,
    Scheme: record.scheme,
    VpcId: record.vpcId,
    State: { Code: provisioning ? 'provisioning' : 'active' },
    Type: 'application',
    IpAddressType: record.ipAddressType,
    SecurityGroups: record.securityGroups,
    AvailabilityZones: record.subnets.map(({ id, zone }) => ({ SubnetId: id, ZoneName: zone, LoadBalancerAddresses: [] })),
  }
}
