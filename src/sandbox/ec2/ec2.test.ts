import * as sdk from '@aws-sdk/client-ec2'
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

async function started() {
  const sandbox = await testSandbox()
  return { sandbox, client: new EC2Client(sandbox.client), [Symbol.asyncDispose]: () => sandbox.close() }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  )

test('an account begins with a default VPC of three subnets in three zones', async () => {
  await using s = await started()
  const { Vpcs } = await s.client.send(new sdk.DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }))
  expect(Vpcs).toHaveLength(1)
  const { Subnets = [] } = await s.client.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [Vpcs?.[0]?.VpcId ?? ''] }] }),
  )
  const seen = Subnets.map((subnet) => `${subnet.AvailabilityZone} ${subnet.CidrBlock} ${subnet.AvailableIpAddressCount}`)
  expect(seen.sort()).toEqual([
    'ap-northeast-1a 172.31.0.0/20 4091',
    'ap-northeast-1c 172.31.16.0/20 4091',
    'ap-northeast-1d 172.31.32.0/20 4091',
  ])
  const { SecurityGroups } = await s.client.send(new sdk.DescribeSecurityGroupsCommand({ GroupNames: ['default'] }))
  expect(SecurityGroups?.[0]?.VpcId).toBe(Vpcs?.[0]?.VpcId)
  const { AvailabilityZones } = await s.client.send(new sdk.DescribeAvailabilityZonesCommand({}))
  expect(AvailabilityZones?.map((zone) => zone.ZoneName)).toEqual(['ap-northeast-1a', 'ap-northeast-1c', 'ap-northeast-1d'])
})

test('a /28 has eleven addresses, counts them down, and runs out', async () => {
  await using s = await started()
  const { Vpc } = await s.client.send(new sdk.CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }))
  const { Subnet } = await s.client.send(new sdk.CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.1.0.16/28' }))
  const id = Subnet?.SubnetId ?? ''
  const { network } = s.sandbox.cloud
  expect(Subnet?.AvailableIpAddressCount).toBe(11)
  const taken = Array.from({ length: 11 }, () => network.allocate(id))
  expect(taken.map(({ address }) => address)).toEqual(Array.from({ length: 11 }, (_, i) => `10.1.0.${20 + i}`))
  expect(() => network.allocate(id)).toThrow('The specified subnet does not have enough free addresses to satisfy the request.')

  const { NetworkInterfaces } = await s.client.send(
    new sdk.DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'subnet-id', Values: [id] }] }),
  )
  expect(NetworkInterfaces?.map((each) => each.NetworkInterfaceId).sort()).toEqual(
    taken.map(({ networkInterfaceId }) => networkInterfaceId).sort(),
  )
  network.release(taken[3]?.networkInterfaceId ?? '')
  const { Subnets } = await s.client.send(new DescribeSubnetsCommand({ SubnetIds: [id] }))
  expect(Subnets?.[0]?.AvailableIpAddressCount).toBe(1)
  expect(network.allocate(id).address).toBe('10.1.0.23')
})

test('blocks that are out of range or overlap are refused', async () => {
  await using s = await started()
  const vpc = (CidrBlock: string) => s.client.send(new sdk.CreateVpcCommand({ CidrBlock }))
  expect(await failure(vpc('10.0.0.0/8'))).toBe("InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.")
  const { Vpc } = await vpc('10.1.0.0/16')
  const subnet = (CidrBlock: string) => s.client.send(new sdk.CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock }))
  await subnet('10.1.0.0/24')
  expect(await failure(subnet('10.1.0.128/25'))).toBe(
    "InvalidSubnet.Conflict: The CIDR '10.1.0.128/25' conflicts with another subnet",
  )
  expect(await failure(subnet('10.2.0.0/24'))).toBe("InvalidSubnet.Range: The CIDR '10.2.0.0/24' is invalid.")
})

test('security groups are made, opened once per rule, and found by tag', async () => {
  await using s = await started()
  const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags: [{ Key: 'product', Value: 'bookshop' }] }]
  const { GroupId } = await s.client.send(
    new sdk.CreateSecurityGroupCommand({ GroupName: 'web', Description: 'web tasks', TagSpecifications }),
  )
  const open = () =>
    s.client.send(
      new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' }),
    )
  await open()
  expect(await failure(open())).toMatch(/^InvalidPermission\.Duplicate: /)
  const { SecurityGroups } = await s.client.send(
    new sdk.DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag:product', Values: ['book*'] }] }),
  )
  expect(SecurityGroups?.map((group) => [group.GroupId, group.IpPermissions])).toEqual([
    [GroupId, [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]],
  ])
})

test('an address is open to whom its groups name, and closed to everybody else', async () => {
  await using s = await started()
  const { network } = s.sandbox.cloud
  const { Subnets } = await s.client.send(new DescribeSubnetsCommand({}))
  const subnet = Subnets?.[0]?.SubnetId ?? ''
  const group = async (GroupName: string) =>
    (await s.client.send(new sdk.CreateSecurityGroupCommand({ GroupName, Description: GroupName }))).GroupId ?? ''
  const [web, balancer, other] = [await group('web'), await group('balancer'), await group('other')]
  const rule = { IpProtocol: 'tcp', FromPort: 3000, ToPort: 3001, UserIdGroupPairs: [{ GroupId: balancer }] }
  await s.client.send(new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId: web, IpPermissions: [rule] }))
  const { address } = network.allocate(subnet, [web])
  expect([
    network.admits(address, 3001, [balancer]),
    network.admits(address, 3002, [balancer]),
    network.admits(address, 3000, [other]),
  ]).toEqual([true, false, false])
  expect(network.admits(network.allocate(subnet).address, 3000, [])).toBe(true)

  expect(network.letsOut(address, 443)).toBe(true)
  const everywhere = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
  await s.client.send(new sdk.RevokeSecurityGroupEgressCommand({ GroupId: web, IpPermissions: everywhere }))
  expect(network.letsOut(address, 443)).toBe(false)
  const https = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
  await s.client.send(new sdk.AuthorizeSecurityGroupEgressCommand({ GroupId: web, IpPermissions: https }))
  expect([network.letsOut(address, 443), network.letsOut(address, 80)]).toEqual([true, false])
})

test('what does not exist, and a filter that is none, are refused by name', async () => {
  await using s = await started()
  expect(await failure(s.client.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0'] })))).toBe(
    "InvalidSubnetID.NotFound: The subnet ID 'subnet-0' does not exist",
  )
  expect(await failure(s.client.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'colour', Values: ['red'] }] })))).toBe(
    "InvalidParameterValue: The filter 'colour' is invalid",
  )
})
