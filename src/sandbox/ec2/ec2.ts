// EC2, as far as networks go: VPCs, subnets, security groups, and the addresses that tasks take.
import type { Cloud, Network, Service } from '../cloud.ts'
import { Addresses } from './addresses.ts'
import { describeHandlers } from './describe.ts'
import { makeHandlers } from './make.ts'
import { type Ec2Handlers, ec2Records, seedDefaultVpc, subnetAt } from './records.ts'
import { covers, defaultGroups, groupsOf, isFrom } from './security-groups.ts'

/** Every account begins with a default VPC of three subnets in three zones and its default security group. */
export function ec2(cloud: Cloud): Service & Network & { handlers: Ec2Handlers } {
  const kept = ec2Records(cloud)
  seedDefaultVpc(cloud, kept)
  const addresses = new Addresses(kept)
  return {
    client: () => import('@aws-sdk/client-ec2'),
    signingName: 'ec2',
    handlers: { ...describeHandlers(cloud, kept, addresses), ...makeHandlers(cloud, kept, addresses) },

    subnetExists: (id) => kept.subnets.has(id),
    vpcExists: (id) => kept.vpcs.has(id),
    vpcOf: (subnetId) => kept.subnets.get(subnetId)?.vpcId,
    securityGroupExists: (id) => kept.groups.has(id),
    freeAddresses: (subnetId) => addresses.free(subnetAt(kept, subnetId).id),
    availabilityZone: (subnetId) => subnetAt(kept, subnetId).zone,
    allocate(subnetId, securityGroups = []) {
      const groups = securityGroups.length > 0 ? [...securityGroups] : defaultGroups(kept, subnetId)
      const { address, id, macAddress } = addresses.allocate(subnetId, groups)
      return { address, networkInterfaceId: id, macAddress }
    },
    release: (interfaceId) => addresses.release(interfaceId),
    admits(address, port, from) {
      const found = addresses.at(address)
      if (!found) return true
      const sources = from.length > 0 ? from : defaultGroups(kept, found.subnetId)
      return groupsOf(kept, found).some(({ ingress }) => ingress.some((rule) => covers(rule, port) && isFrom(rule, sources)))
    },
    letsOut(address, port) {
      const found = addresses.at(address)
      return !found || groupsOf(kept, found).some(({ egress }) => egress.some((rule) => covers(rule, port)))
    },
  }
}
