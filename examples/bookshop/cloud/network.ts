// A VPC per environment with two private and two public subnets, and a security group per service. An account of AWS
// also wants gateways and routes, which are not this example's subject: give a VPC of this Name tag to use your own.
import type { Filter, ResourceType } from '@aws-sdk/client-ec2'
import type { EnvironmentManifest } from '../../../src/manifest/environment.ts'
import type { Clients } from './clients.ts'
import type { Made } from './made.ts'

export interface Network {
  vpc: string
  /** Ids, in two zones. */
  publicSubnets: string[]
  balancerGroup: string
  made: Made[]
}

/** The first two numbers of an environment's addresses: networks that never meet. */
const blocks: Record<string, string> = { staging: '172.28', production: '172.27' }
const OTHER_BLOCK = '172.26'

export async function makeNetwork(clients: Clients, environment: EnvironmentManifest): Promise<Network> {
  const { ec2 } = clients
  const made: Made[] = []
  const block = blocks[environment.environment] ?? OTHER_BLOCK
  const found = <Item>(kind: string, name: string, isNew: boolean, item: Item | undefined): Item => {
    if (item === undefined) throw new Error(`${kind} ${name} could not be made`)
    made.push({ kind, name, isNew })
    return item
  }

  const vpcName = environment.names.vpc
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: byName(vpcName) })
  const vpc =
    Vpcs[0]?.VpcId ?? (await ec2.createVpc({ CidrBlock: `${block}.0.0/16`, TagSpecifications: named('vpc', vpcName) })).Vpc?.VpcId
  const vpcId = found('vpc', vpcName, Vpcs.length === 0, vpc)

  const { AvailabilityZones = [] } = await ec2.describeAvailabilityZones({})
  const zones = AvailabilityZones.slice(0, 2).flatMap((zone) => zone.ZoneName ?? [])
  const subnet = async (access: 'private' | 'public', index: number) => {
    const name = `${vpcName}-${access}-${zones[index]?.at(-1)}`
    const { Subnets = [] } = await ec2.describeSubnets({ Filters: [...byName(name), { Name: 'vpc-id', Values: [vpcId] }] })
    const third = (access === 'public' ? 0 : 10) + index
    const id =
      Subnets[0]?.SubnetId ??
      (
        await ec2.createSubnet({
          VpcId: vpcId,
          CidrBlock: `${block}.${third}.0/24`,
          AvailabilityZone: zones[index],
          TagSpecifications: named('subnet', name),
        })
      ).Subnet?.SubnetId
    return found('subnet', name, Subnets.length === 0, id)
  }
  const publicSubnets: string[] = []
  for (const [index] of zones.entries()) {
    await subnet('private', index)
    publicSubnets.push(await subnet('public', index))
  }

  const group = async (
    name: string,
    description: string,
    open: { port: number; from: { cidr: string } | { group: string } } | undefined,
  ) => {
    const Filters = [
      { Name: 'group-name', Values: [name] },
      { Name: 'vpc-id', Values: [vpcId] },
    ]
    const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ Filters })
    const there = SecurityGroups[0]?.GroupId
    const id = there ?? (await ec2.createSecurityGroup({ GroupName: name, Description: description, VpcId: vpcId })).GroupId
    const made = found('security group', name, there === undefined, id)
    if (there === undefined && open) {
      const source =
        'cidr' in open.from ? { IpRanges: [{ CidrIp: open.from.cidr }] } : { UserIdGroupPairs: [{ GroupId: open.from.group }] }
      const permission = { IpProtocol: 'tcp', FromPort: open.port, ToPort: open.port, ...source }
      await ec2.authorizeSecurityGroupIngress({ GroupId: made, IpPermissions: [permission] })
    }
    return made
  }
  const balancer = `${environment.product}-${environment.environment}`
  const balancerGroup = await group(balancer, 'Load balancer', { port: 80, from: { cidr: '0.0.0.0/0' } })
  for (const { name, names, ports } of Object.values(environment.services)) {
    const port = ports[0]?.port
    await group(
      names.securityGroup,
      `Tasks of ${name}`,
      port === undefined ? undefined : { port, from: { group: balancerGroup } },
    )
  }
  return { vpc: vpcId, publicSubnets, balancerGroup, made }
}

const byName = (name: string): Filter[] => [{ Name: 'tag:Name', Values: [name] }]
const named = (ResourceType: ResourceType, name: string) => [{ ResourceType, Tags: [{ Key: 'Name', Value: name }] }]
