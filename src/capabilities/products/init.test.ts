import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { loadManifest } from '../../manifest/load.ts'
import { yamlValue } from '../../manifest/yaml-document.ts'
import { initProduct } from './init.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function repository(files: Record<string, string>): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'kiban-init-')), 'my-shop')
  folders.push(dirname(folder))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

/** What init would write, which must always be valid. */
async function written(files: Record<string, string>): Promise<{ value: Record<string, unknown>; text: string }> {
  const { text } = await initProduct({ folder: await repository(files), print: true, comments: 'en' }, {})
  expect(loadManifest(text).problems).toEqual([])
  const { environments, ...value } = yamlValue(text) as Record<string, unknown>
  expect(environments).toEqual({ staging: {}, production: { protected: true } })
  return { value, text }
}

describe('a repository with', () => {
  test('a Dockerfile and a package.json', async () => {
    const { value, text } = await written({
      'package.json': JSON.stringify({
        name: '@acme/book_shop',
        scripts: { start: 'node --enable-source-maps server.js', migrate: 'node migrate.js' },
      }),
      'server.js': "app.get('/healthz', ok)\napp.listen(process.env.PORT || 8080)",
      Dockerfile: 'FROM node:24\nCMD ["node", "server.js"]',
    })
    expect(value).toEqual({
      product: 'book-shop',
      services: { web: { build: '.', port: 8080, health: '/healthz', before: ['migrate'] } },
      tasks: { migrate: { service: 'web', command: ['node', 'migrate.js'] } },
    })
    expect(text).toContain('port: 8080 # server.js listens on it')
    expect(text).toContain('health: /healthz # server.js answers it')
  })

  test('several Dockerfiles in folders, of which one is for development only', async () => {
    const { value } = await written({
      'api/Dockerfile': 'FROM node:24\nEXPOSE 3000\nHEALTHCHECK CMD curl -f http://localhost:3000/livez || exit 1',
      'web/Dockerfile': 'FROM nginx\nEXPOSE 80/tcp',
      'web/Dockerfile.dev': 'FROM nginx',
      'node_modules/x/Dockerfile': 'FROM x',
    })
    expect(value).toEqual({
      product: 'my-shop',
      services: { api: { build: './api', port: 3000, health: '/livez' }, web: { build: './web', port: 80, health: '/' } },
    })
  })

  test('Rails, Sidekiq and a Procfile', async () => {
    const { value } = await written({
      Gemfile: "gem 'rails', '~> 8.0'\ngem 'sidekiq'",
      Dockerfile: 'FROM ruby:3.4\nEXPOSE 3000',
      'config/routes.rb': 'get "up" => "rails/health#show", as: :rails_health_check',
      'db/schema.rb': '',
      Procfile: 'web: bundle exec puma -p 3000\nworker: bundle exec sidekiq\nrelease: bundle exec rails db:migrate\nodd: a | b',
    })
    expect(value).toEqual({
      product: 'my-shop',
      services: {
        web: { build: '.', command: ['bundle', 'exec', 'puma', '-p', '3000'], port: 3000, health: '/up', before: ['migrate'] },
        worker: { build: '.', command: ['bundle', 'exec', 'sidekiq'] },
        odd: { build: '.' },
      },
      tasks: { migrate: { service: 'web', command: ['bundle', 'exec', 'rails', 'db:migrate'] } },
    })
  })

  test('an ECS task definition and ecspresso', async () => {
    const definition = {
      family: 'legacy-api',
      cpu: '512',
      memory: '5120',
      executionRoleArn: 'arn:aws:iam::123456789012:role/legacy-execution',
      containerDefinitions: [
        {
          name: 'app',
          image: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/legacy:latest',
          portMappings: [{ containerPort: 9292 }],
          command: ['rackup'],
          environment: [
            { name: 'RACK_ENV', value: 'production' },
            { name: 'API_TOKEN', value: 'hunter2-hunter2' },
          ],
          secrets: [{ name: 'DB', valueFrom: '/legacy/production/applications/db' }],
        },
        { name: 'datadog' },
      ],
    }
    const { value, text } = await written({
      'ecs/ecspresso.yml': 'region: ap-northeast-1\ncluster: main\nservice: legacy-api\ntask_definition: task.json',
      'ecs/task.json': JSON.stringify(definition),
    })
    expect(value).toEqual({
      product: 'my-shop',
      region: 'ap-northeast-1',
      services: {
        'legacy-api': {
          build: '.',
          command: ['rackup'],
          port: 9292,
          health: '/',
          size: '0.5vCPU/4GB',
          env: { RACK_ENV: 'production' },
          secrets: { DB: '/legacy/production/applications/db' },
          names: {
            cluster: 'main',
            service: 'legacy-api',
            family: 'legacy-api',
            execution_role: 'arn:aws:iam::123456789012:role/legacy-execution',
          },
        },
      },
    })
    expect(text).not.toContain('hunter2')
    expect(text).toContain('not taken over from ecs/task.json: container datadog')
  })

  test('a Compose file', async () => {
    const { value } = await written({
      'compose.yaml': `services:
  app:
    build: ./app
    ports: ["8080:3000"]
    environment: { LOG_LEVEL: info, DATABASE_URL: "postgres://u:hunter2@db/x" }
  db: { image: "postgres:18" }`,
      'app/Dockerfile': 'FROM node:24\nEXPOSE 9999',
    })
    expect(value).toEqual({
      product: 'my-shop',
      services: { app: { build: './app', port: 3000, health: '/', env: { LOG_LEVEL: 'info' }, secrets: ['database-url'] } },
    })
  })

  test("Copilot's manifests", async () => {
    const { value } = await written({
      'copilot/api/manifest.yml': `name: api
type: Load Balanced Web Service
image: { build: api/Dockerfile, port: 8080 }
http: { path: "/", healthcheck: /ok }
cpu: 256
memory: 512
count: { range: 1-10 }
secrets: { KEY: /copilot/x/secrets/KEY }
exec: true`,
      'api/Dockerfile': 'FROM node:24',
    })
    expect(value).toEqual({
      product: 'my-shop',
      services: {
        api: {
          build: './api',
          port: 8080,
          health: '/ok',
          size: '0.25vCPU/0.5GB',
          count: '1-10',
          secrets: { KEY: '/copilot/x/secrets/KEY' },
          exec: true,
        },
      },
    })
  })

  test('files that are broken or hostile', async () => {
    const { value } = await written({
      Dockerfile: 'FROM node:24\nEXPOSE 99999',
      'package.json': '{ "name": "../../etc", "scripts": [',
      'compose.yaml': 'services: &a [*a]',
      'ecspresso.yml': '{{ must_env `X` }}',
      'ecs-task.json':
        '{"containerDefinitions": [{"name": "x", "cpu": -1, "memory": "a", "portMappings": "no", "command": [1]}]}',
      'copilot/x/manifest.yml': 'type: 3',
      Procfile: 'web: rm -rf $HOME',
    })
    expect(value).toEqual({ product: 'my-shop', services: { x: { build: '.' }, web: { build: '.' } } })
  })
})

test('the file is written once, and replaced only by force', async () => {
  const folder = await repository({ Dockerfile: 'FROM scratch' })
  const { file, text } = await initProduct({ folder, comments: 'en' }, {})
  expect(await readFile(file, 'utf8')).toBe(text)
  await writeFile(file, 'mine')
  await expect(initProduct({ folder }, {})).rejects.toMatchObject({ kind: 'conflict', code: 'manifest.exists' })
  expect(await readFile(file, 'utf8')).toBe('mine')
  await initProduct({ folder, force: true, comments: 'en' }, {})
  expect(await readFile(file, 'utf8')).toBe(text)
})

test('a link is never written through nor followed', async () => {
  const folder = await repository({ Dockerfile: 'FROM scratch' })
  const victim = join(dirname(folder), 'victim')
  await writeFile(victim, 'precious')
  await symlink(victim, join(folder, 'kiban.yml'))
  await symlink(victim, join(folder, 'package.json'))
  await expect(initProduct({ folder }, {})).rejects.toMatchObject({ code: 'manifest.exists' })
  expect(await readFile(victim, 'utf8')).toBe('precious')
})

test('comments are in the language of the reader', async () => {
  const folder = await repository({ Dockerfile: 'FROM scratch' })
  const { text } = await initProduct({ folder, print: true }, { LANG: 'ja_JP.UTF-8' })
  expect(text).toContain('build: . # Dockerfile があるため')
})

test('a folder with nothing to go by is told so', async () => {
  const folder = await repository({ 'README.md': '' })
  await expect(initProduct({ folder }, {})).rejects.toMatchObject({ kind: 'not-found', code: 'repository.unrecognized' })
})
