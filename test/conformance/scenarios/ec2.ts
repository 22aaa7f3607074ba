import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }] }

export const ec2: Scenario = {
  name: 'Networks are described, made and taken away',
  steps: [
    step(
      'ec2:DescribeAvailabilityZones',
      {},
      { answer: { AvailabilityZones: expect.arrayContaining([expect.objectContaining({ ZoneName: 'ap-northeast-1a' })]) } },
    ),
    step(
      'ec2:DescribeVpcs',
      { Filters: [{ Name: 'is-default', Values: ['true'] }] },
      {
        answer: { Vpcs: [{ CidrBlock: '172.31.0.0/16', IsDefault: true }] },
        keep: { home: 'Vpcs.0.VpcId' },
      },
    ),
    step(
      'ec2:CreateVpc',
      {
        CidrBlock: '10.20.0.0/16',
        TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'play' }] }],
      },
      {
        answer: {
          Vpc: {
            IsDefault: false,
            CidrBlockAssociationSet: [{ CidrBlock: '10.20.0.0/16', CidrBlockState: { State: 'associated' } }],
          },
        },
        keep: { vpc: 'Vpc.VpcId' },
      },
    ),
    step('ec2:CreateVpc', { CidrBlock: '10.20.0.0/8' }, { fails: 'InvalidVpc.Range' }),
    step('ec2:DescribeVpcs', { VpcIds: ['vpc-0123456789abcdef0'] }, { fails: 'InvalidVpcID.NotFound' }),
    step('ec2:CreateSubnet', ({ vpc }) => ({ VpcId: vpc, CidrBlock: '10.20.1.0/24', AvailabilityZone: 'ap-northeast-1a' }), {
      answer: {
        Subnet: { AvailableIpAddressCount: 251, Ipv6Native: false, PrivateDnsNameOptionsOnLaunch: { HostnameType: 'ip-name' } },
      },
      keep: { subnet: 'Subnet.SubnetId' },
    }),
    step('ec2:CreateSubnet', ({ vpc }) => ({ VpcId: vpc, CidrBlock: '10.20.1.128/25' }), { fails: 'InvalidSubnet.Conflict' }),
    step('ec2:CreateSubnet', ({ vpc }) => ({ VpcId: vpc, CidrBlock: '10.30.1.0/24' }), { fails: 'InvalidSubnet.Range' }),
    step('ec2:DescribeSubnets', ({ vpc }) => ({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }), {
      answer: { Subnets: [{ CidrBlock: '10.20.1.0/24', State: 'available' }] },
    }),
    step('ec2:DescribeSubnets', { SubnetIds: ['subnet-0123456789abcdef0'] }, { fails: 'InvalidSubnetID.NotFound' }),
    step('ec2:CreateSecurityGroup', ({ vpc }) => ({ VpcId: vpc, GroupName: 'play', Description: 'of a test' }), {
      keep: { group: 'GroupId' },
    }),
    step('ec2:CreateSecurityGroup', ({ vpc }) => ({ VpcId: vpc, GroupName: 'play', Description: 'again' }), {
      fails: 'InvalidGroup.Duplicate',
    }),
    step('ec2:AuthorizeSecurityGroupIngress', ({ group }) => ({ GroupId: group, IpPermissions: [HTTPS] }), {
      answer: { Return: true, SecurityGroupRules: [{ CidrIpv4: '10.0.0.0/8', Description: 'inside' }] },
    }),
    step('ec2:AuthorizeSecurityGroupIngress', ({ group }) => ({ GroupId: group, IpPermissions: [HTTPS] }), {
      fails: 'InvalidPermission.Duplicate',
    }),
    step('ec2:DescribeSecurityGroups', ({ group }) => ({ GroupIds: [group] }), {
      answer: { SecurityGroups: [{ GroupName: 'play', IpPermissions: [HTTPS] }] },
    }),
    step('ec2:DescribeSecurityGroups', { GroupIds: ['sg-0123456789abcdef0'] }, { fails: 'InvalidGroup.NotFound' }),
    step('ec2:RevokeSecurityGroupIngress', ({ group }) => ({ GroupId: group, IpPermissions: [HTTPS] }), {
      answer: { Return: true },
    }),
    step('ec2:AuthorizeSecurityGroupEgress', ({ group }) => ({ GroupId: group, IpPermissions: [HTTPS] }), {
      answer: { Return: true },
    }),
    step('ec2:RevokeSecurityGroupEgress', ({ group }) => ({ GroupId: group, IpPermissions: [HTTPS] }), {
      answer: { Return: true },
    }),
    step('ec2:CreateTags', ({ subnet }) => ({ Resources: [subnet], Tags: [{ Key: 'owner', Value: 'aoi' }] })),
    step(
      'ec2:DescribeSubnets',
      { Filters: [{ Name: 'tag:owner', Values: ['aoi'] }] },
      { answer: { Subnets: [{ Tags: [{ Key: 'owner', Value: 'aoi' }] }] } },
    ),
    step('ec2:DescribeNetworkInterfaces', ({ vpc }) => ({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] })),
    step('ec2:DeleteVpc', ({ vpc }) => ({ VpcId: vpc }), { fails: 'DependencyViolation' }),
    step('ec2:DeleteSecurityGroup', ({ group }) => ({ GroupId: group })),
    step('ec2:DeleteSubnet', ({ subnet }) => ({ SubnetId: subnet })),
    step('ec2:DeleteVpc', ({ vpc }) => ({ VpcId: vpc })),
  ],
}
