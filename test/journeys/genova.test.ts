// A repository that has only genova's files: planned, deployed and run as it is, then converted, with nothing changed by that.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scaledClock } from '../../src/core/clock.ts'
import { quickTimings } from '../deploy-stage.ts'
import { makeRepository, type TestRepository } from '../git-repository.ts'
import { testSandbox } from '../support.ts'
import { type Terminal, terminalIn } from './terminal.ts'

const REGISTRY = '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com'
const PLAIN = 'known to KMS alone'
const CLUSTER = 'staging-app'
const VERSION = 'DD_VERSION'

let folder: string
let sandbox: Awaited<ReturnType<typeof testSandbox>>
let repository: TestRepository
let environment: Record<string, string>
let terminal: Terminal
let ecs: ECS

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-genova-'))
  sandbox = await testSandbox({ clock: scaledClock(5), tasks: { timings: { ...quickTimings, placementRetry: 1_000 } } })
  const { env } = sandbox
  const where = {
    endpoint: sandbox.endpoint,
    region: 'ap-northeast-1',
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' },
  }
  ecs = new ECS(where)
  const { ciphertext, subnet } = await infrastructure(where)
  await instances()
  repository = makeRepository(join(folder, 'shop'))
  repository.commit('Begin', filesOf(ciphertext, subnet))
  environment = {
    ...env,
    HOME: folder,
    KIBAN_DATA: join(folder, 'data'),
    KIBAN_ACTOR: 'aoi',
    KIBAN_BUILDER: 'process',
    LANG: 'C.UTF-8',
  }
  terminal = terminalIn(repository.folder, environment)
})
afterAll(async () => {
  await terminal?.close()
  ecs?.destroy()
  await sandbox?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** What Terraform had made for genova: genova itself makes no service. */
async function infrastructure(where: object): Promise<{ ciphertext: string; subnet: string }> {
  const iam = new IAM(where)
  const ecr = new ECR(where)
  const ec2 = new EC2(where)
  const kms = new KMS(where)
  const logs = new CloudWatchLogs(where)
  await ecs.createCluster({ clusterName: CLUSTER })
  for (const repositoryName of ['shop/app', 'shop/side']) await ecr.createRepository({ repositoryName })
  await logs.createLogGroup({ logGroupName: '/shop' })
  const trust = { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.createRole({ RoleName: 'shop-execution', AssumeRolePolicyDocument })
  await iam.attachRolePolicy({
    RoleName: 'shop-execution',
    PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
  })
  const { Subnets = [] } = await ec2.describeSubnets({})
  const subnet = Subnets[0]?.SubnetId ?? ''
  const { KeyMetadata } = await kms.createKey({})
  const { CiphertextBlob } = await kms.encrypt({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from(PLAIN) })
  await ecs.registerTaskDefinition({
    family: 'shop-web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
    containerDefinitions: [{ name: 'app', image: `${REGISTRY}/shop/app:old` }],
  })
  await ecs.createService({
    cluster: CLUSTER,
    serviceName: 'web',
    taskDefinition: 'shop-web',
    desiredCount: 0,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnet] } },
  })
  for (const client of [iam, ecr, ec2, kms, logs]) client.destroy()
  return { ciphertext: Buffer.from(CiphertextBlob ?? []).toString('base64'), subnet }
}

const filesOf = (ciphertext: string, subnet: string): Record<string, string> => ({
  'config/deploy.yml': `
clusters:
  - name: ${CLUSTER}
    services:
      web:
        path: ./deploy/web.yml
        containers: &built
          - name: app
            build: { context: .., args: { GREETING: hello } }
          - { name: side, build: ../side }
    run_tasks:
      greet:
        path: ./deploy/web.yml
        containers: *built
        launch_type: FARGATE
        task_overrides: { cpu: 512, memory: 1024 }
        network_configuration: { awsvpc_configuration: { subnets: [${subnet}], assign_public_ip: ENABLED } }
        container_overrides: [{ name: app, command: [node, greet.mjs], environment: [{ name: WHO, value: you }] }]
targets:
  - { name: greeting, cluster: ${CLUSTER}, run_task: greet }
`,
  'config/deploy/web.yml': `
family: shop-web
network_mode: awsvpc
requires_compatibilities: [FARGATE]
cpu: 256
memory: 512
execution_role_arn: arn:aws:iam::123456789012:role/shop-execution
container_definitions:
  - name: app
    image: "${REGISTRY}/shop/app:{{tag}}"
    environment:
      - { name: ${VERSION}, value: "{{tag}}" }
      - { name: TOKEN, value: "\${${ciphertext}}" }
    log_configuration:
      log_driver: awslogs
      options: { awslogs-group: /shop, awslogs-region: ap-northeast-1, awslogs-stream-prefix: web }
  - name: side
    image: "${REGISTRY}/shop/side:{{tag}}"
    essential: false
`,
  Dockerfile:
    'FROM node:24-slim\nARG GREETING\nENV GREETING=$GREETING\nWORKDIR /app\nCOPY *.mjs ./\nCMD ["node", "server.mjs"]\n',
  'server.mjs': 'setInterval(() => {}, 1000)\n',
  'greet.mjs': 'const { GREETING, WHO, TOKEN } = process.env\nconsole.log(GREETING, WHO, TOKEN.length)\n',
  'side/Dockerfile': 'FROM node:24-slim\nWORKDIR /app\nCOPY side.mjs ./\nCMD ["node", "side.mjs"]\n',
  'side/side.mjs': 'setInterval(() => {}, 1000)\n',
})

async function live() {
  const { services = [] } = await ecs.describeServices({ cluster: CLUSTER, services: ['web'] })
  const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: services[0]?.taskDefinition })
  return { service: services[0], definition: taskDefinition }
}

test('a plan reads genova’s files, says so, and shows no value that KMS keeps', async () => {
  const { code, stdout, stderr } = await terminal.run('plan', '--env', 'staging')
  expect({ code, stderr: stderr.replace(/^Making kiban.*\n/, '') }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('shop → staging')
  expect(stdout).toContain('There is no kiban.yml: read from config/deploy.yml of genova')
  expect(stdout).toContain('kiban import genova --write')
  expect(stdout).not.toContain(PLAIN)
})

test('the service is deployed as it is: built, registered and rolled, its count left alone', async () => {
  const first = await terminal.run('deploy', '--env', 'staging', '--yes')
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain('There is no kiban.yml')
  // The task has a definition of its own and the same images: what is built of the same is built once.
  expect([...first.stdout.matchAll(/Building (\S+)/g)].map(([, what]) => what)).toEqual(['web', 'web/side'])
  await ecs.updateService({ cluster: CLUSTER, service: 'web', desiredCount: 2 })
  repository.commit('Change', { 'server.mjs': 'setInterval(() => {}, 2000)\n' })
  expect(await terminal.run('deploy', 'web', '--env', 'staging', '--yes')).toMatchObject({ code: 0 })
  const { service, definition } = await live()
  expect(service).toMatchObject({ desiredCount: 2, runningCount: 2 })
  expect(definition).toMatchObject({ family: 'shop-web', executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution' })
  expect(definition?.taskRoleArn).toBeUndefined()
  const [app, side] = definition?.containerDefinitions ?? []
  expect(app?.image).toMatch(/\/shop\/app@sha256:/)
  expect(side?.image).toMatch(/\/shop\/side@sha256:/)
  expect(app?.environment).toEqual([
    { name: VERSION, value: repository.git('rev-parse', 'HEAD').slice(0, 12) },
    { name: 'TOKEN', value: PLAIN },
  ])
})

test('a run task is a task: its command, its variables, its log and exit code', async () => {
  const ran = await terminal.run('task', 'run', 'greet', '--env', 'staging', '--yes')
  expect(ran.code).toBe(0)
  expect(ran.stdout).toContain(`hello you ${PLAIN.length}\n`)
})

test('a named target runs by its name', async () => {
  const ended = await terminal.run('workflow', 'run', 'greeting', '--env', 'staging', '--yes')
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('✔ 1/1 run greet  succeeded') })
})

test('the written kiban.yml stands for the same definition, and no secret is in it or in what kiban keeps', async () => {
  const imported = await terminal.run('import', 'genova', '--write')
  expect(imported).toMatchObject({ code: 0, stderr: '' })
  expect(await terminal.run('import', 'genova', '--write')).toMatchObject({ code: 5 })
  expect(await terminal.run('manifest', 'check')).toMatchObject({ code: 0 })
  repository.commit('Convert', {})
  const [plan] = await terminal.json('plan', '--env', 'staging')
  expect(plan.notice).toBeUndefined()
  const changed = plan.services.flatMap(({ differences }: { differences: { path: string }[] }) =>
    differences.map(({ path }) => path),
  )
  // What comes with every commit, and nothing else.
  expect(changed.sort()).toEqual([`app.environment.${VERSION}`, 'app.image', 'side.image'])
  const kept = await Promise.all([
    terminal.run('timeline', 'list', '--json'),
    terminal.run('history', '--json'),
    terminal.run('releases', '--json'),
  ])
  expect(JSON.stringify([plan, ...kept, imported])).not.toContain(PLAIN)
})

const ON_EC2 = 'staging-ec2'

/** A machine of the cluster, and the service that Terraform had made on it. */
async function instances(): Promise<void> {
  await ecs.createCluster({ clusterName: ON_EC2 })
  await ecs.registerContainerInstance({
    cluster: ON_EC2,
    instanceIdentityDocument: JSON.stringify({ instanceId: 'i-0c10537', instanceType: 't3.small' }),
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: 2048 },
      { name: 'MEMORY', type: 'INTEGER', integerValue: 1904 },
    ],
  })
  await ecs.registerTaskDefinition({
    family: 'old-web',
    requiresCompatibilities: ['EC2'],
    containerDefinitions: [{ name: 'app', image: `${REGISTRY}/shop/app:old`, memory: 128 }],
  })
  await ecs.createService({
    ...{ cluster: ON_EC2, serviceName: 'web', taskDefinition: 'old-web', desiredCount: 1, launchType: 'EC2' },
  })
}

const filesOnInstances = (memory: number): Record<string, string> => ({
  'config/deploy.yml': `
clusters:
  - name: ${ON_EC2}
    services:
      web: { path: ./deploy/web.yml, containers: &built [{ name: app, build: .. }], minimum_healthy_percent: 0, maximum_percent: 100 }
    run_tasks:
      greet:
        path: ./deploy/task.yml
        containers: *built
        launch_type: EC2
        container_overrides: [{ name: app, command: [node, greet.mjs] }]
`,
  'config/deploy/web.yml': templateOnInstances('old-web', memory, '[{ container_port: 3000, host_port: 8080 }]'),
  'config/deploy/task.yml': templateOnInstances('old-task', 256, '[]'),
  Dockerfile: 'FROM node:24-slim\nWORKDIR /app\nCOPY *.mjs ./\nCMD ["node", "server.mjs"]\n',
  'server.mjs': 'setInterval(() => {}, 1000)\n',
  'greet.mjs': 'console.log("from an instance")\n',
})

const templateOnInstances = (family: string, memory: number, ports: string): string => `
family: ${family}
network_mode: bridge
requires_compatibilities: [EC2]
execution_role_arn: arn:aws:iam::123456789012:role/shop-execution
container_definitions:
  - name: app
    image: "${REGISTRY}/shop/app:{{tag}}"
    cpu: 256
    memory: ${memory}
    port_mappings: ${ports}
    log_configuration:
      log_driver: awslogs
      options: { awslogs-group: /shop, awslogs-region: ap-northeast-1, awslogs-stream-prefix: old }
`

test('a repository that deploys to EC2 does as it is, and is told in numbers when its instances are too small', async () => {
  const old = makeRepository(join(folder, 'old'))
  old.commit('Begin', filesOnInstances(256))
  const there = terminalIn(old.folder, environment)
  try {
    expect(await there.run('deploy', '--env', 'staging', '--yes')).toMatchObject({ code: 0 })
    const { taskArns } = await ecs.listTasks({ cluster: ON_EC2, serviceName: 'web' })
    const { tasks = [] } = await ecs.describeTasks({ cluster: ON_EC2, tasks: taskArns })
    expect(tasks).toMatchObject([
      {
        ...{ launchType: 'EC2', containerInstanceArn: expect.stringContaining(`/${ON_EC2}/`) },
        containers: [{ networkBindings: [{ containerPort: 3000, hostPort: 8080 }] }],
      },
    ])

    const ran = await there.run('task', 'run', 'greet', '--env', 'staging', '--yes')
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('from an instance\n') })

    old.commit('Grow', filesOnInstances(4096))
    const grown = await there.run('deploy', 'web', '--env', 'staging', '--yes')
    expect(grown.code).toBe(10)
    expect(grown.stdout).toContain('The task asks for 4096 MiB of memory; the closest container instance, i-0c10537, has ')
    expect(grown.stdout).toContain('Add an instance with enough room to the cluster, or lower the size in kiban.yml')
  } finally {
    await there.close()
  }
})
