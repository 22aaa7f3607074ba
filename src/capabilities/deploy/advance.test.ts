import { afterAll, beforeAll, expect, test } from 'vitest'
import { bookshop, type DeployStage, deployed, deployStage, release, started } from '../../../test/deploy-stage.ts'
import { newId } from '../../core/ids.ts'
import { eventsAbout } from '../../database/events.ts'
import type { TaskPlan } from '../../sandbox/ecs/runtime.ts'
import type { Script } from '../../sandbox/ecs/scripted-runtime.ts'
import { advance } from './advance.ts'
import { subjectOf } from './deployment.ts'
import { findDeployment, migrationsOf, rolloutsOf } from './deployment-store.ts'
import { cancelDeployment, promote, rollBack } from './start.ts'

let stage: DeployStage
beforeAll(async () => {
  stage = await deployStage()
})
afterAll(() => stage.close())

const never = new AbortController().signal
const asking = () => ({
  actor: {
    kind: 'user' as const,
    name: 'aoi',
    grants: [{ role: 'sre' as const, product: '*', environment: '*' }],
    face: 'cli' as const,
  },
  requestId: newId('req'),
})
const wanted = {
  product: 'bookshop',
  environment: 'staging',
  services: [],
  keepSiblings: false,
  force: false,
  reason: undefined,
  plan: undefined,
}

/** Migrations end well; tasks of a release's service fail as told. */
const acts =
  (failing: { service: string; number: number; script: Script } | undefined = undefined) =>
  (task: TaskPlan): Script => {
    if (task.group.startsWith('family:')) return { exits: { after: 50, code: 0 } }
    const image = task.containers[0]?.image ?? ''
    const fails =
      failing && task.group.endsWith(`-${failing.service}`) && image.endsWith(String(failing.number).padStart(64, '0'))
    return fails ? failing.script : {}
  }

const outcome = async (id: string) =>
  (await rolloutsOf(stage.engine.database, id)).map(({ service, action, verdict }) => `${service} ${action} ${verdict}`)

const liveImages = async (environment = 'staging') => {
  const { services = [] } = await stage.ecs.describeServices({
    cluster: `bookshop-${environment}`,
    services: [`bookshop-${environment}-api`, `bookshop-${environment}-web`],
  })
  return Promise.all(
    services.map(async ({ taskDefinition }) => {
      const { taskDefinition: definition } = await stage.ecs.describeTaskDefinition({ taskDefinition })
      return Number(definition?.containerDefinitions?.[0]?.image?.slice(-10))
    }),
  )
}

test('genova 9.19: a first deployment creates the services after its migration, and the next one updates them', async () => {
  stage.act(acts())
  const { database } = stage.engine
  const first = await deployed(stage.engine, await release(database, 1))
  expect(first).toMatchObject({ state: 'done', verdict: 'succeeded', error: undefined, services: ['api', 'web'] })
  expect(await outcome(first.id)).toEqual(['api create succeeded', 'web create succeeded'])
  const second = await deployed(stage.engine, await release(database, 2))
  expect(await outcome(second.id)).toEqual(['api update succeeded', 'web update succeeded'])
  expect(await migrationsOf(database, second.id)).toMatchObject([{ task: 'migrate', exitCode: 0 }])
  expect(stage.plans.filter(({ group }) => group.startsWith('family:'))).toHaveLength(2)
  expect(await liveImages()).toEqual([2, 2])
  const types = (await eventsAbout(database, subjectOf(second))).map(({ type }) => type)
  expect(types.filter((type) => type.startsWith('deployment.'))).toEqual([
    'deployment.planned',
    'deployment.locked',
    'deployment.checked',
    'deployment.registered',
    'deployment.migrating',
    'deployment.rolling',
    'deployment.verifying',
    'deployment.ended',
  ])
})

test('what has not changed is not rolled, and its migration does not run', async () => {
  const again = await deployed(stage.engine, await release(stage.engine.database, 2))
  expect(again.verdict).toBe('succeeded')
  expect(await outcome(again.id)).toEqual(['api unchanged succeeded', 'web unchanged succeeded'])
  expect(await migrationsOf(stage.engine.database, again.id)).toEqual([])
})

test('when one service fails the one beside it is rolled back too', async () => {
  stage.act(acts({ service: 'web', number: 3, script: { failsToStart: 'CannotPullContainerError: not found' } }))
  const bad = await deployed(stage.engine, await release(stage.engine.database, 3))
  expect(bad).toMatchObject({ verdict: 'rolled-back', error: undefined })
  expect(await outcome(bad.id)).toEqual(['api update rolled-back', 'web update rolled-back'])
  expect(await liveImages()).toEqual([2, 2])
})

test('siblings that are to be kept stay on the new release', async () => {
  stage.act(acts({ service: 'web', number: 4, script: { failsToStart: 'CannotPullContainerError: not found' } }))
  const bad = await deployed(stage.engine, await release(stage.engine.database, 4), {
    options: { keepSiblings: true, force: false },
  })
  expect(bad.verdict).toBe('rolled-back')
  expect(await outcome(bad.id)).toEqual(['api update succeeded', 'web update rolled-back'])
  expect(await liveImages()).toEqual([4, 2])
})

test('a migration that fails leaves the services alone', async () => {
  stage.act((task) => (task.group.startsWith('family:') ? { exits: { after: 50, code: 3 } } : {}))
  const before = await liveImages()
  const bad = await deployed(stage.engine, await release(stage.engine.database, 5))
  expect(bad).toMatchObject({
    verdict: 'failed',
    error: { code: 'deploy.migration-failed', text: { en: expect.stringContaining('exit code 3') } },
  })
  expect(await liveImages()).toEqual(before)
  stage.act(acts())
})

test('genova 9.20: a deployment that somebody cancels is stopped and goes back', async () => {
  const good = await deployed(stage.engine, await release(stage.engine.database, 6))
  expect(good.verdict).toBe('succeeded')
  stage.act(acts({ service: 'api', number: 7, script: { startAfter: 60_000 } }))
  const { database } = stage.engine
  const id = await started(database, await release(database, 7))
  const end = advance(stage.engine, id, never)
  await expect
    .poll(async () => (await rolloutsOf(database, id)).map(({ view }) => view?.status), { timeout: 20_000 })
    .toContain('IN_PROGRESS')
  await cancelDeployment(stage.engine, asking(), id)
  await end
  expect(await findDeployment(database, id)).toMatchObject({ verdict: 'stopped', cancel: { by: 'aoi' } })
  expect(await liveImages()).toEqual([6, 6])
  await expect(cancelDeployment(stage.engine, asking(), good.id)).rejects.toMatchObject({ code: 'deployment.ended' })
})

test('genova 9.18: one operation goes back to the release before, with its digests', async () => {
  stage.act(acts())
  const { database } = stage.engine
  expect((await deployed(stage.engine, await release(database, 8))).verdict).toBe('succeeded')
  const request = asking()
  const { id, stops } = await rollBack(stage.engine, request, { ...wanted, to: undefined })
  await advance(stage.engine, id, never)
  expect(stops).toBe(false)
  expect(await rollBack(stage.engine, request, { ...wanted, to: undefined })).toEqual({ id, stops: false })
  expect(await findDeployment(database, id)).toMatchObject({ kind: 'rollback', verdict: 'succeeded' })
  expect(await liveImages()).toEqual([6, 6])
  await expect(rollBack(stage.engine, asking(), { ...wanted, to: '9999999' })).rejects.toMatchObject({
    code: 'release.none-earlier',
  })
})

test('a rollback while a rollout is under way stops it', async () => {
  stage.act(acts({ service: 'web', number: 9, script: { startAfter: 60_000 } }))
  const { database } = stage.engine
  const id = await started(database, await release(database, 9))
  const end = advance(stage.engine, id, never)
  await expect.poll(async () => (await findDeployment(database, id))?.state, { timeout: 20_000 }).toBe('verifying')
  const [first, second] = [asking(), asking()]
  expect(await rollBack(stage.engine, first, { ...wanted, to: undefined })).toEqual({ id, stops: true })
  expect(await rollBack(stage.engine, second, { ...wanted, to: undefined })).toEqual({ id, stops: true })
  await end
  expect((await findDeployment(database, id))?.verdict).toBe('stopped')
  // Made again because their answers were lost, they roll nothing further back.
  for (const again of [first, second]) {
    expect(await rollBack(stage.engine, again, { ...wanted, to: undefined })).toEqual({ id, stops: true })
    expect((await cancelDeployment(stage.engine, again, id)).verdict).toBe('stopped')
  }
  expect(await liveImages()).toEqual([6, 6])
  stage.act(acts())
})

test('after a deployment of one service, going back brings that one back and leaves the other', async () => {
  const { database } = stage.engine
  const partly = await deployed(stage.engine, await release(database, 10), { services: ['web'] })
  expect([partly.verdict, await liveImages()]).toEqual(['succeeded', [6, 10]])
  const { id } = await rollBack(stage.engine, asking(), { ...wanted, to: undefined })
  await advance(stage.engine, id, never)
  expect(await findDeployment(database, id)).toMatchObject({ services: ['web'], verdict: 'succeeded', error: undefined })
  expect(await liveImages()).toEqual([6, 6])
})

test('services that ran different releases before go back only by name', async () => {
  const { database } = stage.engine
  await deployed(stage.engine, await release(database, 11), { services: ['api'] })
  await deployed(stage.engine, await release(database, 12))
  await expect(rollBack(stage.engine, asking(), { ...wanted, to: undefined })).rejects.toMatchObject({
    code: 'release.mixed',
    details: [{ en: 'api ran 000000000000 before' }, { en: 'web ran 000000000000 before' }],
  })
  const { id } = await rollBack(stage.engine, asking(), { ...wanted, services: ['web'], to: undefined })
  await advance(stage.engine, id, never)
  expect(await liveImages()).toEqual([12, 6])
  const last = await rollBack(stage.engine, asking(), { ...wanted, to: `${'0'.repeat(39)}6` })
  await advance(stage.engine, last.id, never)
  expect(await liveImages()).toEqual([6, 6])
})

test("genova 9.9: promotion brings staging's digests to production", async () => {
  const id = await promote(stage.engine, asking(), { ...wanted, environment: 'production', from: 'staging' })
  await advance(stage.engine, id, never)
  expect(await findDeployment(stage.engine.database, id)).toMatchObject({
    kind: 'promotion',
    verdict: 'succeeded',
    error: undefined,
  })
  expect(await liveImages('production')).toEqual(await liveImages('staging'))
})

test('the same request starts one deployment', async () => {
  const { startDeployment } = await import('./start.ts')
  const request = asking()
  const of = await release(stage.engine.database, 6)
  const start = () => startDeployment(stage.engine, request, wanted, { kind: 'deploy', release: of })
  expect(await start()).toBe(await start())
})

const settingsOf = async (service: string) => {
  const { services = [] } = await stage.ecs.describeServices({
    cluster: 'bookshop-staging',
    services: [`bookshop-staging-${service}`],
  })
  const [{ deploymentConfiguration, desiredCount, enableExecuteCommand } = {}] = services
  return { deploymentConfiguration, desiredCount, enableExecuteCommand }
}

/** Both services with other settings than `bookshop`. */
const otherwise = bookshop
  .replace(
    'count: 2 }',
    'count: 3, exec: true, deploy: { maximum_percent: 150, early_success: { healthy_percent: 100, cleanup: blocking } } }',
  )
  .replace('web, count: 2', 'web, count: 1, deploy: { minimum_percent: 50, circuit_breaker: { threshold: 3 } }')

test('what ECS takes back by itself has the settings of before again', async () => {
  const { database } = stage.engine
  await deployed(stage.engine, await release(database, 22))
  const before = await settingsOf('web')
  stage.act(acts({ service: 'web', number: 23, script: { failsToStart: 'CannotPullContainerError: not found' } }))
  const bad = await deployed(stage.engine, await release(database, 23, otherwise), { services: ['web'] })
  expect(await outcome(bad.id)).toEqual(['web update rolled-back'])
  expect(await settingsOf('web')).toEqual(before)
  // Nobody asked for its way back: it is told as what it failed of.
  const [rollout] = await rolloutsOf(database, bad.id)
  expect([rollout?.undo, rollout?.causes?.map((cause) => cause.class)]).toEqual([undefined, ['image-missing']])
  expect((await eventsAbout(database, subjectOf(bad))).map(({ type }) => type)).toContain('rollout.settings-restored')
})

test('what is taken back because somebody asks has the settings of before, under way or done', async () => {
  const { database } = stage.engine
  const before = [await settingsOf('api'), await settingsOf('web')]
  stage.act(acts({ service: 'web', number: 24, script: { startAfter: 60_000 } }))
  const id = await started(database, await release(database, 24, otherwise))
  const end = advance(stage.engine, id, never)
  await expect.poll(() => outcome(id), { timeout: 20_000 }).toEqual(['api update succeeded', 'web update undefined'])
  expect(await settingsOf('api')).not.toEqual(before[0])
  await cancelDeployment(stage.engine, asking(), id)
  await end
  expect(await outcome(id)).toEqual(['api update stopped', 'web update stopped'])
  expect([await settingsOf('api'), await settingsOf('web')]).toEqual(before)
  stage.act(acts())
})

test('a setting that somebody changes while ECS goes back stays theirs', async () => {
  const { database } = stage.engine
  stage.act(acts({ service: 'web', number: 27, script: { startAfter: 60_000 } }))
  const id = await started(database, await release(database, 27, otherwise), { services: ['web'] })
  const end = advance(stage.engine, id, never)
  await expect.poll(async () => (await settingsOf('web')).desiredCount, { timeout: 20_000 }).toBe(1)
  await stage.ecs.updateService({ cluster: 'bookshop-staging', service: 'bookshop-staging-web', desiredCount: 4 })
  await cancelDeployment(stage.engine, asking(), id)
  await end
  expect(await findDeployment(database, id)).toMatchObject({ verdict: 'stopped' })
  expect((await settingsOf('web')).desiredCount).toBe(4)
  stage.act(acts())
})

test('going back to a release brings its settings, and takes no tasks away', async () => {
  const { database } = stage.engine
  await deployed(stage.engine, await release(database, 25))
  const plain = [await settingsOf('api'), await settingsOf('web')]
  expect((await deployed(stage.engine, await release(database, 26, otherwise))).verdict).toBe('succeeded')
  expect([await settingsOf('api'), await settingsOf('web')]).toMatchObject([{ desiredCount: 3 }, { desiredCount: 1 }])
  const { id } = await rollBack(stage.engine, asking(), { ...wanted, to: undefined })
  await advance(stage.engine, id, never)
  expect(await findDeployment(database, id)).toMatchObject({ verdict: 'succeeded', error: undefined })
  expect([await settingsOf('api'), await settingsOf('web')]).toEqual([{ ...plain[0], desiredCount: 3 }, plain[1]])
})

test('settings that leave the manifest leave the service too, and then it does not change', async () => {
  stage.act(acts())
  const { database } = stage.engine
  const configuration = async () => {
    const { services = [] } = await stage.ecs.describeServices({
      cluster: 'bookshop-staging',
      services: ['bookshop-staging-web'],
    })
    return services[0]?.deploymentConfiguration
  }
  const plain = await configuration()
  const deploy = {
    circuit_breaker: { threshold: 7, reset_on_healthy: false },
    early_success: { healthy_percent: 100, cleanup: 'blocking' },
    maximum_percent: 150,
  }
  const fancy = bookshop.replace('web, count: 2', `web, count: 2, deploy: ${JSON.stringify(deploy)}`)
  const set = await deployed(stage.engine, await release(database, 20, fancy), { services: ['web'] })
  expect(await outcome(set.id)).toEqual(['web update succeeded'])
  expect(await configuration()).toMatchObject({
    deploymentCircuitBreaker: { resetOnHealthyTask: false, thresholdConfiguration: { type: 'COUNT', value: 7 } },
    earlySuccessCriteria: { enable: true },
    maximumPercent: 150,
  })
  // By hand, as in the AWS console; with alarms a rollout would bake for minutes.
  await stage.ecs.updateService({
    cluster: 'bookshop-staging',
    service: 'bookshop-staging-web',
    deploymentConfiguration: {
      alarms: { alarmNames: ['errors'], enable: true, rollback: true },
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
    },
  })
  const bare = await release(database, 21)
  const unset = await deployed(stage.engine, bare, { services: ['web'] })
  expect(await outcome(unset.id)).toEqual(['web update succeeded'])
  expect(unset.plan?.services[0]?.differences).toContainEqual({
    path: 'deploymentConfiguration.lifecycleHooks.PAUSE',
    live: 'POST_SCALE_UP 1440 min ROLLBACK',
    by: 'outside',
  })
  expect(await configuration()).toEqual(plain)
  const again = await deployed(stage.engine, bare, { services: ['web'] })
  expect(await outcome(again.id)).toEqual(['web unchanged succeeded'])
})
