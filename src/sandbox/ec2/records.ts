import { randomBytes } from 'node:crypto'
import type { IpPermission, Tag, TagSpecification } from '@aws-sdk/client-ec2'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'

export type Ec2Handlers = Handlers<typeof import('@aws-sdk/client-ec2')>

export interface VpcRecord {
  id: string
  cidr: string
  isDefault: boolean
  tags: Record<string, string>
}

export interface SubnetRecord {
  id: string
  vpcId: string
  cidr: string
  zone: string
  isDefault: boolean
  publicAddresses: boolean
  tags: Record<string, string>
}

export interface SecurityGroupRecord {
  id: string
  vpcId: string
  name: string
  description: string
  ingress: IpPermission[]
  egress: IpPermission[]
  tags: Record<string, string>
}

export interface InterfaceRecord {
  id: string
  subnetId: string
  address: string
  macAddress: string
  securityGroups: string[]
}

export interface Ec2Records {
  vpcs: Table<VpcRecord>
  subnets: Table<SubnetRecord>
  groups: Table<SecurityGroupRecord>
  interfaces: Table<InterfaceRecord>
}

export const ec2Records = (cloud: Cloud): Ec2Records => ({
  vpcs: cloud.table('ec2/vpcs'),
  subnets: cloud.table('ec2/subnets'),
  groups: cloud.table('ec2/security-groups'),
  interfaces: cloud.table('ec2/network-interfaces'),
})

export const ec2Id = (prefix: string): string => `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`

/** The zones that new accounts see. */
export function zonesOf(region: string): string[] {
  return (region === 'ap-northeast-1' ? ['a', 'c', 'd'] : ['a', 'b', 'c']).map((letter) => region + letter)
}

/** The id of a zone, the same in every account: `apne1-az4`. The numbers are the sandbox's own. */
export function zoneId(region: string, zone: string): string {
  const [area = '', direction = '', number = ''] = region.split('-')
  const short = direction
    .replace('north', 'n')
    .replace('south', 's')
    .replace('east', 'e')
    .replace('west', 'w')
    .replace('central', 'c')
  return `${area}${short}${number}-az${zonesOf(region).indexOf(zone) + 1}`
}

export const tagList = (tags: Record<string, string>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

export function specifiedTags(specifications: TagSpecification[] | undefined, type: string): Record<string, string> {
  const tags = (specifications ?? []).filter((each) => each.ResourceType === type).flatMap((each) => each.Tags ?? [])
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}

/** Makes the VPC that every account begins with, unless this account has one. */
export function seedDefaultVpc(cloud: Cloud, kept: Ec2Records): void {
  if (kept.vpcs.size > 0) return
  const vpcId = ec2Id('vpc')
  kept.vpcs.set(vpcId, { id: vpcId, cidr: '172.31.0.0/16', isDefault: true, tags: {} })
  zonesOf(cloud.region).forEach((zone, at) => {
    const id = ec2Id('subnet')
    const cidr = `172.31.${at * 16}.0/20`
    kept.subnets.set(id, { id, vpcId, cidr, zone, isDefault: true, publicAddresses: true, tags: {} })
  })
  seedDefaultGroup(kept, vpcId)
}

export function seedDefaultGroup(kept: Ec2Records, vpcId: string): void {
  const id = ec2Id('sg')
  const ingress: IpPermission[] = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id }] }]
  const record = {
    id,
    vpcId,
    name: 'default',
    description: 'default VPC security group',
    ingress,
    egress: everywhere(),
    tags: {},
  }
  kept.groups.set(id, record)
}

/** What a new group lets out. */
export const everywhere = (): IpPermission[] => [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]

export function vpcAt(kept: Ec2Records, id: string | undefined): VpcRecord {
  const found = kept.vpcs.get(id ?? '')
  if (!found) throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`, {}, 400)
  return found
}

export function subnetAt(kept: Ec2Records, id: string | undefined): SubnetRecord {
  const found = kept.subnets.get(id ?? '')
  if (!found) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`, {}, 400)
  return found
}

export function groupAt(kept: Ec2Records, id: string | undefined): SecurityGroupRecord {
  const found = kept.groups.get(id ?? '')
  if (!found) throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`, {}, 400)
  return found
}
