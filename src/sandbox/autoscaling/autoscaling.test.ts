import * as sdk from '@aws-sdk/client-application-auto-scaling'
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { bareCloud } from '../bare-cloud.ts'
import type { Cloud } from '../cloud.ts'
import { MetricStore } from '../cloudwatch/metric-store.ts'
import { autoscaling } from './autoscaling.ts'

const SERVICE = {
  ServiceNamespace: 'ecs' as const,
  ResourceId: 'service/shop/web',
  ScalableDimension: 'ecs:service:DesiredCount' as const,
}

/** Auto scaling beside a service that is only a number. */
function stage(count: number) {
  const clock = new ManualClock()
  const service = { count, used: undefined as { cpu: number; memory: number } | undefined }
  const watchers: Parameters<Cloud['alarms']['watch']>[0][] = []
  const actions = new Map<string, { arns: string[]; breach: number }>()
  const metrics = new MetricStore(clock)
  const cloud = bareCloud({
    clock,
    metrics,
    alarms: {
      state: () => undefined,
      watch(watcher) {
        watchers.push(watcher)
        return () => {}
      },
    },
    tasks: {
      run: () => Promise.reject(new Error('not asked')),
      desiredCount: (_, name) => (name === 'web' ? service.count : undefined),
      setDesiredCount: (_, __, next) => {
        service.count = next
      },
      agent: () => undefined,
      services: () => [],
      utilization: () => service.used,
    },
  })
  const { handlers } = autoscaling(cloud, { actions: (name) => actions.get(name) })
  type Handlers = typeof handlers
  const call = <Name extends keyof Handlers>(name: Name, input: Parameters<NonNullable<Handlers[Name]>>[0]) =>
    (handlers[name] as (input: unknown) => ReturnType<NonNullable<Handlers[Name]>>)(input)
  const track = (metric: sdk.MetricType, TargetValue: number, more = {}) =>
    call('PutScalingPolicy', {
      ...SERVICE,
      PolicyName: metric,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue,
        PredefinedMetricSpecification: {
          PredefinedMetricType: metric,
          ...(metric === 'ALBRequestCountPerTarget' && { ResourceLabel: 'app/lb/1/targetgroup/web/2' }),
        },
        ...more,
      },
    })
  return {
    cloud,
    clock,
    service,
    call,
    track,
    actions,
    ring: (name: string, state: 'ALARM' | 'OK') => watchers.forEach((watcher) => void watcher(name, state)),
    /** Feeds a metric for some minutes. */
    async minutes(count: number, feed: () => void) {
      for (let i = 0; i < count; i++) {
        feed()
        await clock.advance(60_000)
      }
    },
    cpu: (value: number) => () =>
      metrics.series('AWS/ECS', 'CPUUtilization', { ClusterName: 'shop', ServiceName: 'web' }).add(value),
    requests: (value: number) => () =>
      metrics
        .series('AWS/ApplicationELB', 'RequestCount', { LoadBalancer: 'app/lb/1', TargetGroup: 'targetgroup/web/2' })
        .add(value),
  }
}

test('bounds count at once, and the activity tells of it', async () => {
  const s = stage(1)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 2, MaxCapacity: 4 })
  expect(s.service.count).toBe(2)
  s.service.count = 10
  await s.call('RegisterScalableTarget', { ...SERVICE, MaxCapacity: 6 })
  expect(s.service.count).toBe(6)
  const { ScalingActivities } = await s.call('DescribeScalingActivities', { ServiceNamespace: 'ecs' })
  expect(ScalingActivities?.map(({ Description, Cause, StatusCode }) => [Description, Cause, StatusCode])).toEqual([
    ['Setting desired count to 6.', 'maximum capacity was set to 6', 'Successful'],
    ['Setting desired count to 2.', 'minimum capacity was set to 2', 'Successful'],
  ])
})

test('a busy service grows to its share, then waits for the cooldown, and shrinks when it is idle', async () => {
  const s = stage(2)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 2, MaxCapacity: 10 })
  await s.track('ECSServiceAverageCPUUtilization', 50)
  await s.minutes(2, s.cpu(90))
  expect(s.service.count).toBe(2)
  await s.minutes(1, s.cpu(90))
  expect(s.service.count).toBe(4)
  await s.minutes(4, s.cpu(90))
  expect(s.service.count).toBe(4)
  await s.minutes(1, s.cpu(90))
  expect(s.service.count).toBe(8)
  await s.minutes(14, s.cpu(10))
  expect(s.service.count).toBe(8)
  await s.minutes(1, s.cpu(10))
  expect(s.service.count).toBe(2)
})

test('what tasks use is measured at each evaluation, and told to CloudWatch', async () => {
  const s = stage(2)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 1, MaxCapacity: 10 })
  await s.track('ECSServiceAverageMemoryUtilization', 50)
  s.service.used = { cpu: 10, memory: 75 }
  await s.minutes(3, () => {})
  expect(s.service.count).toBe(3)
  const dimensions = { ClusterName: 'shop', ServiceName: 'web' }
  const cpu = s.cloud.metrics.series('AWS/ECS', 'CPUUtilization', dimensions)
  expect(cpu.statistics(0, s.clock.now() + 1000)).toEqual({ count: 3, sum: 30, minimum: 10, maximum: 10 })
})

test('requests per target are measured at the load balancer', async () => {
  const s = stage(1)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 1, MaxCapacity: 10 })
  await s.track('ALBRequestCountPerTarget', 100)
  await s.minutes(3, s.requests(450))
  expect(s.service.count).toBe(5)
})

test('nothing is scaled that is suspended, disabled or not measured', async () => {
  const s = stage(5)
  await s.call('RegisterScalableTarget', {
    ...SERVICE,
    MinCapacity: 1,
    MaxCapacity: 10,
    SuspendedState: { DynamicScalingOutSuspended: true },
  })
  await s.track('ECSServiceAverageCPUUtilization', 50, { DisableScaleIn: true })
  await s.minutes(5, s.cpu(99))
  await s.minutes(20, s.cpu(1))
  await s.minutes(20, () => {})
  expect(s.service.count).toBe(5)
  await s.call('RegisterScalableTarget', { ...SERVICE, SuspendedState: { DynamicScalingOutSuspended: false } })
  await s.minutes(3, s.cpu(99))
  expect(s.service.count).toBe(10)
})

test('a step policy acts when its alarm rings, and again while it does not stop', async () => {
  const s = stage(2)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 1, MaxCapacity: 10 })
  const { PolicyARN = '' } = await s.call('PutScalingPolicy', {
    ...SERVICE,
    PolicyName: 'more',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      Cooldown: 120,
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 2 }],
    },
  })
  s.actions.set('busy', { arns: [PolicyARN], breach: 3 })
  s.ring('busy', 'ALARM')
  expect(s.service.count).toBe(4)
  await s.clock.advance(60_000)
  expect(s.service.count).toBe(4)
  await s.clock.advance(60_000)
  expect(s.service.count).toBe(6)
  s.ring('busy', 'OK')
  await s.clock.advance(600_000)
  expect(s.service.count).toBe(6)
})

test('a service that is taken off is left alone, and asking for it fails', async () => {
  const s = stage(2)
  await s.call('RegisterScalableTarget', { ...SERVICE, MinCapacity: 1, MaxCapacity: 10 })
  await s.track('ECSServiceAverageCPUUtilization', 50)
  await s.call('DeregisterScalableTarget', SERVICE)
  await s.minutes(5, s.cpu(99))
  expect(s.service.count).toBe(2)
  expect(s.clock.pending).toBe(0)
  expect(await s.call('DescribeScalingPolicies', { ServiceNamespace: 'ecs' })).toMatchObject({ ScalingPolicies: [] })
  expect(() => s.call('DeregisterScalableTarget', SERVICE)).toThrow(/^No scalable target registered for service namespace: ecs/)
})

test('over the wire, a service that is not there cannot be registered', async () => {
  await using sandbox = await testSandbox()
  const client = new ApplicationAutoScalingClient(sandbox.client)
  await expect(
    client.send(new sdk.RegisterScalableTargetCommand({ ...SERVICE, MinCapacity: 1, MaxCapacity: 2 })),
  ).rejects.toThrow(sdk.ValidationException)
  const { ScalableTargets } = await client.send(new sdk.DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }))
  expect(ScalableTargets).toEqual([])
})
