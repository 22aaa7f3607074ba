import { expect, test } from 'vitest'
import { annotatedYaml } from '../../annotated-yaml.ts'
import { forEnvironment } from '../../environment.ts'
import { readManifest } from '../../load.ts'
import type { ForeignFiles } from '../foreign.ts'
import { importCopilot } from './import-copilot.ts'

const filesOf = (texts: Record<string, string>): ForeignFiles => ({
  files: Object.keys(texts),
  read: async (path) => texts[path],
})

const texts = {
  'copilot/.workspace': 'application: shop\n',
  'copilot/environments/test/manifest.yml': 'name: test\ntype: Environment\n',
  'copilot/environments/prod/manifest.yml': 'name: prod\ntype: Environment\n',
  'copilot/front/manifest.yml': `
name: front
type: Load Balanced Web Service
image:
  build: { dockerfile: ./front/docker/Dockerfile, context: ./front, args: { MODE: release }, target: app }
  port: 8080
http:
  path: /
  alias: shop.example.com
  healthcheck: { path: /healthz, success_codes: '200,301', healthy_threshold: 3, unhealthy_threshold: 2, interval: 15s, timeout: 10s, grace_period: 60s }
cpu: 256
memory: 512
platform: linux/arm64
count: 1
exec: true
network: { vpc: { placement: private, security_groups: [sg-1] } }
variables: { LOG_LEVEL: info, STAGE: "\${COPILOT_ENVIRONMENT_NAME}" }
secrets:
  DB: /shop/\${COPILOT_ENVIRONMENT_NAME}/db
sidecars:
  nginx:
    port: 80
    image: nginx:1.27
    variables: { NGINX_PORT: 80 }
environments:
  prod:
    cpu: 512
    memory: 1024
    count: { range: 2-10, cpu_percentage: 70 }
    variables: { LOG_LEVEL: warn }
`,
  'copilot/api/manifest.yml': `
name: api
type: Backend Service
image:
  build: api/Dockerfile
  port: 3000
  healthcheck: { command: ["CMD-SHELL", "curl -f localhost:3000 || exit 1"], interval: 10s, retries: 2, timeout: 5s, start_period: 0s }
command: node server.ts
deployment: { rolling: recreate }
storage: { ephemeral: 50, volumes: { data: { efs: true } } }
taskdef_overrides: [{ path: "ContainerDefinitions[0].User", value: app }]
`,
  'copilot/worker/manifest.yml': `
name: worker
type: Worker Service
image: { location: public.ecr.aws/example/worker:1 }
subscribe: { topics: [{ name: orders, service: api }] }
secrets: { TOKEN: SHARED_TOKEN }
`,
  'copilot/report/manifest.yml': `
name: report
type: Scheduled Job
image: { build: report/Dockerfile }
on: { schedule: "cron(0 9 ? * MON-FRI *)" }
timeout: 1h
retries: 3
`,
  'copilot/site/manifest.yml': 'name: site\ntype: Static Site\n',
}

const imported = () => importCopilot(filesOf(texts), 'folder')

test('workloads of each kind become services and schedules, with what differs between environments', async () => {
  const { manifest } = readManifest(annotatedYaml((await imported())?.manifest ?? {}, '', () => undefined))
  expect(manifest.product).toBe('shop')
  const prod = forEnvironment(manifest, 'prod')
  const testing = forEnvironment(manifest, 'test')
  expect([prod.protected, testing.protected]).toEqual([true, false])
  expect(testing.services.front).toMatchObject({
    build: { context: 'front', dockerfile: 'docker/Dockerfile', args: { MODE: 'release' }, target: 'app' },
    ports: [{ port: 8080 }],
    balanced: true,
    health: { path: '/healthz', matcher: '200,301', healthy: 3, unhealthy: 2, interval: 15, timeout: 10, grace: 60 },
    size: { cpu: 256, memory: 512 },
    architecture: 'arm64',
    exec: true,
    count: { min: 1, max: 1 },
    env: { LOG_LEVEL: 'info', STAGE: 'test' },
    secrets: { DB: '/shop/test/db' },
    network: { securityGroups: ['sg-1'], publicIp: false },
    names: { logGroup: '/copilot/shop-test-front', repository: 'shop/front' },
    containers: { nginx: { image: 'nginx:1.27', portMappings: [{ containerPort: 80 }] } },
  })
  expect(prod.services.front).toMatchObject({
    size: { cpu: 512, memory: 1024 },
    count: { min: 2, max: 10, cpu: 70, autoscaled: true },
    env: { LOG_LEVEL: 'warn', STAGE: 'prod' },
  })
  expect(prod.services.api).toMatchObject({
    build: { context: 'api' },
    balanced: false,
    command: ['node', 'server.ts'],
    health: { command: ['CMD-SHELL', 'curl -f localhost:3000 || exit 1'], interval: 10, unhealthy: 2, timeout: 5, grace: 0 },
    deploy: { minimumPercent: 0, maximumPercent: 100 },
    storage: 50,
    network: { publicIp: true },
  })
  expect(prod.services.worker).toMatchObject({
    image: 'public.ecr.aws/example/worker:1',
    containers: { worker: { secrets: [{ name: 'TOKEN', valueFrom: 'SHARED_TOKEN' }] } },
  })
  expect(prod.services.report?.tasksOnly).toBe(true)
  expect(prod.schedules.report).toMatchObject({ service: 'report', when: { cron: '0 9 * * mon-fri' }, timeout: 3600 })
})

test('what kiban has no key for, and what is of the infrastructure, is told with its line', async () => {
  const lost = (await imported())?.lost
    .map(({ file, line, path, text }) => `${file.split('/')[1]}:${line} ${path}: ${text.en}`)
    .sort()
  expect(lost).toEqual(
    [
      'api:11 taskdef_overrides: kiban has no key for "taskdef_overrides"',
      'api:10 storage/volumes: kiban has no key for "volumes"',
      'front:9 http/alias: "alias" belongs to the infrastructure, which kiban leaves as it is',
      'report:7 retries: kiban has no key for "retries"',
      'site:2 type: the type "Static Site" is not one that becomes a service or schedule',
      'worker:5 subscribe: "subscribe" belongs to the infrastructure, which kiban leaves as it is',
    ].sort(),
  )
})

test('schedules in Copilot’s own words', async () => {
  const when = async (schedule: string) => {
    const one = await importCopilot(
      filesOf({
        'copilot/job/manifest.yml': `name: job\ntype: Scheduled Job\nimage: { location: x }\non: { schedule: "${schedule}" }\n`,
      }),
      'shop',
    )
    return (one?.manifest.schedules as Record<string, Record<string, unknown>> | undefined)?.job
  }
  expect(await when('@daily')).toMatchObject({ cron: '0 0 * * *' })
  expect(await when('@every 90m')).toMatchObject({ rate: '90 minutes' })
  expect(await when('*/5 * * * *')).toMatchObject({ cron: '*/5 * * * *' })
  expect(await when('rate(1 hour)')).toMatchObject({ rate: '1 hour' })
  expect(await when('none')).toBeUndefined()
})
