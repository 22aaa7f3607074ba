// Making and removing networks, as far as a product's cloud is set up with it.
import type { IpPermission } from '@aws-sdk/client-ec2'
import { AwsError, type Cloud } from '../cloud.ts'
import type { Addresses } from './addresses.ts'
import { contains, overlaps, parsedCidr } from './cidr.ts'
import { subnetShape, vpcShape } from './describe.ts'
import {
  type Ec2Handlers,
  type Ec2Records,
  ec2Id,
  everywhere,
  groupAt,
  seedDefaultGroup,
  specifiedTags,
  subnetAt,
  tagList,
  vpcAt,
  zonesOf,
} from './records.ts'

/** https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const BLOCK_BITS = { least: 16, most: 28 }

export function makeHandlers(cloud: Cloud, kept: Ec2Records, addresses: Addresses): Ec2Handlers {
  return {
    CreateVpc(input) {
      const cidr = input.CidrBlock ?? ''
      block(cidr, 'InvalidVpc.Range')
      const id = ec2Id('vpc')
      const vpc = { id, cidr, isDefault: false, tags: specifiedTags(input.TagSpecifications, 'vpc') }
      kept.vpcs.set(id, vpc)
      seedDefaultGroup(kept, id)
      return { Vpc: vpcShape(cloud, vpc) }
    },
    DeleteVpc(input) {
      const vpc = vpcAt(kept, input.VpcId)
      const groups = [...kept.groups.values()].filter((group) => group.vpcId === vpc.id)
      const inUse =
        groups.some((group) => group.name !== 'default') || [...kept.subnets.values()].some((each) => each.vpcId === vpc.id)
      if (inUse) throw dependency(`The vpc '${vpc.id}' has dependencies and cannot be deleted.`)
      for (const group of groups) kept.groups.delete(group.id)
      kept.vpcs.delete(vpc.id)
      return {}
    },
    CreateSubnet(input) {
      const vpc = vpcAt(kept, input.VpcId)
      const cidr = input.CidrBlock ?? ''
      const wanted = block(cidr, 'InvalidSubnet.Range')
      const outer = parsedCidr(vpc.cidr)
      if (!outer || !contains(outer, wanted)) throw bad('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`)
      const taken = [...kept.subnets.values()].some((each) => {
        const other = parsedCidr(each.cidr)
        return each.vpcId === vpc.id && other !== undefined && overlaps(wanted, other)
      })
      if (taken) throw bad('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`)
      const zone = input.AvailabilityZone ?? zonesOf(cloud.region)[0] ?? ''
      if (!zonesOf(cloud.region).includes(zone)) {
        throw bad('InvalidParameterValue', `Value (${zone}) for parameter availabilityZone is invalid.`)
      }
      const id = ec2Id('subnet')
      const tags = specifiedTags(input.TagSpecifications, 'subnet')
      const subnet = { id, vpcId: vpc.id, cidr, zone, isDefault: false, publicAddresses: false, tags }
      kept.subnets.set(id, subnet)
      return { Subnet: subnetShape(cloud, subnet, addresses.free(id)) }
    },
    DeleteSubnet(input) {
      const subnet = subnetAt(kept, input.SubnetId)
      if ([...kept.interfaces.values()].some((each) => each.subnetId === subnet.id)) {
        throw dependency(`The subnet '${subnet.id}' has dependencies and cannot be deleted.`)
      }
      kept.subnets.delete(subnet.id)
      return {}
    },
    CreateSecurityGroup(input) {
      const name = input.GroupName ?? ''
      const vpc = input.VpcId === undefined ? [...kept.vpcs.values()].find((each) => each.isDefault) : vpcAt(kept, input.VpcId)
      if (!vpc) throw bad('VPCIdNotSpecified', 'No default VPC for this user')
      if ([...kept.groups.values()].some((group) => group.vpcId === vpc.id && group.name === name)) {
        throw bad('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc.id}'`)
      }
      const id = ec2Id('sg')
      const tags = specifiedTags(input.TagSpecifications, 'security-group')
      const description = input.Description ?? ''
      kept.groups.set(id, { id, vpcId: vpc.id, name, description, ingress: [], egress: everywhere(), tags })
      return {
        GroupId: id,
        Tags: tagList(tags),
        SecurityGroupArn: `arn:aws:ec2:${cloud.region}:${cloud.account}:security-group/${id}`,
      }
    },
    DeleteSecurityGroup(input) {
      const group = groupAt(kept, input.GroupId)
      if (group.name === 'default')
        throw bad('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`)
      kept.groups.delete(group.id)
      return { Return: true, GroupId: group.id }
    },
    AuthorizeSecurityGroupIngress(input) {
      const group = groupAt(kept, input.GroupId)
      const added = permissions(input)
      const known = new Set(group.ingress.map(permissionKey))
      const twice = added.find((each) => known.has(permissionKey(each)))
      if (twice) {
        throw bad('InvalidPermission.Duplicate', `the specified rule "${permissionText(twice)}" already exists`)
      }
      kept.groups.set(group.id, { ...group, ingress: [...group.ingress, ...added] })
      return { Return: true, SecurityGroupRules: added.map((each) => ruleShape(cloud, group.id, each)) }
    },
    AuthorizeSecurityGroupEgress(input) {
      const group = groupAt(kept, input.GroupId)
      const added = permissions(input)
      const known = new Set(group.egress.map(permissionKey))
      const twice = added.find((each) => known.has(permissionKey(each)))
      if (twice) throw bad('InvalidPermission.Duplicate', `the specified rule "${permissionText(twice)}" already exists`)
      kept.groups.set(group.id, { ...group, egress: [...group.egress, ...added] })
      return { Return: true, SecurityGroupRules: added.map((each) => ({ ...ruleShape(cloud, group.id, each), IsEgress: true })) }
    },
    RevokeSecurityGroupEgress(input) {
      const group = groupAt(kept, input.GroupId)
      const removed = new Set(permissions(input).map(permissionKey))
      kept.groups.set(group.id, { ...group, egress: group.egress.filter((each) => !removed.has(permissionKey(each))) })
      return { Return: true }
    },
    RevokeSecurityGroupIngress(input) {
      const group = groupAt(kept, input.GroupId)
      const removed = new Set(permissions(input).map(permissionKey))
      kept.groups.set(group.id, { ...group, ingress: group.ingress.filter((each) => !removed.has(permissionKey(each))) })
      return { Return: true }
    },
    CreateTags(input) {
      const given = Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
      for (const id of input.Resources ?? []) {
        if (id.startsWith('vpc-')) kept.vpcs.set(id, merged(vpcAt(kept, id), given))
        else if (id.startsWith('subnet-')) kept.subnets.set(id, merged(subnetAt(kept, id), given))
        else kept.groups.set(id, merged(groupAt(kept, id), given))
      }
      return {}
    },
  }
}

const bad = (code: string, message: string) => new AwsError(code, message, {}, 400)
const dependency = (message: string) => bad('DependencyViolation', message)

const merged = <T extends { tags: Record<string, string> }>(record: T, tags: Record<string, string>): T => ({
  ...record,
  tags: { ...record.tags, ...tags },
})

function block(cidr: string, code: string) {
  const parsed = parsedCidr(cidr)
  if (!parsed || parsed.bits < BLOCK_BITS.least || parsed.bits > BLOCK_BITS.most)
    throw bad(code, `The CIDR '${cidr}' is invalid.`)
  return parsed
}

interface PermissionInput {
  IpPermissions?: IpPermission[] | undefined
  IpProtocol?: string | undefined
  FromPort?: number | undefined
  ToPort?: number | undefined
  CidrIp?: string | undefined
}

/** One permission per source, the short form of a single rule included. */
function permissions(input: PermissionInput): IpPermission[] {
  const { IpProtocol, FromPort, ToPort, CidrIp } = input
  const short: IpPermission[] = CidrIp === undefined ? [] : [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }]
  return [...short, ...(input.IpPermissions ?? [])].flatMap((each) => {
    const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds: _, ...ports } = each
    return [
      ...IpRanges.map((range) => ({ ...ports, IpRanges: [range] })),
      ...Ipv6Ranges.map((range) => ({ ...ports, Ipv6Ranges: [range] })),
      ...UserIdGroupPairs.map((pair) => ({ ...ports, UserIdGroupPairs: [pair] })),
    ]
  })
}

const source = (each: IpPermission) =>
  each.IpRanges?.[0]?.CidrIp ?? each.Ipv6Ranges?.[0]?.CidrIpv6 ?? each.UserIdGroupPairs?.[0]?.GroupId ?? ''
const permissionKey = (each: IpPermission) => JSON.stringify([each.IpProtocol, each.FromPort, each.ToPort, source(each)])
const permissionText = (each: IpPermission) =>
  `peer: ${source(each)}, ${each.IpProtocol === '-1' ? 'ALL' : each.IpProtocol?.toUpperCase()}, from port: ${each.FromPort}, to port: ${each.ToPort}, ALLOW`

const ruleShape = (cloud: Cloud, groupId: string, each: IpPermission) => ({
  SecurityGroupRuleId: ec2Id('sgr'),
  GroupId: groupId,
  GroupOwnerId: cloud.account,
  IsEgress: false,
  IpProtocol: each.IpProtocol,
  FromPort: each.FromPort,
  ToPort: each.ToPort,
  CidrIpv4: each.IpRanges?.[0]?.CidrIp,
  CidrIpv6: each.Ipv6Ranges?.[0]?.CidrIpv6,
  Description: each.IpRanges?.[0]?.Description ?? each.Ipv6Ranges?.[0]?.Description ?? each.UserIdGroupPairs?.[0]?.Description,
})
