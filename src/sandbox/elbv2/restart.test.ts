import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { scaledClock } from '../../core/clock.ts'
import { backend, until } from './balancer-for-tests.ts'

test('a load balancer comes back with its rules and targets, on the port on which it was', async () => {
  const state = await mkdtemp(join(tmpdir(), 'kiban-elb-'))
  const server = await backend((_, res) => res.end('books'))
  let listened = ''
  {
    await using sandbox = await testSandbox({ state, clock: scaledClock(10) })
    const { Subnets = [] } = await new EC2Client(sandbox.client).send(new DescribeSubnetsCommand({}))
    const elb = new sdk.ElasticLoadBalancingV2Client(sandbox.client)
    const { LoadBalancers } = await elb.send(
      new sdk.CreateLoadBalancerCommand({ Name: 'lb', Subnets: Subnets.map((subnet) => subnet.SubnetId ?? '') }),
    )
    const { TargetGroups } = await elb.send(
      new sdk.CreateTargetGroupCommand({ Name: 'web', Protocol: 'HTTP', Port: 80, VpcId: Subnets[0]?.VpcId, TargetType: 'ip' }),
    )
    const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn
    await elb.send(
      new sdk.CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    )
    await elb.send(new sdk.RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: '127.0.0.1', Port: server.port }] }))
    listened = await addressOf(sandbox.endpoint)
  }
  await expect(fetch(listened)).rejects.toThrow()

  await using sandbox = await testSandbox({ state, clock: scaledClock(10) })
  expect(await addressOf(sandbox.endpoint)).toBe(listened)
  const elb = new sdk.ElasticLoadBalancingV2Client(sandbox.client)
  const { TargetGroups } = await elb.send(new sdk.DescribeTargetGroupsCommand({}))
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn
  await until(async () => {
    const { TargetHealthDescriptions } = await elb.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn }))
    return TargetHealthDescriptions?.[0]?.TargetHealth?.State === 'healthy'
  }, 'the target to be healthy again')
  expect(await (await fetch(listened)).text()).toBe('books')
  await server.close()
  await rm(state, { recursive: true })
})

async function addressOf(endpoint: string): Promise<string> {
  const listeners = (await (await fetch(`${endpoint}/_sandbox/listeners`)).json()) as { url: string }[]
  return listeners[0]?.url ?? ''
}
