import { afterEach, expect, test } from 'vitest'
import { type Bench, bench } from './balancer-for-tests.ts'

let b: Bench
afterEach(() => b.cloud.close())

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  )

test('a target group is made with the defaults of AWS', async () => {
  b = await bench()
  const { TargetGroups } = await b.call('CreateTargetGroup', {
    Name: 'web',
    Protocol: 'HTTP',
    Port: 80,
    VpcId: 'vpc-1',
    TargetType: 'ip',
  })
  expect(TargetGroups).toEqual([
    {
      TargetGroupArn: expect.stringMatching(
        /^arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup\/web\/[0-9a-f]{16}$/,
      ),
      TargetGroupName: 'web',
      Protocol: 'HTTP',
      ProtocolVersion: 'HTTP1',
      Port: 80,
      VpcId: 'vpc-1',
      TargetType: 'ip',
      IpAddressType: 'ipv4',
      HealthCheckEnabled: true,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: 'traffic-port',
      HealthCheckPath: '/',
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200' },
      LoadBalancerArns: [],
    },
  ])
})

test('making a target group again with the same settings gives the same group, with others it is refused', async () => {
  b = await bench()
  const first = await b.targetGroup({ Name: 'web' })
  expect(await b.targetGroup({ Name: 'web' })).toBe(first)
  expect(await failure(b.targetGroup({ Name: 'web', Port: 3001 }))).toBe(
    "DuplicateTargetGroupNameException: A target group with the same name 'web' exists, but with different settings",
  )
})

test('health check settings outside their bounds are refused', async () => {
  b = await bench()
  expect(await failure(b.targetGroup({ HealthCheckIntervalSeconds: 4 }))).toBe(
    "ValidationError: 1 validation error detected: Value '4' at 'healthCheckIntervalSeconds' failed to satisfy constraint: Member must have value greater than or equal to 5",
  )
  expect(await failure(b.targetGroup({ HealthCheckTimeoutSeconds: 5, HealthCheckIntervalSeconds: 5 }))).toBe(
    "ValidationError: Health check timeout '5' must be smaller than the interval '5'",
  )
  expect(await failure(b.targetGroup({ HealthCheckPath: 'healthz' }))).toMatch(/^ValidationError: Health check path 'healthz'/)
  expect(await failure(b.targetGroup({ Matcher: { HttpCode: '200-600' } }))).toMatch(/^ValidationError: Health check matcher/)
  expect(await failure(b.targetGroup({ Name: `${'x'.repeat(33)}` }))).toMatch(/cannot be longer than '32' characters$/)
})

test('a rule, its listener and its load balancer have ARNs that build on each other, and rules keep the order of priorities', async () => {
  b = await bench()
  const group = await b.targetGroup()
  const { listenerArn, loadBalancerArn } = await b.listener(group)
  for (const [Priority, path] of [
    [20, '/b'],
    [10, '/a'],
  ] as const) {
    await b.call('CreateRule', {
      ListenerArn: listenerArn,
      Priority,
      Conditions: [{ Field: 'path-pattern', Values: [path] }],
      Actions: [{ Type: 'forward', TargetGroupArn: group }],
    })
  }
  const { Rules = [] } = await b.call('DescribeRules', { ListenerArn: listenerArn })
  expect(Rules.map((rule) => rule.Priority)).toEqual(['10', '20', 'default'])
  expect(Rules[0]).toEqual({
    RuleArn: expect.stringContaining(`${listenerArn.replace(':listener/', ':listener-rule/')}/`),
    Priority: '10',
    Conditions: [{ Field: 'path-pattern', Values: ['/a'], PathPatternConfig: { Values: ['/a'] } }],
    Actions: [
      {
        Type: 'forward',
        TargetGroupArn: group,
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: group, Weight: 1 }],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ],
    IsDefault: false,
  })
  expect(listenerArn).toContain(`${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/`)

  const [first, second] = Rules
  await b.call('SetRulePriorities', {
    RulePriorities: [
      { RuleArn: first?.RuleArn, Priority: 20 },
      { RuleArn: second?.RuleArn, Priority: 10 },
    ],
  })
  const after = await b.call('DescribeRules', { ListenerArn: listenerArn })
  expect(after.Rules?.map((rule) => rule.RuleArn)).toEqual([second?.RuleArn, first?.RuleArn, Rules[2]?.RuleArn])
  expect(
    await failure(
      b.call('CreateRule', {
        ListenerArn: listenerArn,
        Priority: 10,
        Conditions: [{ Field: 'path-pattern', Values: ['/c'] }],
        Actions: [{ Type: 'forward', TargetGroupArn: group }],
      }),
    ),
  ).toBe("PriorityInUseException: Priority '10' is currently in use")
})

test('a target group that a rule uses cannot be deleted, nor serve a second load balancer', async () => {
  b = await bench()
  const group = await b.targetGroup()
  const { loadBalancerArn } = await b.listener(group)
  expect(await failure(b.call('DeleteTargetGroup', { TargetGroupArn: group }))).toBe(
    `ResourceInUseException: Target group '${group}' is currently in use by a listener or a rule`,
  )
  expect(await failure(b.listener(group))).toBe(
    `TargetGroupAssociationLimitException: The following target groups cannot be associated with more than one load balancer: ${group}`,
  )
  await b.call('DeleteLoadBalancer', { LoadBalancerArn: loadBalancerArn })
  await b.call('DeleteTargetGroup', { TargetGroupArn: group })
  expect(await failure(b.call('DescribeTargetGroups', { TargetGroupArns: [group] }))).toBe(
    'TargetGroupNotFoundException: One or more target groups not found',
  )
})

test('what is not simulated is refused by its name', async () => {
  b = await bench()
  const group = await b.targetGroup()
  const { listenerArn, loadBalancerArn } = await b.listener(group)
  const stickiness = { TargetGroupArn: group, Attributes: [{ Key: 'stickiness.enabled', Value: 'true' }] }
  expect(await failure(b.call('ModifyTargetGroupAttributes', stickiness))).toMatch(/^ValidationError: .*'stickiness.enabled'/)
  expect(await failure(b.call('ModifyListener', { ListenerArn: listenerArn, Protocol: 'HTTPS' }))).toMatch(
    /^UnsupportedProtocolException/,
  )
  expect(
    await failure(b.call('CreateLoadBalancer', { Name: 'nlb', Type: 'network', Subnets: ['subnet-a', 'subnet-c'] })),
  ).toMatch(/^InvalidConfigurationRequestException: .*'network'/)
  const authenticate = { LoadBalancerArn: loadBalancerArn, Port: 81, Protocol: 'HTTP' as const }
  expect(await failure(b.call('CreateListener', { ...authenticate, DefaultActions: [{ Type: 'authenticate-oidc' }] }))).toMatch(
    /^InvalidLoadBalancerActionException/,
  )
})

test('attributes have the defaults of AWS, and a change of one leaves the others', async () => {
  b = await bench()
  const group = await b.targetGroup()
  const changed = await b.call('ModifyTargetGroupAttributes', {
    TargetGroupArn: group,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }],
  })
  const attributes = Object.fromEntries((changed.Attributes ?? []).map(({ Key, Value }) => [Key, Value]))
  expect(attributes).toMatchObject({
    'deregistration_delay.timeout_seconds': '10',
    'load_balancing.algorithm.type': 'round_robin',
    'slow_start.duration_seconds': '0',
    'stickiness.enabled': 'false',
  })
  const tooLong = [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }]
  expect(await failure(b.call('ModifyTargetGroupAttributes', { TargetGroupArn: group, Attributes: tooLong }))).toMatch(
    /^ValidationError/,
  )
})

test('a listener tells by a tag where it is reached, beside the tags it was given', async () => {
  b = await bench()
  const { listenerArn, url } = await b.listener(await b.targetGroup())
  await b.call('AddTags', { ResourceArns: [listenerArn], Tags: [{ Key: 'team', Value: 'bookshop' }] })
  const { TagDescriptions } = await b.call('DescribeTags', { ResourceArns: [listenerArn] })
  expect(TagDescriptions).toEqual([
    {
      ResourceArn: listenerArn,
      Tags: [
        { Key: 'sandbox:listener-url', Value: url },
        { Key: 'team', Value: 'bookshop' },
      ],
    },
  ])
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('long lists come in pages', async () => {
  b = await bench()
  for (let i = 0; i < 5; i++) await b.targetGroup()
  const first = await b.call('DescribeTargetGroups', { PageSize: 3 })
  const second = await b.call('DescribeTargetGroups', { PageSize: 3, Marker: first.NextMarker })
  expect([...(first.TargetGroups ?? []), ...(second.TargetGroups ?? [])].map((group) => group.TargetGroupName)).toEqual([
    'web-1',
    'web-2',
    'web-3',
    'web-4',
    'web-5',
  ])
  expect(second.NextMarker).toBeUndefined()
})
