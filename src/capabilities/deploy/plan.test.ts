import { expect, test } from 'vitest'
import type { Service } from '../../aws/ecs-shapes.ts'
import { forEnvironment } from '../../manifest/environment.ts'
import { readManifest } from '../../manifest/load.ts'
import { type PlanInput, plan, type ServicePlan } from './plan.ts'

const manifest = forEnvironment(
  readManifest(`
product: bookshop
account: "123456789012"
region: ap-northeast-1
services:
  web: { build: ./web }
  proxy: { image: example/proxy:1 }
`).manifest,
  'staging',
)
const surroundings = {
  account: '123456789012',
  region: 'ap-northeast-1',
  network: {},
  targetGroup: undefined,
  alternateTargetGroup: undefined,
  missing: { targetGroups: [], subnets: undefined },
}
const nothing = { live: undefined, surroundings }

const planOf = (commit: string, images: Record<string, string>): string => {
  const input: PlanInput = {
    manifest,
    release: { commit, images, definitions: {} },
    services: ['web', 'proxy'],
    survey: { account: '123456789012', region: 'ap-northeast-1', services: { web: nothing, proxy: nothing } },
    deployed: {},
    force: false,
    goesBack: false,
  }
  return plan(input).fingerprint
}

test('what was agreed to before an image was built holds once it is, and not for another commit or image', () => {
  const shown = planOf('abc', { proxy: 'example/proxy:1' })
  expect(planOf('abc', { proxy: 'example/proxy:1', web: 'registry/web@sha256:1' })).toBe(shown)
  expect(planOf('def', { proxy: 'example/proxy:1' })).not.toBe(shown)
  expect(planOf('abc', { proxy: 'example/proxy:2' })).not.toBe(shown)
})

const withDeploy = (deploy: string) =>
  forEnvironment(
    readManifest(`
product: bookshop
account: "123456789012"
region: ap-northeast-1
services:
  proxy: { image: example/proxy:1, count: 2-4${deploy && `, deploy: ${deploy}`} }
`).manifest,
    'staging',
  )

/** The plan of `proxy` where it runs as `live` says, with the definition that is declared. */
function ofProxy(deploy: string, live: Partial<Service> = {}, deployed?: ServicePlan): ServicePlan {
  const input = (found: PlanInput['survey']['services'][string]): PlanInput => ({
    manifest: withDeploy(deploy),
    release: { commit: 'abc', images: { proxy: 'example/proxy:1' }, definitions: {} },
    services: ['proxy'],
    survey: { account: '123456789012', region: 'ap-northeast-1', services: { proxy: found } },
    deployed: { proxy: deployed },
    force: false,
    goesBack: false,
  })
  const [{ definition }] = plan(input(nothing)).services as [ServicePlan]
  return plan(input({ live: { service: live, definition }, surroundings })).services[0] as ServicePlan
}

const everySetting = JSON.stringify({
  alarms: ['errors', 'latency'],
  rollback: false,
  pause: ['post-scale-up'],
  early_success: { healthy_percent: 100, cleanup: 'deferred' },
  circuit_breaker: { threshold: 7, reset_on_healthy: false },
  minimum_percent: 50,
  maximum_percent: 150,
})

test('what a manifest says nothing of is said to ECS as its default, because an update keeps what it is not told', () => {
  expect(ofProxy('').settings).toEqual({
    deploymentConfiguration: {
      strategy: 'ROLLING',
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: {
        enable: true,
        rollback: true,
        resetOnHealthyTask: true,
        thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 50 },
      },
      alarms: { alarmNames: [], enable: false, rollback: false },
      lifecycleHooks: [],
      earlySuccessCriteria: { enable: false },
    },
    enableExecuteCommand: false,
  })
})

test('early success is spoken of only to a rolling service, and to one that leaves rolling with it switched on', () => {
  const early = (settings: ServicePlan['settings'] | undefined) => settings?.deploymentConfiguration?.earlySuccessCriteria
  const rolling = ofProxy(everySetting)
  const shifting = ofProxy('{ strategy: blue-green, bake: 5m }')
  expect([early(rolling.settings)?.enable, early(shifting.settings)]).toEqual([true, undefined])
  const leaving = ofProxy('{ strategy: blue-green, bake: 5m }', rolling.settings)
  expect([early(leaving.settings), early(leaving.before)]).toEqual([{ enable: false }, early(rolling.settings)])
  const entering = ofProxy(everySetting, shifting.settings)
  expect([early(entering.settings)?.enable, early(entering.before)]).toEqual([true, { enable: false }])
})

test('what a way back brings is what holds now, said in full', () => {
  expect(ofProxy('', ofProxy('').settings).before).toBeUndefined()
  expect(ofProxy(everySetting, {}).before).toEqual({
    ...ofProxy('').settings,
    deploymentConfiguration: {
      ...ofProxy('').settings.deploymentConfiguration,
      deploymentCircuitBreaker: {
        enable: false,
        rollback: false,
        resetOnHealthyTask: true,
        thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 50 },
      },
    },
  })
})

test('a way back brings the newest definition with which the service was steady, as that of ECS does', () => {
  const deployments = [
    { taskDefinition: 'proxy:3', rolloutState: 'IN_PROGRESS', createdAt: new Date(3) },
    { taskDefinition: 'proxy:1', rolloutState: 'COMPLETED', createdAt: new Date(1) },
    { taskDefinition: 'proxy:2', rolloutState: 'COMPLETED', createdAt: new Date(2) },
  ] satisfies Service['deployments']
  const previous = (live: Partial<Service>) => ofProxy('', { taskDefinition: 'proxy:3', ...live }).previous
  expect([previous({ deployments }), previous({ deployments: deployments.slice(0, 1) }), previous({})]).toEqual([
    'proxy:2',
    'proxy:3',
    'proxy:3',
  ])
})

test('settings that left the manifest are differences, and roll the service', () => {
  const before = ofProxy(everySetting)
  const after = ofProxy('', before.settings, before)
  const setting = (path: string, was: string | undefined, declared: string | undefined) => ({
    path: `deploymentConfiguration.${path}`,
    ...(declared === undefined ? {} : { declared }),
    ...(was === undefined ? {} : { deployed: was, live: was }),
    by: 'release',
  })
  expect(after).toMatchObject({ action: 'update' })
  expect(after.differences).toEqual([
    setting('alarms.alarmNames', 'errors, latency', undefined),
    setting('alarms.rollback', 'false', undefined),
    setting('deploymentCircuitBreaker.resetOnHealthyTask', 'false', 'true'),
    setting('deploymentCircuitBreaker.rollback', 'false', 'true'),
    setting('deploymentCircuitBreaker.thresholdConfiguration.type', 'COUNT', 'BOUNDED_PERCENT'),
    setting('deploymentCircuitBreaker.thresholdConfiguration.value', '7', '50'),
    setting('earlySuccessCriteria.enable', 'true', undefined),
    setting('earlySuccessCriteria.healthyPercent', '100', undefined),
    setting('earlySuccessCriteria.sourceServiceRevisionCleanup', 'DEFERRED', undefined),
    setting('lifecycleHooks.PAUSE', 'POST_SCALE_UP 1440 min ROLLBACK', undefined),
    setting('maximumPercent', '150', '200'),
    setting('minimumHealthyPercent', '50', '100'),
  ])
})

test('a service that says its settings in other words, or leaves ECS its defaults, does not change', () => {
  const sparse = { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } }
  const filled = {
    desiredCount: 3,
    deploymentConfiguration: {
      ...ofProxy('').settings.deploymentConfiguration,
      bakeTimeInMinutes: 0,
      alarms: { alarmNames: ['forgotten'], enable: false, rollback: true },
    },
  }
  const reordered = {
    deploymentConfiguration: {
      ...ofProxy(everySetting).settings.deploymentConfiguration,
      alarms: { rollback: false, enable: true, alarmNames: ['latency', 'errors'] },
      lifecycleHooks: [
        {
          lifecycleStages: ['POST_SCALE_UP' as const],
          timeoutConfiguration: { action: 'ROLLBACK' as const, timeoutInMinutes: 1440 },
          targetType: 'PAUSE' as const,
        },
      ],
    },
  }
  expect(ofProxy('', sparse)).toMatchObject({ action: 'unchanged', differences: [] })
  expect(ofProxy('', filled)).toMatchObject({ action: 'unchanged', differences: [] })
  expect(ofProxy(everySetting, reordered)).toMatchObject({ action: 'unchanged', differences: [] })
})

test('a setting that somebody changed by hand is told as theirs, and set back', () => {
  const deployed = ofProxy('')
  const { deploymentConfiguration } = deployed.settings
  const live = { ...deployed.settings, deploymentConfiguration: { ...deploymentConfiguration, maximumPercent: 120 } }
  expect(ofProxy('', live, deployed)).toMatchObject({
    action: 'update',
    differences: [
      { path: 'deploymentConfiguration.maximumPercent', declared: '200', deployed: '200', live: '120', by: 'outside' },
    ],
  })
})
