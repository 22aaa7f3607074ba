import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const NO_GROUP = 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/none/0123456789abcdef'

export const elbv2: Scenario = {
  name: 'Load balancers listen, route by rules and know their targets',
  steps: [
    step('ec2:DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] }, { keep: { vpc: 'Vpcs.0.VpcId' } }),
    step('ec2:DescribeSubnets', ({ vpc }) => ({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }), {
      keep: { a: 'Subnets.0.SubnetId', b: 'Subnets.1.SubnetId' },
    }),
    step(
      'ec2:DescribeSecurityGroups',
      ({ vpc }) => ({
        Filters: [
          { Name: 'vpc-id', Values: [vpc] },
          { Name: 'group-name', Values: ['default'] },
        ],
      }),
      {
        keep: { group: 'SecurityGroups.0.GroupId' },
      },
    ),
    step(
      'elbv2:CreateLoadBalancer',
      ({ a, b }) => ({ Name: 'play', Subnets: [a, b], Tags: [{ Key: 'team', Value: 'bookshop' }] }),
      {
        answer: { LoadBalancers: [{ LoadBalancerName: 'play', Type: 'application', Scheme: 'internet-facing' }] },
        keep: { balancer: 'LoadBalancers.0.LoadBalancerArn' },
      },
    ),
    step('elbv2:DescribeLoadBalancers', { Names: ['play'] }, { answer: { LoadBalancers: [{ LoadBalancerName: 'play' }] } }),
    step('elbv2:DescribeLoadBalancers', { Names: ['none'] }, { fails: 'LoadBalancerNotFound' }),
    step('elbv2:DescribeLoadBalancerAttributes', ({ balancer }) => ({ LoadBalancerArn: balancer }), {
      answer: { Attributes: expect.arrayContaining([{ Key: 'idle_timeout.timeout_seconds', Value: '60' }]) },
    }),
    step(
      'elbv2:ModifyLoadBalancerAttributes',
      ({ balancer }) => ({
        LoadBalancerArn: balancer,
        Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '30' }],
      }),
      { answer: { Attributes: expect.arrayContaining([{ Key: 'idle_timeout.timeout_seconds', Value: '30' }]) } },
    ),
    step('elbv2:SetSecurityGroups', ({ balancer, group }) => ({ LoadBalancerArn: balancer, SecurityGroups: [group] })),
    step(
      'elbv2:CreateTargetGroup',
      ({ vpc }) => ({
        ...{ Name: 'play-blue', Protocol: 'HTTP', Port: 80, VpcId: vpc, TargetType: 'ip', HealthCheckPath: '/healthz' },
      }),
      {
        answer: { TargetGroups: [{ TargetGroupName: 'play-blue', HealthCheckPath: '/healthz', Matcher: { HttpCode: '200' } }] },
        keep: { blue: 'TargetGroups.0.TargetGroupArn' },
      },
    ),
    step(
      'elbv2:CreateTargetGroup',
      ({ vpc }) => ({ Name: 'play-blue', Protocol: 'HTTP', Port: 81, VpcId: vpc, TargetType: 'ip' }),
      {
        fails: 'DuplicateTargetGroupName',
      },
    ),
    step(
      'elbv2:CreateTargetGroup',
      ({ vpc }) => ({ Name: 'play-green', Protocol: 'HTTP', Port: 80, VpcId: vpc, TargetType: 'ip' }),
      {
        keep: { green: 'TargetGroups.0.TargetGroupArn' },
      },
    ),
    step(
      'elbv2:DescribeTargetGroups',
      { Names: ['play-blue'] },
      { answer: { TargetGroups: [{ Port: 80, ProtocolVersion: 'HTTP1' }] } },
    ),
    step('elbv2:DescribeTargetGroups', { TargetGroupArns: [NO_GROUP] }, { fails: 'TargetGroupNotFound' }),
    step(
      'elbv2:ModifyTargetGroup',
      ({ blue }) => ({ TargetGroupArn: blue, HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5 }),
      {
        answer: { TargetGroups: [{ HealthCheckIntervalSeconds: 10 }] },
      },
    ),
    step('elbv2:DescribeTargetGroupAttributes', ({ blue }) => ({ TargetGroupArn: blue }), {
      answer: { Attributes: expect.arrayContaining([{ Key: 'deregistration_delay.timeout_seconds', Value: '300' }]) },
    }),
    step('elbv2:ModifyTargetGroupAttributes', ({ blue }) => ({
      TargetGroupArn: blue,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '1' }],
    })),
    step('elbv2:RegisterTargets', ({ blue }) => ({
      TargetGroupArn: blue,
      Targets: [{ Id: '127.0.0.1', Port: 9, AvailabilityZone: 'all' }],
    })),
    step('elbv2:DescribeTargetHealth', ({ blue }) => ({ TargetGroupArn: blue }), {
      answer: { TargetHealthDescriptions: [{ Target: { Id: '127.0.0.1', Port: 9 }, TargetHealth: { State: 'unused' } }] },
    }),
    step('elbv2:DeregisterTargets', ({ blue }) => ({ TargetGroupArn: blue, Targets: [{ Id: '127.0.0.1', Port: 9 }] })),
    step(
      'elbv2:CreateListener',
      ({ balancer, blue }) => ({
        ...{ LoadBalancerArn: balancer, Protocol: 'HTTP', Port: 80 },
        DefaultActions: [{ Type: 'forward', TargetGroupArn: blue }],
      }),
      { answer: { Listeners: [{ Port: 80, Protocol: 'HTTP' }] }, keep: { listener: 'Listeners.0.ListenerArn' } },
    ),
    step(
      'elbv2:CreateListener',
      ({ balancer, green }) => ({
        ...{ LoadBalancerArn: balancer, Protocol: 'HTTP', Port: 80 },
        DefaultActions: [{ Type: 'forward', TargetGroupArn: green }],
      }),
      { fails: 'DuplicateListener' },
    ),
    step('elbv2:DescribeListeners', ({ balancer }) => ({ LoadBalancerArn: balancer }), { answer: { Listeners: [{ Port: 80 }] } }),
    step('elbv2:DescribeListenerAttributes', ({ listener }) => ({ ListenerArn: listener }), { newer: true }),
    step(
      'elbv2:ModifyListener',
      ({ listener }) => ({
        ListenerArn: listener,
        DefaultActions: [
          { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'away' } },
        ],
      }),
      { answer: { Listeners: [{ DefaultActions: [{ Type: 'fixed-response' }] }] } },
    ),
    step(
      'elbv2:CreateRule',
      ({ listener, blue, green }) => ({
        ...{ ListenerArn: listener, Priority: 10, Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }] },
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: blue, Weight: 90 },
                { TargetGroupArn: green, Weight: 10 },
              ],
            },
          },
        ],
      }),
      { answer: { Rules: [{ Priority: '10', IsDefault: false }] }, keep: { rule: 'Rules.0.RuleArn' } },
    ),
    step(
      'elbv2:CreateRule',
      ({ listener, blue }) => ({
        ...{ ListenerArn: listener, Priority: 10, Conditions: [{ Field: 'path-pattern', Values: ['/x'] }] },
        Actions: [{ Type: 'forward', TargetGroupArn: blue }],
      }),
      { fails: 'PriorityInUse' },
    ),
    step('elbv2:DescribeRules', ({ listener }) => ({ ListenerArn: listener }), {
      answer: { Rules: [{ Priority: '10' }, { Priority: 'default' }] },
    }),
    step('elbv2:ModifyRule', ({ rule }) => ({
      RuleArn: rule,
      Actions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }],
    })),
    step('elbv2:SetRulePriorities', ({ rule }) => ({ RulePriorities: [{ RuleArn: rule, Priority: 20 }] }), {
      answer: { Rules: [{ Priority: '20' }] },
    }),
    step('elbv2:AddTags', ({ blue }) => ({ ResourceArns: [blue], Tags: [{ Key: 'owner', Value: 'aoi' }] })),
    step('elbv2:DescribeTags', ({ balancer, blue }) => ({ ResourceArns: [balancer, blue] }), {
      answer: { TagDescriptions: [{ Tags: [{ Key: 'team', Value: 'bookshop' }] }, { Tags: [{ Key: 'owner', Value: 'aoi' }] }] },
    }),
    step('elbv2:RemoveTags', ({ blue }) => ({ ResourceArns: [blue], TagKeys: ['owner'] })),
    step('elbv2:DeleteRule', ({ rule }) => ({ RuleArn: rule })),
    step('elbv2:DeleteListener', ({ listener }) => ({ ListenerArn: listener })),
    step('elbv2:DeleteListener', ({ listener }) => ({ ListenerArn: listener }), { fails: 'ListenerNotFound' }),
    step('elbv2:DeleteLoadBalancer', ({ balancer }) => ({ LoadBalancerArn: balancer })),
    step('elbv2:DeleteTargetGroup', ({ blue }) => ({ TargetGroupArn: blue })),
    step('elbv2:DeleteTargetGroup', ({ green }) => ({ TargetGroupArn: green })),
  ],
}
