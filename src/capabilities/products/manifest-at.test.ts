import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRepository, type TestRepository } from '../../../test/git-repository.ts'
import { manifestAt, productOf } from './manifest-at.ts'

let folder: string
let repository: TestRepository
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-manifest-at-'))
  repository = makeRepository(join(folder, 'shop'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (files: Record<string, string>) => {
  repository.git('rm', '-rq', '--ignore-unmatch', '.')
  const commit = repository.commit('Change', files)
  return manifestAt({ repository: repository.folder, dataFolder: join(folder, 'data'), commit }, undefined)
}

const template = (tag = '{{tag}}') => `
family: web
network_mode: awsvpc
requires_compatibilities: [FARGATE]
cpu: 256
memory: 512
container_definitions: [{ name: app, image: "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web:${tag}" }]
`
const deploy = (path = 'web.yml') => `
auto_deploy:
  - branch: main
    steps:
      - { type: service, cluster: staging, resources: [web] }
      - { type: scheduled_task, cluster: staging, resources: ["nightly:report"] }
  - branch: nightly
    steps: [{ type: scheduled_task, cluster: staging, resources: ["nightly:report"] }]
clusters:
  - name: staging
    services: { web: { path: ${path}, containers: &built [{ name: app, build: .. }] } }
    scheduled_tasks:
      - { rule: nightly, expression: cron(0 18 * * ? *), targets: [{ name: report, path: web.yml, containers: *built }] }
`

test('genova’s rules go on as they are: a conversion in memory brings no schedule that would start the same again', async () => {
  const found = await at({ 'config/deploy.yml': deploy(), 'config/web.yml': template() })
  expect(found?.manifest).toMatchObject({ product: 'shop', services: { web: { build: { context: '.' } } } })
  expect(found?.manifest.schedules).toBeUndefined()
  expect(found?.manifest.workflows).toEqual({ 'on-main': { steps: [{ deploy: ['web'] }] } })
  expect(found?.manifest.auto_deploy).toEqual({ main: { environment: 'staging', workflow: 'on-main' } })
  expect(found?.notice?.en).toMatch(
    /^There is no kiban\.yml: read from config\/deploy\.yml of genova\..*its rules stay as they are/,
  )
})

test('what would be deployed otherwise than genova deploys it is refused, with every place', async () => {
  await expect(at({ 'config/deploy.yml': deploy('gone.yml'), 'config/web.yml': template() })).rejects.toMatchObject({
    code: 'import.blocked',
    details: [{ en: 'config/deploy.yml:11:30 clusters/0/services/web/path: there is no config/gone.yml' }],
  })
})

test('a kiban.yml counts alone, and a repository with neither has none', async () => {
  const own = 'product: mine\nservices: { web: { image: nginx } }\n'
  const found = await at({ 'kiban.yml': own, 'config/deploy.yml': deploy(), 'config/web.yml': template() })
  expect([found?.manifest.product, found?.notice]).toEqual(['mine', undefined])
  expect(await at({ 'config/deploy.yml': 'service: shop\nimage: shop\n' })).toBeUndefined()
})

test('a repository is called by the last part of its address', () => {
  expect(
    ['git@github.com:example/Shop_API.git', 'https://example.com/a/shop.git/', '/srv/shop', 'host:shop'].map(productOf),
  ).toEqual(['shop-api', 'shop', 'shop', 'shop'])
})
