// A plan as a person asks for it: of a commit whose images nobody has built, beside what somebody changed by hand.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRepository, type TestRepository } from '../../../test/git-repository.ts'
import { type ProcessStage, processStage } from '../../../test/process-stage.ts'
import { scriptedRuntime } from '../../sandbox/ecs/scripted-runtime.ts'
import { planCommit } from './plan-commit.ts'
import { PlanShape } from './shapes.ts'
import { showPlan } from './show-plan.ts'

let stage: ProcessStage
let folder: string
let repository: TestRepository
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kiban-plan-'))
  repository = makeRepository(join(folder, 'repository'))
  stage = await processStage({ tasks: { runtime: (cloud) => scriptedRuntime(cloud.clock), timings: { settling: 300 } } })
  process.env.KIBAN_BUILDER = 'process'
})
afterAll(async () => {
  delete process.env.KIBAN_BUILDER
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

const manifest = (level: string) =>
  JSON.stringify({
    product: 'shop',
    account: '123456789012',
    region: 'ap-northeast-1',
    environments: { staging: {} },
    services: { web: { build: '.', env: { LOG_LEVEL: level } } },
  })
const planned = async () => {
  const wanted = {
    product: 'shop',
    environment: 'staging',
    services: [],
    repository: repository.folder,
    ref: 'HEAD',
    force: false,
  }
  return PlanShape.parse(await planCommit({ ...stage.engine, dataFolder: folder }, wanted, new AbortController().signal))
}

test('a commit that is not built yet is planned with what it needs first, and nothing is built', async () => {
  const commit = repository.commit('Open the shop', { 'kiban.yml': manifest('info'), Dockerfile: 'FROM node:24' })
  const plan = await planned()
  expect(plan.services).toMatchObject([{ service: 'web', action: 'create', image: undefined }])
  expect(plan.services[0]?.differences).toContainEqual({
    path: 'web.image',
    declared: `to be built from ${commit}`,
    by: 'release',
  })
  expect(plan.findings.filter(({ severity }) => severity === 'problem').map(({ class: of, place }) => `${of} ${place}`)).toEqual([
    'repository-missing services/web/names/repository',
    'log-group-missing services/web/names/log_group',
    'role-missing services/web/names/execution_role',
    'role-missing services/web/names/task_role',
  ])
  const { repositories } = await stage.ecr.describeRepositories({})
  expect(repositories).toEqual([])
})

test('what somebody changed by hand is told with their name, beside what this release changes', async () => {
  await stage.deploy({ web: { image: { files: { 'main.js': '' } }, manifest: { env: { LOG_LEVEL: 'info' } } } })
  const { taskDefinition } = await stage.ecs.describeTaskDefinition({ taskDefinition: 'shop-staging-web' })
  const [own] = taskDefinition?.containerDefinitions ?? []
  const changed = { ...own, environment: [{ name: 'LOG_LEVEL', value: 'trace' }] }
  await stage.ecs.registerTaskDefinition({
    ...(taskDefinition as object),
    family: 'shop-staging-web',
    containerDefinitions: [changed],
  } as never)
  await stage.ecs.updateService({ cluster: 'shop-staging', service: 'shop-staging-web', taskDefinition: 'shop-staging-web' })

  repository.commit('Log more', { 'kiban.yml': manifest('debug') })
  const plan = await planned()
  expect(plan.services[0]?.differences).toContainEqual({
    path: 'web.environment.LOG_LEVEL',
    declared: 'debug',
    deployed: 'info',
    live: 'trace',
    by: 'both',
  })
  expect(plan.services[0]?.outside?.by).toMatch(/^arn:aws:iam::123456789012:/)
  const shown = JSON.stringify(showPlan(plan))
  expect(shown).toContain('The live definition was registered outside kiban by ')
  expect(shown).toMatch(/trace.*debug.*changed outside kiban.*kiban deployed.*info/)
})
