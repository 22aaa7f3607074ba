import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../core/manual-clock.ts'
import { type Bench, backend, bench, register, until } from './balancer-for-tests.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function watched(serve: Parameters<typeof backend>[0], settings = {}) {
  const clock = new ManualClock()
  const b = await bench({ clock })
  const group = await b.targetGroup(settings)
  const server = await backend(serve)
  closing.push(
    () => b.cloud.close(),
    () => server.server.closeAllConnections(),
    () => server.close(),
  )
  const seen: string[] = []
  b.elb.watch((_, __, health) => seen.push([health.state, health.reason, health.description].filter(Boolean).join(' ')))
  return { b, clock, group, server, seen }
}

async function described(b: Bench, group: string) {
  const { TargetHealthDescriptions } = await b.call('DescribeTargetHealth', { TargetGroupArn: group })
  return TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth)
}

test('a new target is initial until one check has passed', async () => {
  const { b, clock, group, server, seen } = await watched((_, res) => res.end())
  await b.listener(group)
  register(b.elb, group, '10.0.0.1', server)
  expect(await described(b, group)).toEqual([
    { State: 'initial', Reason: 'Elb.RegistrationInProgress', Description: 'Target registration is in progress' },
  ])
  await clock.advance(1000)
  await until(() => seen.at(-1) === 'healthy')
  expect(seen).toEqual([
    'initial Elb.RegistrationInProgress Target registration is in progress',
    'initial Elb.InitialHealthChecking Initial health checks in progress',
    'healthy',
  ])
})

test('a target whose answers do not match becomes unhealthy after the threshold, and says with which code', async () => {
  let status = 404
  const { b, clock, group, server, seen } = await watched((_, res) => res.writeHead(status).end())
  await b.listener(group)
  register(b.elb, group, '10.0.0.1', server)
  let probes = 0
  server.server.on('request', () => probes++)
  await clock.advance(1000)
  await until(() => probes === 1 && clock.pending > 0)
  expect(seen.at(-1)).toBe('initial Elb.InitialHealthChecking Initial health checks in progress')
  await clock.advance(5000)
  await until(() => seen.at(-1) === 'unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [404]')
  expect(probes).toBe(2)

  status = 200
  await until(() => clock.pending > 0)
  await clock.advance(5000)
  await until(() => probes === 3 && clock.pending > 0)
  expect(seen.at(-1)).toMatch(/^unhealthy/)
  await clock.advance(5000)
  await until(() => seen.at(-1) === 'healthy')
})

test('a target that refuses connections has failed its health checks, one that is silent timed out', async () => {
  const { b, clock, group, server, seen } = await watched(() => {})
  await b.listener(group)
  await server.close()
  register(b.elb, group, '10.0.0.1', server)
  await clock.advance(1000)
  for (let i = 0; i < 2; i++) {
    await until(() => clock.pending > 0)
    await clock.advance(5000)
  }
  await until(() => seen.at(-1) === 'unhealthy Target.FailedHealthChecks Health checks failed')

  const silent = await backend(() => {})
  closing.push(
    () => silent.server.closeAllConnections(),
    () => silent.close(),
  )
  b.elb.deregister(group, { id: '10.0.0.1', port: 3000 }, () => {})
  register(b.elb, group, '10.0.0.2', silent)
  await clock.advance(1000)
  await until(() => clock.pending > 0)
  await clock.advance(5000)
  await until(() => seen.at(-1) === 'unhealthy Target.Timeout Request timed out')
})

test('failures in the grace of a starting target do not count', async () => {
  const clock = new ManualClock()
  const b = await bench({ clock }, { graceMs: 60_000 })
  closing.push(() => b.cloud.close())
  const group = await b.targetGroup()
  await b.listener(group)
  let probes = 0
  const server = await backend((_, res) => {
    probes++
    res.writeHead(probes > 4 ? 200 : 503).end()
  })
  closing.push(() => server.close())
  register(b.elb, group, '10.0.0.1', server)
  await clock.advance(1000)
  for (let i = 1; i < 5; i++) {
    await until(() => probes === i && clock.pending > 0)
    expect((await described(b, group))?.[0]?.State).toBe('initial')
    await clock.advance(5000)
  }
  await until(async () => (await described(b, group))?.[0]?.State === 'healthy')
})

test('a target of a group that no rule uses is unused, and checked as soon as one does', async () => {
  const { b, clock, group, server, seen } = await watched((_, res) => res.end())
  register(b.elb, group, '10.0.0.1', server)
  const unused = {
    State: 'unused',
    Reason: 'Target.NotInUse',
    Description: 'Target group is not configured to receive traffic from the load balancer',
  }
  expect(await described(b, group)).toEqual([unused])
  const { loadBalancerArn } = await b.listener(group)
  await clock.advance(1000)
  await until(() => seen.at(-1) === 'healthy')
  await b.call('DeleteLoadBalancer', { LoadBalancerArn: loadBalancerArn })
  expect(await described(b, group)).toEqual([unused])
})

test('an address that is not loopback is never connected to, and the target says so', async () => {
  const { b, clock, group } = await watched(() => {})
  const { url } = await b.listener(group)
  await b.call('RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: '192.0.2.1' }] })
  await clock.advance(0)
  expect(await described(b, group)).toEqual([
    {
      State: 'unhealthy',
      Reason: 'Target.FailedHealthChecks',
      Description: 'Health checks failed: this sandbox connects to loopback addresses only, not to 192.0.2.1',
    },
  ])
  expect((await fetch(url)).status).toBe(503)
})

test('a target that nobody registered is told to be so', async () => {
  const { b, group } = await watched(() => {})
  const { TargetHealthDescriptions } = await b.call('DescribeTargetHealth', {
    TargetGroupArn: group,
    Targets: [{ Id: '10.0.0.9' }],
  })
  expect(TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
    State: 'unused',
    Reason: 'Target.NotRegistered',
    Description: 'Target is not registered to the target group',
  })
})
