// What security groups let through. Rules only allow; whatever no rule of any group names is dropped without an answer.
// https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
import type { IpPermission } from '@aws-sdk/client-ec2'
import type { Ec2Records, InterfaceRecord, SecurityGroupRecord } from './records.ts'

const ALL = '-1'
const TCP = new Set(['tcp', '6'])
const LAST_PORT = 65_535

/** Whether a rule is about TCP at a port. */
export function covers({ IpProtocol = ALL, FromPort = 0, ToPort = LAST_PORT }: IpPermission, port: number): boolean {
  return IpProtocol === ALL || (TCP.has(IpProtocol) && FromPort <= port && port <= ToPort)
}

/** Whether a rule lets members of these groups in. Where their addresses lie is not known, so any range may hold them. */
export function isFrom(
  { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] }: IpPermission,
  groups: readonly string[],
): boolean {
  return IpRanges.length + Ipv6Ranges.length > 0 || UserIdGroupPairs.some(({ GroupId = '' }) => groups.includes(GroupId))
}

/** The group that a network interface gets when none is named: the default one of its VPC. */
export function defaultGroups(kept: Ec2Records, subnetId: string): string[] {
  const vpcId = kept.subnets.get(subnetId)?.vpcId
  return [...kept.groups.values()].filter((group) => group.vpcId === vpcId && group.name === 'default').map(({ id }) => id)
}

export function groupsOf(kept: Ec2Records, { securityGroups }: InterfaceRecord): SecurityGroupRecord[] {
  return securityGroups.flatMap((id) => kept.groups.get(id) ?? [])
}
