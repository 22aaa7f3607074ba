// The annotated manifest: every key once, each with what it is for, in either language. It is the manifest's
// documentation; a test fails when a key of the schema is not in it.
import { z } from 'zod'
import { exampleIntroduction } from '../core/messages/manifest.ts'
import type { Language } from '../core/text.ts'
import { annotatedYaml } from './annotated-yaml.ts'
import { aboutOf } from './field.ts'
import { unwrapped } from './issues.ts'
import { Manifest, type ManifestInput } from './manifest.ts'

export const exampleManifest: ManifestInput = {
  product: 'bookshop',
  account: '123456789012',
  region: 'ap-northeast-1',
  owners: { team: 'bookshop', managers: ['aoi'], developers: ['haru', 'ren'], sre: ['sora'], slack: '#bookshop' },
  environments: {
    staging: {
      services: { api: { size: '0.25vCPU/0.5GB', count: 1, env: { LOG_LEVEL: 'debug', CACHE: null }, exec: true } },
      schedules: { 'daily-report': { enabled: false } },
      tasks: { migrate: { timeout: '5m' } },
    },
    production: {
      protected: true,
      approvals: 1,
      account: '210987654321',
      region: 'ap-northeast-1',
      cluster: 'bookshop-production',
      vpc: 'production',
      network: { subnets: ['production-private-a', 'production-private-c'], security_groups: ['bookshop'], public_ip: false },
      parameters: '/bookshop/production/applications',
    },
  },
  services: {
    api: {
      build: { context: './api', dockerfile: 'Dockerfile', args: { NODE_ENV: 'production' }, target: 'app' },
      port: 3000,
      health: { path: '/healthz', interval: '10s', timeout: '5s', healthy: 2, unhealthy: 3, grace: '30s', matcher: '200' },
      size: '0.5vCPU/1GB',
      architecture: 'arm64',
      storage: 30,
      capacity: {
        providers: [
          { provider: 'FARGATE', base: 1, weight: 1 },
          { provider: 'FARGATE_SPOT', weight: 3 },
        ],
      },
      count: { min: 2, max: 10, cpu: 60, memory: 70, requests: 1000 },
      env: { LOG_LEVEL: 'info', CACHE: 'on' },
      secrets: ['database-url', 'infrastructures/queue-url'],
      before: ['migrate'],
      command: ['node', 'server.ts'],
      entrypoint: ['/sbin/tini', '--'],
      stop_timeout: '30s',
      exec: false,
      logs: { driver: 'awslogs', options: { 'awslogs-datetime-format': '%Y-%m-%d' } },
      deploy: {
        strategy: 'canary',
        percent: 10,
        step_bake: '5m',
        bake: '5m',
        pause: ['post-test-traffic-shift'],
        hooks: [
          {
            stages: ['pre-scale-up'],
            function: 'arn:aws:lambda:ap-northeast-1:123456789012:function:smoke-test',
            role: 'arn:aws:iam::123456789012:role/bookshop-hooks',
            timeout: '10m',
            on_timeout: 'rollback',
          },
        ],
        alarms: ['bookshop-api-5xx'],
        rollback: true,
        circuit_breaker: { enabled: true, threshold: '50%', reset_on_healthy: true },
        minimum_percent: 100,
        maximum_percent: 200,
        listener_rule: 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/bookshop/1/2/3',
        test_listener_rule: 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/bookshop/1/2/4',
        deadline: '45m',
      },
      network: { subnets: ['staging-private-a'], security_groups: ['bookshop-api'], public_ip: false },
      names: {
        cluster: 'bookshop-{env}',
        service: '{product}-{env}-{service}',
        family: '{product}-{env}-{service}',
        target_group: 'bookshop-{env}-api',
        alternate_target_group: 'bookshop-{env}-api-alt',
        execution_role: 'bookshop-{env}-execution',
        task_role: 'arn:aws:iam::123456789012:role/bookshop-api',
        load_balancer_role: 'bookshop-{env}-balancing',
        log_group: '/bookshop/{env}/api',
        repository: 'bookshop/api',
        container: 'api',
      },
      containers: {
        api: {
          ulimits: [{ name: 'nofile', softLimit: 65_536, hardLimit: 65_536 }],
          mountPoints: [{ sourceVolume: 'work', containerPath: '/work' }],
        },
        nginx: { build: './nginx', repository: 'bookshop/api-nginx' },
        'datadog-agent': { image: 'public.ecr.aws/datadog/agent:7', essential: false },
      },
      volumes: [{ name: 'work' }],
      definition: 'ecs/api.json',
      tags: { Team: 'bookshop' },
    },
    web: { build: './web', port: 3000, health: '/', count: '2-4', secrets: { API_URL: '/bookshop/{env}/applications/api-url' } },
    metrics: {
      image: 'public.ecr.aws/docker/library/nginx:1.29',
      ports: [9090, { port: 8125, protocol: 'udp', name: 'statsd' }],
      load_balancer: false,
      count: { keep: true },
      health: { command: ['CMD-SHELL', 'wget -qO- localhost:9090/ || exit 1'] },
      deploy: { early_success: { healthy_percent: 100, cleanup: 'deferred' } },
    },
    tools: { build: './tools', tasks_only: true },
  },
  schedules: {
    'daily-report': {
      service: 'api',
      command: ['node', 'report.ts'],
      env: { LOG_LEVEL: 'warn' },
      size: '1vCPU/2GB',
      timeout: '1h',
      description: 'Sales of the day before',
      cron: '0 9 * * *',
      timezone: 'Asia/Tokyo',
      count: 1,
      enabled: true,
      overlap: 'skip',
      retry: { attempts: 3, within: '1h' },
      dead_letter: 'bookshop-production-undelivered',
      role: 'bookshop-production-scheduler',
    },
    'clean-up': { service: 'api', command: ['node', 'clean-up.ts'], rate: '6 hours' },
  },
  tasks: {
    migrate: {
      service: 'api',
      command: ['node', 'migrate.ts'],
      env: { LOG_LEVEL: 'debug' },
      size: '0.5vCPU/1GB',
      timeout: '15m',
      description: 'Brings the database up to date',
    },
  },
  workflows: {
    release: {
      steps: [
        { name: 'Services', deploy: ['api', 'web'], on_failure: 'rollback' },
        { run: ['migrate'], when: { environment: ['production'], ref: ['main', 'v*'] } },
        { schedule: ['daily-report'] },
        { approve: 'manager', approvals: 1 },
        { product: 'storefront', ref: 'main', environment: 'production', deploy: ['web'] },
        {
          name: 'The rest',
          parallel: [
            { run: ['migrate'], environment: 'staging' },
            { product: 'storefront', ref: 'main', deploy: ['worker'] },
            { schedule: ['clean-up'] },
          ],
        },
      ],
    },
  },
  auto_deploy: { main: { environment: 'staging', workflow: 'release', paths: ['api', 'shared/**/*.ts'] } },
}

/** `kiban.example.yml`. */
export function exampleText(language: Language): string {
  const told = new Set<string>()
  return annotatedYaml(exampleManifest, exampleIntroduction[language], (path) => {
    const { comment, place } = descriptionAt(path, language)
    if (told.has(place) || (isPatch(path) && path.at(-1) !== 'env')) return undefined
    told.add(place)
    return comment
  })
}

const isPatch = (path: readonly string[]) =>
  path[0] === 'environments' && ['services', 'schedules', 'tasks'].includes(path[2] ?? '') && path.length > 3

/** What the schema says of a key, and the key's place in the schema; entries of records have no description of their own. */
function descriptionAt(path: readonly string[], language: Language): { comment: string | undefined; place: string } {
  let open: z.core.$ZodType[] = [Manifest]
  const place: string[] = []
  for (const key of path) {
    const parents = open.flatMap(unwrapped)
    place.push(parents.some((parent) => parent instanceof z.ZodObject && Object.hasOwn(parent.shape, key)) ? key : '*')
    open = parents.flatMap((parent) => children(parent, key))
  }
  const meta = open.map(aboutOf).find((one) => one !== undefined)
  return { comment: language === 'ja' ? meta?.ja : meta?.description, place: place.join('/') }
}

function children(schema: z.core.$ZodType, key: string): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? [schema.shape[key]] : []
  if (schema instanceof z.ZodRecord) return [schema.valueType]
  if (schema instanceof z.ZodArray) return [schema.element]
  return []
}
