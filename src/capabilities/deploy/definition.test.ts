import { describe, expect, test } from 'vitest'
import { forEnvironment } from '../../manifest/environment.ts'
import { readManifest } from '../../manifest/load.ts'
import { taskDefinition } from './definition.ts'

const where = { account: '123456789012', region: 'ap-northeast-1' }

const rendered = (service: string, base?: Record<string, unknown>) => {
  const { manifest } = readManifest(`product: shop\nservices: { web: ${service} }`)
  const { web } = forEnvironment(manifest, 'staging').services
  if (!web) throw new Error('no service')
  return taskDefinition(web, { own: 'registry/web@sha256:1', beside: { nginx: 'registry/nginx@sha256:2' } }, where, {
    base,
    commit: '0123456789abcdef',
  })
}

describe('a definition that the manifest starts from', () => {
  test('stands over what is only a default', () => {
    const service = `{ build: ., definition: { cpu: "1024", memory: "2048", networkMode: bridge, taskRoleArn: null, pidMode: task } }`
    expect(rendered(service)).toMatchObject({ cpu: '1024', memory: '2048', networkMode: 'bridge', pidMode: 'task' })
    expect(rendered(service)).not.toHaveProperty('taskRoleArn')
  })

  test('gives way to what the manifest says', () => {
    const said = rendered(
      '{ build: ., size: 0.5vCPU/1GB, env: { A: new }, stop_timeout: 10s, logs: none, definition: web.json }',
      {
        cpu: '1024',
        memory: '2048',
        containerDefinitions: [
          {
            name: 'web',
            user: 'app',
            stopTimeout: 90,
            environment: [
              { name: 'A', value: 'old' },
              { name: 'B', value: 'kept' },
            ],
          },
        ],
      },
    )
    expect(said).toMatchObject({ cpu: '512', memory: '1024' })
    expect(said.containerDefinitions?.[0]).toEqual({
      name: 'web',
      user: 'app',
      image: 'registry/web@sha256:1',
      essential: true,
      stopTimeout: 10,
      portMappings: [],
      secrets: [],
      environment: [
        { name: 'A', value: 'new' },
        { name: 'B', value: 'kept' },
      ],
    })
  })

  test('brings its own image where nothing is built', () => {
    const { manifest } = readManifest('product: shop\nservices: { web: { definition: web.json } }')
    const { web } = forEnvironment(manifest, 'staging').services
    const base = { containerDefinitions: [{ name: 'web', image: 'nginx:1' }] }
    const made = web && taskDefinition(web, { own: '', beside: {} }, where, { base, commit: 'abc' })
    expect(made?.containerDefinitions?.[0]?.image).toBe('nginx:1')
  })
})

test('the own container may have another name, and a sidecar an image that is built', () => {
  const { containerDefinitions } = rendered(
    '{ build: ., names: { container: app }, containers: { app: { user: nobody }, nginx: { build: ./nginx, essential: false } } }',
  )
  expect(containerDefinitions?.map(({ name, image, user, essential }) => ({ name, image, user, essential }))).toEqual([
    { name: 'app', image: 'registry/web@sha256:1', user: 'nobody', essential: true },
    { name: 'nginx', image: 'registry/nginx@sha256:2', user: undefined, essential: false },
  ])
})

test('a role may be none', () => {
  const made = rendered('{ build: ., names: { task_role: none } }')
  expect(made).not.toHaveProperty('taskRoleArn')
  expect(made.executionRoleArn).toBe('arn:aws:iam::123456789012:role/shop-staging-web-execution')
})

test('{commit} in a value is the commit, in twelve characters', () => {
  const made = rendered('{ build: ., env: { DD_VERSION: "v-{commit}" } }')
  expect(made.containerDefinitions?.[0]?.environment).toEqual([{ name: 'DD_VERSION', value: 'v-0123456789ab' }])
})

test('a value that only KMS can read stays what it is, among the variables', () => {
  const [own] = rendered('{ build: ., secrets: { KEY: "kms:AQICAHg=", URL: /url } }').containerDefinitions ?? []
  expect(own).toMatchObject({
    environment: [{ name: 'KEY', value: 'kms:AQICAHg=' }],
    secrets: [{ name: 'URL', valueFrom: '/url' }],
  })
})

test('a check inside the container is run as its first word says', () => {
  const checkOf = (command: string) =>
    rendered(`{ build: ., health: { command: ${command} } }`).containerDefinitions?.[0]?.healthCheck
  expect(checkOf('[curl, localhost]')?.command).toEqual(['CMD', 'curl', 'localhost'])
  expect(checkOf('[CMD-SHELL, curl localhost || exit 1]')?.command).toEqual(['CMD-SHELL', 'curl localhost || exit 1'])
})

test('on instances a task has no size of its own where its container has one', () => {
  const made = rendered('{ build: ., capacity: ec2, containers: { web: { memory: 256 } } }')
  expect(made).not.toHaveProperty('cpu')
  expect(made).not.toHaveProperty('runtimePlatform')
  expect(rendered('{ build: ., capacity: ec2 }')).toMatchObject({ cpu: '256', memory: '512' })
})
