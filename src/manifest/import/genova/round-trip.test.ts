// What kiban renders from the kiban.yml that it wrote is what genova would have rendered from its own files.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { taskDefinition } from '../../../capabilities/deploy/definition.ts'
import { annotatedYaml } from '../../annotated-yaml.ts'
import { type EnvironmentManifest, forEnvironment, type ServiceManifest } from '../../environment.ts'
import { readManifest } from '../../load.ts'
import { ecsSees } from '../ecs-sees-for-tests.ts'
import { genovaRenders, onTheWire, rubyYaml, type Snake } from './genova-for-tests.ts'
import { importGenova } from './import-genova.ts'

const ACCOUNT = '123456789012'
const REGISTRY = `${ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com`
/** As long as the part of a commit that stands in definitions. */
const TAG = 'build-123456'
const decrypt = (ciphertext: string) => `plain text of ${ciphertext}`

type Texts = Record<string, string>

/** The environments of the manifest that is written for these files. */
async function written(texts: Texts): Promise<(environment: string) => EnvironmentManifest> {
  const imported = await importGenova({ files: Object.keys(texts), read: async (path) => texts[path] }, 'shop')
  expect(imported?.lost).toEqual([])
  const { manifest } = readManifest(annotatedYaml(imported?.manifest ?? {}, '', () => undefined))
  return (environment) => forEnvironment(manifest, environment)
}

function kibanRenders(service: ServiceManifest | undefined): unknown {
  if (!service) return undefined
  const image = (repository: string) => `${REGISTRY}/${repository}:${TAG}`
  const beside = Object.entries(service.sidecars).map(([name, { repository }]) => [name, image(repository)])
  const images = { own: service.image ?? image(service.names.repository), beside: Object.fromEntries(beside) }
  const made = taskDefinition(service, images, { account: ACCOUNT, region: 'ap-northeast-1' }, { commit: TAG })
  const containerDefinitions = made.containerDefinitions?.map((container) => ({
    ...container,
    environment: container.environment?.map(({ name, value }) => ({
      name,
      value: value?.startsWith('kms:') ? decrypt(value.slice('kms:'.length)) : value,
    })),
  }))
  return ecsSees({ ...made, containerDefinitions }, ACCOUNT)
}

interface Entry {
  path: string
  task_overrides?: Snake
  task_role?: string
  task_execution_role?: string
}

function theirs(texts: Texts, { path, task_overrides, task_role, task_execution_role }: Entry): unknown {
  const made = genovaRenders(texts[`config/${path.replace('./', '')}`] ?? '', task_overrides, TAG, decrypt)
  // genova gives them to RunTask as overrides; here they are of the definition.
  const roles = {
    ...(task_role ? { taskRoleArn: task_role } : {}),
    ...(task_execution_role ? { executionRoleArn: task_execution_role } : {}),
  }
  return ecsSees({ ...(onTheWire(made) as Snake), ...roles }, ACCOUNT)
}

interface Cluster {
  name: string
  services?: Record<string, Entry>
  run_tasks?: Record<string, Entry>
  scheduled_tasks?: { targets: (Entry & { name: string })[] }[]
}

const clustersOf = (texts: Texts) => (rubyYaml(texts['config/deploy.yml'] ?? '') as { clusters: Cluster[] }).clusters

const TEMPLATE = `
family: shop-api
network_mode: awsvpc
requires_compatibilities: [FARGATE]
cpu: 512
memory: 1 GB
execution_role_arn: arn:aws:iam::${ACCOUNT}:role/shop-execution
task_role_arn: arn:aws:iam::${ACCOUNT}:role/service-role/shop-api
ephemeral_storage: { size_in_gi_b: 40 }
pid_mode: task
volumes:
  - name: assets
  - name: files
    efs_volume_configuration: { file_system_id: fs-1, transit_encryption: ENABLED }
container_definitions:
  - name: rails
    image: "${REGISTRY}/shop/rails:{{tag}}"
    essential: true
    command: [bundle, exec, puma]
    entry_point: [/sbin/tini, "--"]
    working_directory: /app
    user: app
    stop_timeout: 90
    environment:
      - { name: DD_ENV, value: staging }
      - { name: DD_VERSION, value: "{{tag}}" }
      - { name: RATE, value: 1.0 }
      - { name: THREADS, value: 5 }
      - { name: DEBUG, value: no }
      - { name: EMPTY, value: }
      - { name: SECRET_KEY, value: "\${AQICAHgSecretKey+/=}" }
    secrets:
      - { name: DB_PASSWORD, value_from: /shop/staging/applications/db-password }
      - { name: API_KEY, value_from: "arn:aws:secretsmanager:ap-northeast-1:${ACCOUNT}:secret:key-AbCdEf:json::" }
    port_mappings: [{ container_port: 3000 }]
    health_check: { command: [CMD-SHELL, curl -f localhost:3000/up || exit 1], interval: 10 }
    depends_on: [{ container_name: log-router, condition: START }]
    ulimits: [{ name: nofile, soft_limit: 65536, hard_limit: 65536 }]
    mount_points: [{ source_volume: assets, container_path: /app/public }]
    docker_labels: { com.example.team_name: shop }
    log_configuration:
      log_driver: awsfirelens
      options: { Name: forward, Host: "10.0.0.1" }
  - name: nginx
    image: "${REGISTRY}/shop/nginx:{{tag}}"
    port_mappings: [{ container_port: 80, protocol: tcp }]
    mount_points: [{ source_volume: assets, container_path: /assets, read_only: true }]
    environment: [{ name: UPSTREAM, value: "localhost:3000" }, { name: TOKEN, value: "\${AQICAHgToken}" }]
    log_configuration:
      log_driver: awslogs
      options: { awslogs-group: /shop/staging, awslogs-region: ap-northeast-1, awslogs-stream-prefix: nginx }
  - name: log-router
    image: public.ecr.aws/aws-observability/aws-for-fluent-bit:2
    essential: false
    firelens_configuration: { type: fluentbit, options: { enable-ecs-log-metadata: "true" } }
`

const ON_INSTANCES = `
family: shop-batch
requires_compatibilities: [EC2]
container_definitions:
  - name: batch
    image: "${REGISTRY}/shop/batch:{{tag}}"
    memory_reservation: 256
    cpu: 128
    links: [db]
    port_mappings: [{ container_port: 8080, host_port: 0 }]
    linux_parameters: { init_process_enabled: true, capabilities: { add: [SYS_PTRACE] } }
    log_configuration:
      log_driver: awslogs
      options: { awslogs-group: /shop/batch, awslogs-region: us-east-1, awslogs-stream-prefix: other, awslogs-create-group: "true" }
`

test('of services, tasks and schedules in two environments, on Fargate and on instances', async () => {
  const texts: Texts = {
    'config/deploy.yml': `
defaults: &defaults
  containers: &built
    - { name: rails, build: { context: .., dockerfile: docker/rails/Dockerfile, target: app, args: { RAILS_ENV: production, JOBS: 4 } } }
    - { name: nginx, build: ../docker/nginx }
clusters:
  - name: shop-staging
    services:
      api:
        path: ./deploy/api.yml
        containers: *built
        task_overrides:
          cpu: 1024
          memory: 2048
          container_definitions:
            - { name: rails, command: [bundle, exec, puma, -C, config/puma.rb], environment: [{ name: DD_ENV, value: st }, { name: NEW, value: 1 }] }
      worker:
        path: ./deploy/api.yml
        containers: *built
      batch: { path: ./deploy/batch.yml, containers: [{ name: batch, build: .. }], desired_count: 2 }
    run_tasks:
      migrate: { path: ./deploy/api.yml, containers: *built, launch_type: FARGATE }
      seed: { path: ./deploy/api.yml, containers: *built, task_role: shop-seed, task_execution_role: shop-seed-execution, task_overrides: { cpu: 256, memory: 512 } }
    scheduled_tasks:
      - rule: nightly
        expression: cron(0 18 ? * MON-FRI *)
        targets:
          - { name: report, path: ./deploy/api.yml, containers: *built, container_overrides: [{ name: rails, command: [rake, report] }] }
  - name: shop-production
    services:
      api: { path: ./deploy/production.yml, containers: *built }
    run_tasks:
      migrate: { path: ./deploy/production.yml, containers: *built }
`,
    'config/deploy/api.yml': TEMPLATE,
    'config/deploy/production.yml': TEMPLATE.replaceAll('staging', 'production')
      .replace('cpu: 512', 'cpu: 2048')
      .replace('memory: 1 GB', 'memory: 4096')
      .replace('ephemeral_storage: { size_in_gi_b: 40 }\n', '')
      .replace(/task_role_arn: .*\n/, ''),
    'config/deploy/batch.yml': ON_INSTANCES,
  }
  // Anchors at the top are how people share; genova looks only at what it knows.
  const imported = await importGenova({ files: Object.keys(texts), read: async (path) => texts[path] }, 'shop')
  expect(imported?.lost.map(({ line, text }) => `${line} ${text.en}`)).toEqual(['2 "defaults" is no key of that tool'])
  const { manifest } = readManifest(annotatedYaml(imported?.manifest ?? {}, '', () => undefined))
  let compared = 0
  for (const { name, services = {}, run_tasks = {}, scheduled_tasks = [] } of clustersOf(texts)) {
    const here = forEnvironment(manifest, name.replace('shop-', ''))
    expect(here.names.cluster).toBe(name)
    const targets = Object.fromEntries(scheduled_tasks.flatMap((one) => one.targets.map((target) => [target.name, target])))
    const lent = (jobs: Record<string, Entry>, of: EnvironmentManifest['tasks']) =>
      Object.entries(jobs).map(([job, entry]) => [job, here.services[of[job]?.service ?? ''], entry] as const)
    const all = [
      ...Object.entries(services).map(([service, entry]) => [service, here.services[service], entry] as const),
      ...lent(run_tasks, here.tasks),
      ...lent(targets, here.schedules),
    ]
    for (const [what, service, entry] of all) {
      expect(kibanRenders(service), `${name} ${what}`).toEqual(theirs(texts, entry))
      compared++
    }
  }
  expect(compared).toBe(8)
  const { staging, production } = {
    staging: forEnvironment(manifest, 'staging'),
    production: forEnvironment(manifest, 'production'),
  }
  // What has the same definition shares it; what is not in an environment is not there.
  expect(staging.tasks.migrate?.service).toBe('worker')
  expect(production.tasks.migrate?.service).toBe('api')
  expect(Object.keys(production.services)).toEqual(['api'])
  expect(staging.services.seed?.tasksOnly).toBe(true)
})

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const variable = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/)
const scalar = fc.oneof(
  fc.stringMatching(/^[ -~]{0,12}$/).filter((text) => !/\{|\$/.test(text)),
  fc.integer({ min: 0, max: 9999 }),
  fc.boolean(),
  fc.constant('{{tag}}'),
  fc.constant(`\${QUJD}`),
)
const named = (value: fc.Arbitrary<unknown>, key: string) =>
  fc.uniqueArray(fc.record({ name: variable, [key]: value }), { maxLength: 4, selector: ({ name }) => name })
const container = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.constant(`${REGISTRY}/shop/${name}:{{tag}}`),
      environment: named(scalar, 'value'),
      secrets: named(fc.constantFrom('/a/b', 'plain-name', 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/x'), 'value_from'),
      command: fc.array(word, { maxLength: 3 }),
      entry_point: fc.array(word, { maxLength: 3 }),
      essential: fc.boolean(),
      stop_timeout: fc.integer({ min: 1, max: 130 }),
      user: word,
      memory: fc.integer({ min: 64, max: 512 }),
      port_mappings: fc.uniqueArray(
        fc.record(
          { container_port: fc.integer({ min: 1, max: 9000 }), protocol: fc.constantFrom('tcp', 'udp') },
          { requiredKeys: ['container_port'] },
        ),
        {
          maxLength: 3,
          selector: ({ container_port }) => container_port,
        },
      ),
      health_check: fc.record(
        {
          command: fc.constantFrom(['CMD', 'true'], ['CMD-SHELL', 'exit 0'], ['NONE']),
          interval: fc.integer({ min: 5, max: 300 }),
          start_period: fc.integer({ min: 0, max: 300 }),
        },
        { requiredKeys: ['command'] },
      ),
      docker_labels: fc.dictionary(word, word, { maxKeys: 2 }),
      log_configuration: fc.oneof(
        fc.record({ log_driver: fc.constant('awsfirelens'), options: fc.dictionary(word, word, { maxKeys: 2 }) }),
        fc.record({
          log_driver: fc.constant('awslogs'),
          options: fc.record(
            {
              'awslogs-group': word,
              'awslogs-region': fc.constantFrom('ap-northeast-1', 'us-east-1'),
              'awslogs-stream-prefix': word,
            },
            { requiredKeys: ['awslogs-group'] },
          ),
        }),
      ),
      mount_points: fc.array(fc.record({ source_volume: word, container_path: word, read_only: fc.boolean() }), { maxLength: 2 }),
    },
    { requiredKeys: ['name', 'image'] },
  )
const template = fc.record(
  {
    family: word,
    network_mode: fc.constantFrom('awsvpc', 'bridge', 'host'),
    requires_compatibilities: fc.constantFrom(['FARGATE'], ['EC2'], ['EC2', 'FARGATE']),
    cpu: fc.constantFrom(256, '256', 512, '1 vCPU', 300),
    memory: fc.constantFrom(512, '1024', '2 GB', 700),
    task_role_arn: fc.constantFrom(`arn:aws:iam::${ACCOUNT}:role/a`, 'arn:aws:iam::999999999999:role/b', 'short'),
    execution_role_arn: fc.constantFrom(`arn:aws:iam::${ACCOUNT}:role/path/a`, 'short'),
    runtime_platform: fc.constantFrom(
      { cpu_architecture: 'ARM64', operating_system_family: 'LINUX' },
      { cpu_architecture: 'X86_64', operating_system_family: 'WINDOWS_SERVER_2022_CORE' },
    ),
    pid_mode: fc.constantFrom('task', 'host'),
    container_definitions: fc.tuple(container('app'), container('side')),
  },
  { requiredKeys: ['family', 'container_definitions'] },
)

test('of any template', async () => {
  const deploy = {
    clusters: [
      {
        name: 'shop',
        services: {
          web: {
            path: 'web.yml',
            containers: [
              { name: 'app', build: '..' },
              { name: 'side', build: '../side' },
            ],
          },
        },
      },
    ],
  }
  await fc.assert(
    fc.asyncProperty(template, async (generated) => {
      const texts: Texts = { 'config/deploy.yml': stringify(deploy), 'config/web.yml': stringify(generated, { version: '1.1' }) }
      const here = (await written(texts))('shop')
      expect(kibanRenders(here.services.web)).toEqual(theirs(texts, { path: 'web.yml' }))
    }),
    { numRuns: 60 },
  )
})
