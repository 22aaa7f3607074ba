import { describe, expect, test } from 'vitest'
import { forEnvironment } from './environment.ts'
import { readManifest } from './load.ts'

const environment = (text: string, name = 'staging') => forEnvironment(readManifest(text).manifest, name)

test('three lines become a whole environment', () => {
  expect(environment('product: shop\nservices:\n  web: { build: ., port: 3000, health: /healthz }', 'production')).toEqual({
    product: 'shop',
    environment: 'production',
    protected: true,
    approvals: 0,
    account: undefined,
    region: undefined,
    owners: {},
    names: {
      cluster: 'shop-production',
      vpc: 'shop-production',
      parameters: '/shop/production/applications',
      schedules: 'shop-production',
    },
    network: { subnets: undefined, securityGroups: undefined, publicIp: false },
    schedules: {},
    tasks: {},
    services: {
      web: {
        name: 'web',
        names: {
          cluster: 'shop-production',
          service: 'shop-production-web',
          family: 'shop-production-web',
          targetGroup: 'shop-production-web',
          alternateTargetGroup: 'shop-production-web-alt',
          executionRole: 'shop-production-web-execution',
          taskRole: 'shop-production-web-task',
          loadBalancerRole: 'shop-production-web-balancing',
          logGroup: '/shop/production/web',
          repository: 'shop/web',
          securityGroup: 'shop-production-web',
          container: 'web',
        },
        build: { context: '.', dockerfile: 'Dockerfile', args: {}, target: undefined },
        image: undefined,
        ports: [{ port: 3000, protocol: 'tcp', name: undefined }],
        balanced: true,
        health: {
          path: '/healthz',
          interval: undefined,
          timeout: undefined,
          healthy: undefined,
          unhealthy: undefined,
          grace: 60,
          matcher: undefined,
          command: undefined,
        },
        size: { cpu: 256, memory: 512 },
        architecture: 'x86_64',
        storage: undefined,
        capacity: { launch: 'fargate' },
        count: { min: 1, max: 1, autoscaled: false, cpu: undefined, memory: undefined, requests: undefined, kept: false },
        env: {},
        secrets: {},
        before: [],
        command: undefined,
        entrypoint: undefined,
        stopTimeout: 30,
        exec: false,
        logs: { driver: 'awslogs', options: {} },
        deploy: {
          strategy: 'rolling',
          percent: 10,
          stepBake: 360,
          bake: 0,
          pause: [],
          hooks: [],
          alarms: [],
          rollback: true,
          circuitBreaker: { enabled: true, threshold: undefined, resetOnHealthy: true },
          minimumPercent: 100,
          maximumPercent: 200,
          earlySuccess: undefined,
          listenerRule: undefined,
          testListenerRule: undefined,
          deadline: 1800,
        },
        network: { subnets: undefined, securityGroups: undefined, publicIp: false },
        containers: {},
        sidecars: {},
        volumes: [],
        definition: undefined,
        tasksOnly: false,
        tags: {},
        written: { build: { context: '.' }, port: 3000, health: { path: '/healthz' } },
      },
    },
  })
})

test('an environment is without what its patch takes away by null', () => {
  const here = environment(`product: shop
environments:
  staging: { services: { worker: null }, tasks: { sweep: null }, schedules: { nightly: null } }
services: { web: { build: . }, worker: { build: . } }
tasks: { sweep: { service: worker }, seed: { service: web } }
schedules: { nightly: { service: worker, rate: 1 day } }`)
  expect([here.services, here.tasks, here.schedules].map(Object.keys)).toEqual([['web'], ['seed'], []])
})

test('a sidecar that is built has a repository of its own, and a count may be kept as it is', () => {
  const { web } = environment(`product: shop
services:
  web: { build: ., count: keep, names: { container: app }, containers: { nginx: { build: ./nginx, essential: true } } }`).services
  expect(web).toMatchObject({
    names: { container: 'app' },
    count: { kept: true, min: 1 },
    containers: { nginx: { essential: true } },
    sidecars: { nginx: { build: { context: './nginx', dockerfile: 'Dockerfile' }, repository: 'shop/web-nginx' } },
  })
})

describe("an environment's patch", () => {
  const patched = (service: string, patch: string) =>
    environment(`product: shop
environments:
  staging:
    services:
      web: ${patch}
services:
  web: ${service}
tasks:
  migrate: { service: web }
`).services.web

  test('merges maps, short forms included, and replaces what is no map', () => {
    const web = patched(
      '{ build: ./web, port: 80, health: { path: /up, grace: 10s }, env: { A: a, B: b }, secrets: [x], command: [a, b] }',
      '{ build: { target: dev }, health: /down, env: { B: c }, secrets: { Y: /y }, command: [c] }',
    )
    expect(web).toMatchObject({
      build: { context: './web', target: 'dev' },
      health: { path: '/down', grace: 10 },
      env: { A: 'a', B: 'c' },
      secrets: { X: '/shop/staging/applications/x', Y: '/y' },
      command: ['c'],
    })
  })

  test('takes away by null', () => {
    const web = patched(
      '{ build: ., env: { A: a, B: b }, before: [migrate], command: [x] }',
      '{ env: { A: null }, before: null, command: null }',
    )
    expect([web?.env, web?.before, web?.command]).toEqual([{ B: 'b' }, [], undefined])
  })

  test('replaces a build by an image, a port by several, and one capacity by another', () => {
    const web = patched(
      '{ build: ., port: 80, capacity: { providers: [{ provider: X }] } }',
      '{ image: "nginx:1", ports: [1, 2], capacity: ec2 }',
    )
    expect([web?.build, web?.image, web?.ports.map(({ port }) => port), web?.capacity]).toEqual([
      undefined,
      'nginx:1',
      [1, 2],
      { launch: 'ec2' },
    ])
  })

  test('fixes a count that is a range elsewhere', () => {
    expect(patched('{ build: ., count: 2-10 }', '{ count: 1 }')?.count).toMatchObject({ min: 1, max: 1, autoscaled: false })
  })

  test('cannot set what every object has', () => {
    patched('{ build: ., containers: {} }', '{ containers: { web: { dockerLabels: { __proto__: { polluted: "yes" } } } } }')
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

test('secrets become what valueFrom takes, each by its own way of naming', () => {
  const web = environment(`product: shop
account: "123456789012"
region: ap-northeast-1
services:
  web:
    build: .
    secrets:
      A: database-url
      B: infrastructures/queue-url
      C: general/infrastructures/zone
      D: /other/{env}/applications/x
      E: arn:aws:ssm:ap-northeast-1:123456789012:parameter/x
      F: secretsmanager:db
      G: secretsmanager:db:password
`).services.web
  expect(web?.secrets).toEqual({
    A: '/shop/staging/applications/database-url',
    B: '/shop/staging/infrastructures/queue-url',
    C: '/shop/general/infrastructures/zone',
    D: '/other/staging/applications/x',
    E: 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/x',
    F: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db',
    G: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db:password::',
  })
})

test('a list of secrets names its variables by their last part', () => {
  const web = environment(
    'product: p\nservices: { web: { build: ., secrets: [database-url, infrastructures/queue.url, /a/b/3rd-key] } }',
  ).services.web
  expect(Object.keys(web?.secrets ?? {})).toEqual(['DATABASE_URL', 'QUEUE_URL', '_3RD_KEY'])
})

test('names that the manifest gives are filled in and taken as they are', () => {
  const { names } = environment(`product: shop
environments: { staging: { cluster: shared } }
services:
  web: { build: ., names: { service: "{service}-{env}", repository: "legacy/{product}", task_role: "arn:aws:iam::1:role/x" } }
`).services.web ?? { names: undefined }
  expect(names).toMatchObject({
    cluster: 'shared',
    service: 'web-staging',
    repository: 'legacy/shop',
    taskRole: 'arn:aws:iam::1:role/x',
    family: 'shop-staging-web',
  })
})

test('an environment that is not there is named, with those that are', () => {
  expect(() => environment('product: p\nservices: {}', 'stagin')).toThrow(
    expect.objectContaining({
      kind: 'not-found',
      code: 'environment.unknown',
      hint: { en: 'It has "staging", "production"', ja: '指定できる環境: staging、production' },
    }),
  )
})
