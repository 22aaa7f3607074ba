// The same API through the SDK and its waiters.
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { scaledClock } from '../../core/clock.ts'
import { backend } from './balancer-for-tests.ts'

test('a deploy tool sets up a load balancer, waits for its targets, and takes them away again', async () => {
  await using sandbox = await testSandbox({ clock: scaledClock(10) })
  const ec2 = new EC2Client(sandbox.client)
  const elb = new sdk.ElasticLoadBalancingV2Client(sandbox.client)
  const wait = { client: elb, minDelay: 1, maxDelay: 1, maxWaitTime: 20 }
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const made = await elb.send(
    new sdk.CreateLoadBalancerCommand({ Name: 'bookshop', Subnets: Subnets.map((subnet) => subnet.SubnetId ?? '') }),
  )
  const balancer = made.LoadBalancers?.[0]
  expect(balancer).toMatchObject({ DNSName: '127.0.0.1', State: { Code: 'provisioning' }, VpcId: Subnets[0]?.VpcId })
  const LoadBalancerArns = [balancer?.LoadBalancerArn ?? '']
  await sdk.waitUntilLoadBalancerAvailable(wait, { LoadBalancerArns })

  const groups = await elb.send(
    new sdk.CreateTargetGroupCommand({ Name: 'web', Protocol: 'HTTP', Port: 3000, VpcId: Subnets[0]?.VpcId, TargetType: 'ip' }),
  )
  const TargetGroupArn = groups.TargetGroups?.[0]?.TargetGroupArn
  const listened = await elb.send(
    new sdk.CreateListenerCommand({
      LoadBalancerArn: balancer?.LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }),
  )
  const server = await backend((_, res) => res.end('books'))
  const Targets = [{ Id: '127.0.0.1', Port: server.port }]
  await elb.send(new sdk.RegisterTargetsCommand({ TargetGroupArn, Targets }))
  await sdk.waitUntilTargetInService(wait, { TargetGroupArn })

  const listeners = (await (await fetch(`${sandbox.endpoint}/_sandbox/listeners`)).json()) as { url: string }[]
  expect(listeners).toEqual([
    { loadBalancer: 'bookshop', listenerArn: listened.Listeners?.[0]?.ListenerArn, port: 80, url: expect.any(String) },
  ])
  expect(await (await fetch(listeners[0]?.url ?? '')).text()).toBe('books')

  await elb.send(new sdk.DeregisterTargetsCommand({ TargetGroupArn, Targets }))
  await sdk.waitUntilTargetDeregistered(wait, { TargetGroupArn, Targets })
  await elb.send(new sdk.DeleteLoadBalancerCommand({ LoadBalancerArn: balancer?.LoadBalancerArn }))
  await sdk.waitUntilLoadBalancersDeleted(wait, { LoadBalancerArns })
  await expect(elb.send(new sdk.DescribeTargetGroupsCommand({ Names: ['api'] }))).rejects.toThrow(
    sdk.TargetGroupNotFoundException,
  )
  await server.close()
})
