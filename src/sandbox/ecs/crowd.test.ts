import { expect, test } from 'vitest'
import { createWeb, deployments, register, SUBNETS, web } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

const ROOMY = {
  'subnet-a': { zone: 'ap-northeast-1a', free: 5000 },
  'subnet-c': { zone: 'ap-northeast-1c', free: 5000 },
}

/** Seconds at which tasks were launched from `since` on, counted. */
function launches({ bus }: Stage, since: number): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { detailType, detail } of bus) {
    if (detailType !== 'ECS Task State Change' || detail.lastStatus !== 'PROVISIONING' || detail.desiredStatus !== 'RUNNING')
      continue
    const second = Math.floor((new Date(String(detail.createdAt)).getTime() - since) / 1000)
    if (second >= 0) counts.set(second, (counts.get(second) ?? 0) + 1)
  }
  return counts
}

/** Fargate gives a hundred launches at once and twenty a second. */
function withinLimits(counts: ReadonlyMap<number, number>): boolean {
  let sum = 0
  return [...counts]
    .sort(([a], [b]) => a - b)
    .every(([second, count]) => {
      sum += count
      return sum <= 100 + 20 * (second + 1)
    })
}

test('a hundred services of ten tasks roll at once, each by its own percentages, at the pace of Fargate', async () => {
  const stage = newStage({ subnets: ROOMY })
  const names = Array.from({ length: 100 }, (_, at) => `web-${at}`)
  await stage.api.CreateCluster({ clusterName: 'demo' })
  const first = await register(stage, 'v1')
  const base = { cluster: 'demo', desiredCount: 10, networkConfiguration: SUBNETS }
  for (const serviceName of names) await stage.api.CreateService({ ...base, serviceName, taskDefinition: first })
  await stage.clock.advance(300_000)
  const second = await register(stage, 'v2')
  const began = stage.clock.now()
  await Promise.all(names.map((service) => stage.api.UpdateService({ cluster: 'demo', service, taskDefinition: second })))
  const extremes = { least: 1000, most: 0 }
  for (let at = 0; at < 300; at += 10) {
    await stage.clock.advance(10_000)
    for (let page = 0; page < 10; page++) {
      const { services = [] } = await stage.api.DescribeServices({
        cluster: 'demo',
        services: names.slice(page * 10, page * 10 + 10),
      })
      for (const { runningCount = 0, pendingCount = 0 } of services) {
        extremes.least = Math.min(extremes.least, runningCount)
        extremes.most = Math.max(extremes.most, runningCount + pendingCount)
      }
    }
  }
  const ends = new Map<string, number>()
  for (const service of names) {
    const { serviceDeployments = [] } = await stage.api.ListServiceDeployments({ cluster: 'demo', service })
    const end = serviceDeployments.map(({ status }) => status).join(' ')
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const started = launches(stage, began)
  expect({
    extremes,
    ends: [...ends],
    started: [...started.values()].reduce((sum, count) => sum + count, 0),
    withinLimits: withinLimits(started),
    running: stage.runtime.running.size,
    free: [...stage.network.free.values()].reduce((sum, each) => sum + each, 0),
  }).toEqual({
    extremes: { least: 10, most: 20 },
    ends: [['SUCCESSFUL SUCCESSFUL', 100]],
    started: 1000,
    withinLimits: true,
    running: 1000,
    free: 9000,
  })
})

test('a thousand tasks are replaced a tenth at a time', async () => {
  const stage = newStage({ subnets: ROOMY })
  await createWeb(stage, { desiredCount: 1000, deploymentConfiguration: { maximumPercent: 110 } })
  await stage.clock.advance(300_000)
  const taskDefinition = await register(stage, 'v2')
  const began = stage.clock.now()
  await stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition })
  const extremes = { least: 1000, most: 0 }
  while ((await deployments(stage))[0]?.status !== 'SUCCESSFUL') {
    await stage.clock.advance(5000)
    const { runningCount = 0, pendingCount = 0 } = await web(stage)
    extremes.least = Math.min(extremes.least, runningCount)
    extremes.most = Math.max(extremes.most, runningCount + pendingCount)
  }
  const { runningCount, deployments: [deployment] = [] } = await web(stage)
  expect({
    runningCount,
    rollout: deployment?.rolloutState,
    // Thirteen seconds to start and forty to settle, ten times over, and the last old tasks go.
    minutes: Math.round((stage.clock.now() - began) / 60_000),
    withinLimits: withinLimits(launches(stage, began)),
    ...extremes,
  }).toEqual({ runningCount: 1000, rollout: 'COMPLETED', minutes: 9, withinLimits: true, least: 1000, most: 1100 })
})

test('of a thousand tasks that do not start two hundred are enough', async () => {
  const stage = newStage({
    subnets: ROOMY,
    script: ({ containers }) => (containers[0]?.image.endsWith(':v2') ? { failsToStart: 'CannotPullContainerError: gone' } : {}),
  })
  const breaker = { enable: true, rollback: true }
  await createWeb(stage, { desiredCount: 1000, deploymentConfiguration: { deploymentCircuitBreaker: breaker } })
  await stage.clock.advance(300_000)
  const taskDefinition = await register(stage, 'v2')
  await stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition })
  await stage.clock.advance(600_000)
  const [newest] = await deployments(stage)
  expect([newest?.status, newest?.deploymentCircuitBreaker, (await web(stage)).runningCount]).toEqual([
    'ROLLBACK_SUCCESSFUL',
    { status: 'TRIGGERED', failureCount: 200, threshold: 200 },
    1000,
  ])
})

test('on demand and on Spot tasks are launched side by side, each at the pace of Fargate', async () => {
  const stage = newStage({ subnets: ROOMY })
  await stage.api.CreateCluster({ clusterName: 'demo', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] })
  const taskDefinition = await register(stage, 'v1')
  await stage.api.CreateService({
    cluster: 'demo',
    serviceName: 'web',
    taskDefinition,
    desiredCount: 400,
    networkConfiguration: SUBNETS,
    capacityProviderStrategy: [
      { capacityProvider: 'FARGATE', weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ],
  })
  const seen: number[] = []
  for (const ms of [1500, 3000]) {
    await stage.clock.advance(ms)
    seen.push((await web(stage)).pendingCount ?? 0)
  }
  // Half a second and three and a half after the first launch.
  expect(seen).toEqual([2 * (100 + 10), 2 * (100 + 70)])
})
