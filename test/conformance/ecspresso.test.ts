// A tool of others, on the models of the AWS SDK for Go, ships a service on the sandbox from its making to its end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ecspresso, noEcspresso, type Ran, runEcspresso } from './clients/ecspresso.ts'
import { type RegistryDoor, registryDoor } from './clients/registry-door.ts'
import { sdkClient } from './clients/sdk.ts'
import { conformanceSandbox } from './conformance-sandbox.ts'
import { type Client, expectAsSaid, play, type Scenario, step, type Values } from './scenario.ts'
import { repository } from './scenarios/image.ts'
import { roleFor } from './scenarios/role.ts'
import type { ServiceName } from './services.ts'
import { ecspressoCalls } from './witnesses.ts'

if (ecspresso === undefined) console.warn(`SKIPPED: ecspresso (${noEcspresso})`)

const REGISTRY = '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com'
const groups = { logGroupName: '/shop/web' }

/** What a product's cloud has before its first deploy. */
const cloud: Scenario = {
  name: 'A product’s cloud',
  steps: [
    roleFor('shop-execution', 'ecs-tasks.amazonaws.com'),
    roleFor('shop-task', 'ecs-tasks.amazonaws.com'),
    step('ecs:CreateCluster', { clusterName: 'shop' }),
    step('logs:CreateLogGroup', groups),
    step('ssm:PutParameter', { Name: '/shop/key', Value: 'secret', Type: 'SecureString' }),
    step('secretsmanager:CreateSecret', { Name: 'shop/database', SecretString: '{"password":"secret"}' }),
    ...repository('shop/web', ['v1', 'v2']),
  ],
}

describe.skipIf(ecspresso === undefined)(`ecspresso (${ecspresso ?? noEcspresso})`, () => {
  let sandbox: Awaited<ReturnType<typeof conformanceSandbox>>
  let client: Client
  let door: RegistryDoor
  let folder: string
  let secret: unknown

  beforeAll(async () => {
    // A task that is told to fail ends with 3, every other runs on.
    sandbox = await conformanceSandbox(({ containers: [web] }) =>
      web?.command?.includes('fail') ? { exits: { after: 200, code: 3 } } : { health: [{ after: 0, is: 'HEALTHY' }] },
    )
    client = sdkClient(sandbox)
    const made = await play(cloud, client, { administrator: sandbox.credentials })
    for (const [place, played] of made.entries()) expectAsSaid(played, place)
    folder = await mkdtemp(join(tmpdir(), 'kiban-ecspresso-'))
    door = await registryDoor(sandbox.endpoint, REGISTRY, folder)
    await configure()
    await calls('DELETE')
  })
  afterAll(async () => {
    door?.close()
    await client?.close()
    await sandbox?.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  const run = (...args: string[]): Promise<Ran> => runEcspresso(folder, { ...sandbox.env, ...door.env }, ...args)
  const succeeds = async (...args: string[]): Promise<string> => {
    const { code, said } = await run(...args)
    expect(code, said).toBe(0)
    return said
  }

  async function answered(service: ServiceName, operation: string, input: Values): Promise<Values> {
    const outcome = await client.call(service, operation, input, sandbox.credentials)
    if (!('answer' in outcome)) throw new Error(`${operation}: ${JSON.stringify(outcome)}`)
    return outcome.answer
  }
  /** How often each API was called, by the name that IAM has for it. */
  async function calls(method = 'GET'): Promise<object> {
    const { accessKeyId, secretAccessKey } = sandbox.credentials
    const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`
    return (await (await fetch(`${sandbox.endpoint}/_sandbox/calls`, { method, headers: { authorization } })).json()) as object
  }
  const service = async () => {
    const { services } = await answered('ecs', 'DescribeServices', { cluster: 'shop', services: ['web'] })
    return (services as Values[])[0]
  }

  async function configure(): Promise<void> {
    const { Subnets } = await answered('ec2', 'DescribeSubnets', {})
    const { Vpcs } = await answered('ec2', 'DescribeVpcs', {})
    const port = { Protocol: 'HTTP', Port: 80, VpcId: (Vpcs as Values[])[0]?.VpcId, TargetType: 'ip' }
    const { TargetGroups } = await answered('elbv2', 'CreateTargetGroup', { Name: 'shop', ...port })
    const definition = {
      ...{ launchType: 'FARGATE', desiredCount: 2, propagateTags: 'SERVICE', tags: [{ key: 'team', value: 'shop' }] },
      networkConfiguration: { awsvpcConfiguration: { subnets: [(Subnets as Values[])[0]?.SubnetId], assignPublicIp: 'ENABLED' } },
      deploymentConfiguration: {
        ...{ minimumHealthyPercent: 100, maximumPercent: 200 },
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
    }
    const targets = [{ targetGroupArn: (TargetGroups as Values[])[0]?.TargetGroupArn, containerName: 'web', containerPort: 3000 }]
    secret = (await answered('secretsmanager', 'DescribeSecret', { SecretId: 'shop/database' })).ARN
    await write('service.json', definition)
    await write('balanced.json', { ...definition, loadBalancers: targets })
    await write('ecspresso.json', config('service.json'))
    await write('balanced-ecspresso.json', config('balanced.json'))
    await release('v1')
  }

  const config = (definition: string) => ({
    ...{ region: sandbox.region, cluster: 'shop', service: 'web', timeout: '60s' },
    ...{ service_definition: definition, task_definition: 'task.json' },
  })
  const write = (name: string, value: object) => writeFile(join(folder, name), JSON.stringify(value))

  async function release(tag: string): Promise<void> {
    await write('task.json', {
      ...{ family: 'web', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' },
      executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
      taskRoleArn: 'arn:aws:iam::123456789012:role/shop-task',
      containerDefinitions: [
        {
          ...{ name: 'web', image: `${REGISTRY}/shop/web:${tag}`, essential: true },
          portMappings: [{ containerPort: 3000, hostPort: 3000, protocol: 'tcp' }],
          healthCheck: { command: ['CMD', 'true'] },
          secrets: [
            { name: 'KEY', valueFrom: '/shop/key' },
            { name: 'PASSWORD', valueFrom: `${secret}:password::` },
          ],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              ...{ 'awslogs-group': '/shop/web', 'awslogs-region': sandbox.region, 'awslogs-stream-prefix': 'web' },
            },
          },
        },
      ],
    })
  }

  const plain = ['--config', 'ecspresso.json']

  test('verifies roles, image, secrets, logs, target group and cluster, and finds what is missing', async () => {
    const said = await succeeds('verify', '--config', 'balanced-ecspresso.json')
    for (const what of [
      'ExecutionRole',
      'TaskRole',
      'Image',
      'Secret KEY',
      'Secret PASSWORD',
      'LogConfiguration',
      'LoadBalancer',
      'Cluster',
    ]) {
      expect(said).toMatch(new RegExp(`${what}.*\n\\s+--> \\[OK\\]`))
    }
    await release('v9')
    expect(await run('verify', ...plain)).toMatchObject({
      code: 1,
      said: expect.stringContaining('shop/web:v9] failed: 404 Not Found'),
    })
    await release('v1')
  })

  test('makes the service with its first deploy and waits until it is stable', async () => {
    expect(await succeeds('diff', ...plain)).toContain('service not found')
    expect(await succeeds('deploy', ...plain)).toContain('Service is stable now')
    expect(await service()).toMatchObject({ runningCount: 2, deployments: [{ rolloutState: 'COMPLETED' }] })
    expect(await succeeds('status', ...plain)).toMatch(/PRIMARY web:1 desired:2 pending:0 running:2 COMPLETED/)
  })

  test('finds nothing to change but what was changed, and registers it', async () => {
    await release('v2')
    const said = await succeeds('diff', ...plain)
    expect(said).toMatch(/-.*shop\/web:v1[\s\S]*\+.*shop\/web:v2/)
    expect(said).not.toContain('desiredCount')
    expect(await succeeds('register', ...plain)).toContain('registered web:2')
  })

  test('deploys the next release, waits, and lists its tasks and revisions', async () => {
    expect(await succeeds('deploy', '--latest-task-definition', ...plain)).toContain('Service is stable now')
    expect(await succeeds('wait', ...plain)).toContain('Completed')
    expect((await succeeds('tasks', ...plain)).match(/web:2.*RUNNING/g)).toHaveLength(2)
    expect(await succeeds('revisions', ...plain)).toMatch(/web:2.*PRIMARY/)
  })

  test('rolls back to the release before and takes the other one away', async () => {
    const said = await succeeds('rollback', ...plain)
    expect(said).toContain('Rolling back to web:1')
    expect(said).toContain('web:2 was deregistered successfully')
    expect(await service()).toMatchObject({ taskDefinition: expect.stringMatching(/:task-definition\/web:1$/) })
  })

  test('scales, and refreshes with a deployment of the same revision', async () => {
    await succeeds('scale', '--tasks', '3', ...plain)
    expect(await service()).toMatchObject({ runningCount: 3 })
    expect(await succeeds('refresh', ...plain)).toContain('Service is stable now')
    expect(await service()).toMatchObject({ runningCount: 3, deployments: [{ rolloutState: 'COMPLETED' }] })
  })

  test('runs a task until it runs, and tells that one failed', async () => {
    const once = ['run', '--skip-task-definition', ...plain]
    expect(await succeeds(...once, '--wait-until', 'running')).toContain('Run task completed')
    const fail = JSON.stringify({ containerOverrides: [{ name: 'web', command: ['fail'] }] })
    expect(await run(...once, '--overrides', fail)).toMatchObject({
      code: 1,
      said: expect.stringMatching(/exit (code|status).*3/i),
    })
  })

  test('writes its configuration from the service that is there', async () => {
    const out = [
      '--config',
      'found.yml',
      '--task-definition-path',
      'found-task.json',
      '--service-definition-path',
      'found-service.json',
    ]
    await succeeds('init', '--region', sandbox.region, '--cluster', 'shop', '--service', 'web', '--force-overwrite', ...out)
    expect(await succeeds('diff', '--config', 'found.yml')).not.toMatch(/^[+-] /m)
  })

  test('deletes the service', async () => {
    expect(await succeeds('delete', '--force', '--terminate', ...plain)).toContain('Service is deleted')
    expect(['DRAINING', 'INACTIVE']).toContain((await service())?.status)
  })

  test('has called these APIs, no more and no less', async () => {
    expect(Object.keys(await calls()).sort()).toEqual(ecspressoCalls)
  })
})
