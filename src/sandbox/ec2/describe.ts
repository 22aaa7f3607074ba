// What EC2 tells of networks.
import type { NetworkInterface, SecurityGroup, Subnet, Vpc } from '@aws-sdk/client-ec2'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import type { Addresses } from './addresses.ts'
import { type FilterFields, filtered } from './filters.ts'
import {
  type Ec2Handlers,
  type Ec2Records,
  groupAt,
  type InterfaceRecord,
  type SecurityGroupRecord,
  type SubnetRecord,
  subnetAt,
  tagList,
  type VpcRecord,
  vpcAt,
  zoneId,
  zonesOf,
} from './records.ts'

const PAGE_MAX = 1000

export function describeHandlers(cloud: Cloud, kept: Ec2Records, addresses: Addresses): Ec2Handlers {
  return {
    DescribeVpcs(input) {
      const asked = chosen(input.VpcIds, kept.vpcs.values(), (id) => vpcAt(kept, id))
      const { items, nextToken } = cut(filtered(asked, input.Filters, VPC_FIELDS), input)
      return { Vpcs: items.map((vpc) => vpcShape(cloud, vpc)), NextToken: nextToken }
    },
    DescribeSubnets(input) {
      const asked = chosen(input.SubnetIds, kept.subnets.values(), (id) => subnetAt(kept, id))
      const { items, nextToken } = cut(filtered(asked, input.Filters, SUBNET_FIELDS), input)
      return { Subnets: items.map((subnet) => subnetShape(cloud, subnet, addresses.free(subnet.id))), NextToken: nextToken }
    },
    DescribeSecurityGroups(input) {
      const named = (input.GroupNames ?? []).map((name) => {
        const found = [...kept.groups.values()].find((group) => group.name === name && kept.vpcs.get(group.vpcId)?.isDefault)
        if (!found)
          throw new AwsError('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC`, {}, 400)
        return found.id
      })
      const ids = [...(input.GroupIds ?? []), ...named]
      const asked = chosen(ids, kept.groups.values(), (id) => groupAt(kept, id))
      const { items, nextToken } = cut(filtered(asked, input.Filters, GROUP_FIELDS), input)
      return { SecurityGroups: items.map((group) => securityGroupShape(cloud, group)), NextToken: nextToken }
    },
    DescribeNetworkInterfaces(input) {
      const asked = chosen(input.NetworkInterfaceIds, kept.interfaces.values(), (id) => {
        const found = kept.interfaces.get(id)
        if (!found) {
          throw new AwsError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`, {}, 400)
        }
        return found
      }).map((each) => ({ ...each, vpcId: kept.subnets.get(each.subnetId)?.vpcId ?? '', tags: {} }))
      const { items, nextToken } = cut(filtered(asked, input.Filters, INTERFACE_FIELDS), input)
      const shown = items.map((each) => interfaceShape(cloud, each, kept.subnets.get(each.subnetId)?.zone))
      return { NetworkInterfaces: shown, NextToken: nextToken }
    },
    DescribeAvailabilityZones(input) {
      const asked = zonesOf(cloud.region).map((id) => ({ id, tags: {} }))
      const named = input.ZoneNames?.length ? asked.filter((zone) => input.ZoneNames?.includes(zone.id)) : asked
      const fields: FilterFields<{ id: string }> = {
        'zone-name': (zone) => zone.id,
        'zone-id': (zone) => zoneId(cloud.region, zone.id),
        'region-name': () => cloud.region,
        state: () => 'available',
        'zone-type': () => 'availability-zone',
        'opt-in-status': () => 'opt-in-not-required',
      }
      return {
        AvailabilityZones: filtered(named, input.Filters, fields).map(({ id }) => ({
          ZoneName: id,
          ZoneId: zoneId(cloud.region, id),
          RegionName: cloud.region,
          State: 'available',
          OptInStatus: 'opt-in-not-required',
          ZoneType: 'availability-zone',
          GroupName: cloud.region,
          NetworkBorderGroup: cloud.region,
          Messages: [],
        })),
      }
    },
  }
}

/** The records of the ids, in which each must exist, or all. */
function chosen<T>(ids: string[] | undefined, all: Iterable<T>, at: (id: string) => T): T[] {
  return ids?.length ? ids.map(at) : [...all]
}

function cut<T extends { id: string }>(records: T[], input: { MaxResults?: number | undefined; NextToken?: string | undefined }) {
  return page(
    sortedBy(records, (record) => record.id),
    (record) => record.id,
    {
      token: input.NextToken,
      size: Math.min(input.MaxResults ?? PAGE_MAX, PAGE_MAX),
      invalid: () => {
        throw new AwsError('InvalidNextToken', `The token '${input.NextToken}' is invalid`, {}, 400)
      },
    },
  )
}

const VPC_FIELDS: FilterFields<VpcRecord> = {
  'vpc-id': (vpc) => vpc.id,
  cidr: (vpc) => vpc.cidr,
  'cidr-block-association.cidr-block': (vpc) => vpc.cidr,
  'is-default': (vpc) => String(vpc.isDefault),
  isDefault: (vpc) => String(vpc.isDefault),
  state: () => 'available',
}

const SUBNET_FIELDS: FilterFields<SubnetRecord> = {
  'subnet-id': (subnet) => subnet.id,
  'vpc-id': (subnet) => subnet.vpcId,
  'availability-zone': (subnet) => subnet.zone,
  availabilityZone: (subnet) => subnet.zone,
  'cidr-block': (subnet) => subnet.cidr,
  cidr: (subnet) => subnet.cidr,
  cidrBlock: (subnet) => subnet.cidr,
  'default-for-az': (subnet) => String(subnet.isDefault),
  defaultForAz: (subnet) => String(subnet.isDefault),
  'map-public-ip-on-launch': (subnet) => String(subnet.publicAddresses),
  state: () => 'available',
}

const GROUP_FIELDS: FilterFields<SecurityGroupRecord> = {
  'group-id': (group) => group.id,
  'group-name': (group) => group.name,
  'vpc-id': (group) => group.vpcId,
  description: (group) => group.description,
  'ip-permission.cidr': (group) => group.ingress.flatMap((each) => (each.IpRanges ?? []).map((range) => range.CidrIp ?? '')),
  'ip-permission.protocol': (group) => group.ingress.map((each) => each.IpProtocol ?? ''),
}

const INTERFACE_FIELDS: FilterFields<InterfaceRecord & { vpcId: string }> = {
  'network-interface-id': (each) => each.id,
  'subnet-id': (each) => each.subnetId,
  'vpc-id': (each) => each.vpcId,
  'addresses.private-ip-address': (each) => each.address,
  'private-ip-address': (each) => each.address,
  'mac-address': (each) => each.macAddress,
  status: () => 'in-use',
}

export const vpcShape = (cloud: Cloud, vpc: VpcRecord): Vpc => ({
  VpcId: vpc.id,
  OwnerId: cloud.account,
  State: 'available',
  CidrBlock: vpc.cidr,
  CidrBlockAssociationSet: [
    {
      AssociationId: vpc.id.replace('vpc-', 'vpc-cidr-assoc-'),
      CidrBlock: vpc.cidr,
      CidrBlockState: { State: 'associated' },
    },
  ],
  IsDefault: vpc.isDefault,
  InstanceTenancy: 'default',
  DhcpOptionsId: 'default',
  Tags: tagList(vpc.tags),
})

export const subnetShape = (cloud: Cloud, subnet: SubnetRecord, free: number): Subnet => ({
  SubnetId: subnet.id,
  SubnetArn: `arn:aws:ec2:${cloud.region}:${cloud.account}:subnet/${subnet.id}`,
  OwnerId: cloud.account,
  VpcId: subnet.vpcId,
  State: 'available',
  CidrBlock: subnet.cidr,
  AvailabilityZone: subnet.zone,
  AvailabilityZoneId: zoneId(cloud.region, subnet.zone),
  AvailableIpAddressCount: free,
  DefaultForAz: subnet.isDefault,
  MapPublicIpOnLaunch: subnet.publicAddresses,
  AssignIpv6AddressOnCreation: false,
  Ipv6CidrBlockAssociationSet: [],
  Ipv6Native: false,
  PrivateDnsNameOptionsOnLaunch: {
    HostnameType: 'ip-name',
    EnableResourceNameDnsARecord: false,
    EnableResourceNameDnsAAAARecord: false,
  },
  Tags: tagList(subnet.tags),
})

const securityGroupShape = (cloud: Cloud, group: SecurityGroupRecord): SecurityGroup => ({
  GroupId: group.id,
  SecurityGroupArn: `arn:aws:ec2:${cloud.region}:${cloud.account}:security-group/${group.id}`,
  OwnerId: cloud.account,
  VpcId: group.vpcId,
  GroupName: group.name,
  Description: group.description,
  IpPermissions: group.ingress,
  IpPermissionsEgress: group.egress,
  Tags: tagList(group.tags),
})

const interfaceShape = (cloud: Cloud, each: InterfaceRecord & { vpcId: string }, zone: string | undefined): NetworkInterface => ({
  NetworkInterfaceId: each.id,
  OwnerId: cloud.account,
  SubnetId: each.subnetId,
  VpcId: each.vpcId,
  AvailabilityZone: zone,
  MacAddress: each.macAddress,
  PrivateIpAddress: each.address,
  PrivateIpAddresses: [{ PrivateIpAddress: each.address, Primary: true }],
  InterfaceType: 'interface',
  Status: 'in-use',
  SourceDestCheck: true,
  RequesterManaged: true,
  Groups: each.securityGroups.map((GroupId) => ({ GroupId })),
  TagSet: [],
})
