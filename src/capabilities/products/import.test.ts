import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readManifest } from '../../manifest/load.ts'
import { importGenovaFiles } from './import-genova-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-import-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

const template = `
family: web
network_mode: awsvpc
requires_compatibilities: [FARGATE]
cpu: 256
memory: 512
container_definitions: [{ name: app, image: "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web:{{tag}}" }]
`
const deploy = (service = '') =>
  `clusters: [{ name: staging, services: { web: { path: web.yml, containers: [{ name: app, build: .. }]${service} } } }]\n`
const genova = (service?: string) => ({ 'config/deploy.yml': deploy(service), 'config/web.yml': template })
const options = () => ({ dir: folder, write: false, force: false, product: 'shop', language: 'en' as const })
const manifest = () => readFile(join(folder, 'kiban.yml'), 'utf8')

test('nothing is written unless it is asked, and never over what is there, but by force', async () => {
  await write(genova())
  const shown = await importGenovaFiles(options())
  await expect(manifest()).rejects.toThrow()
  await importGenovaFiles({ ...options(), write: true })
  expect(await manifest()).toBe(shown.text)
  expect(readManifest(shown.text).manifest.product).toBe('shop')
  await write({ 'kiban.yml': 'product: mine\n' })
  await expect(importGenovaFiles({ ...options(), write: true })).rejects.toMatchObject({ code: 'manifest.exists' })
  expect(await manifest()).toBe('product: mine\n')
  await importGenovaFiles({ ...options(), write: true, force: true })
  expect(await manifest()).toBe(shown.text)
})

test('workflows of the repository at hand go into its manifest, those of others are shown', async () => {
  const step = (repository: string, resource: string) =>
    `[{ repository: ${repository}, cluster: staging, type: service, resources: [${resource}] }]`
  await write({
    ...genova(),
    'settings.yml': `workflows:\n  - { name: release, steps: ${step('shop', 'web')} }\n  - { name: other, steps: ${step('storefront', 'front')} }\n`,
  })
  const made = await importGenovaFiles({ ...options(), settings: join(folder, 'settings.yml') })
  expect(readManifest(made.text).manifest.workflows).toEqual({ release: { steps: [{ deploy: ['web'] }] } })
  expect(made.settings?.workflows.map(({ product }) => product)).toEqual(['storefront'])
})

test('what the manifest’s own check refuses is left out and told, so that what is written is sound', async () => {
  await write(genova(', desired_count: 1, minimum_healthy_percent: 100, maximum_percent: 100'))
  const made = await importGenovaFiles(options())
  expect(readManifest(made.text).manifest.services.web).toBeDefined()
  expect(made.lost.map(({ path, text }) => `${path} ${text.en}`)).toEqual([
    'services/web/deploy/maximum_percent left out: with 1 task(s) this rollout can neither start a new task nor stop an old one; raise maximum_percent or lower minimum_percent',
  ])
})

test('a share of a count that is kept may be any: nobody knows the count', async () => {
  await write(genova(', minimum_healthy_percent: 50, maximum_percent: 100'))
  expect((await importGenovaFiles(options())).lost).toEqual([])
})

test('a folder without files of the tool says what was looked for', async () => {
  await expect(importGenovaFiles(options())).rejects.toMatchObject({
    code: 'import.nothing-found',
    hint: { en: 'Name the repository that has config/deploy.yml, */config/deploy.yml' },
  })
})
