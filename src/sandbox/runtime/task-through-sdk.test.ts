// One task through every real part of the sandbox: pushed image, roles, secret, logs, credentials.
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs'
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

const QUICK = { provisioning: 0, pending: 0, activating: 0, deprovisioning: 0 }

test('a pushed image runs with its secret, its role and its log, through the SDK alone', async () => {
  await using sandbox = await testSandbox({ tasks: { timings: QUICK } })
  const { client, account, region } = sandbox
  const image = await pushedImage(new ECRClient(client), account, region, {
    'app/main.js': `
      const { STSClient, GetCallerIdentityCommand } = require(process.argv[2])
      console.log(process.env.TOKEN)
      new STSClient({}).send(new GetCallerIdentityCommand({})).then(({ Arn }) => console.log(Arn)).then(() => process.exit(7))`,
  })
  const iam = new IAMClient(client)
  const executionRoleArn = await role(iam, 'web-execution')
  const taskRoleArn = await role(iam, 'web-task')
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: 'web-execution',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    }),
  )
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'web-execution',
      PolicyName: 'parameters',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'ssm:GetParameters', Resource: '*' }],
      }),
    }),
  )
  await new SSMClient(client).send(
    new PutParameterCommand({ Name: '/shop/token', Value: 'from the store', Type: 'SecureString' }),
  )
  const logs = new CloudWatchLogsClient(client)
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/shop' }))

  const sts = fileURLToPath(import.meta.resolve('@aws-sdk/client-sts')).replace('dist-es', 'dist-cjs')
  const task = await ran(client, {
    executionRoleArn,
    taskRoleArn,
    containerDefinitions: [
      {
        name: 'app',
        image,
        command: ['node', 'main.js', sts],
        secrets: [{ name: 'TOKEN', valueFrom: '/shop/token' }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/shop', 'awslogs-region': region, 'awslogs-stream-prefix': 'app' },
        },
      },
    ],
  })
  expect([task.stopCode, task.stoppedReason, task.containers?.[0]?.exitCode, task.containers?.[0]?.reason]).toEqual([
    'EssentialContainerExited',
    'Essential container in task exited',
    7,
    undefined,
  ])
  const id = task.taskArn?.split('/').at(-1)
  const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: '/shop', logStreamName: `app/app/${id}` }))
  expect(events?.map(({ message }) => message)).toEqual(['from the store', `arn:aws:sts::${account}:assumed-role/web-task/${id}`])
})

test('what cannot start says why in the words of ECS', async () => {
  await using sandbox = await testSandbox({ tasks: { timings: QUICK } })
  const { client, account, region } = sandbox
  const image = await pushedImage(new ECRClient(client), account, region, { 'app/main.js': '' })
  const iam = new IAMClient(client)
  const executionRoleArn = await role(iam, 'web-execution')
  const reason = async (container: object) => {
    const task = await ran(client, { executionRoleArn, containerDefinitions: [{ name: 'app', image, ...container }] })
    return [task.stopCode, task.stoppedReason, task.containers?.[0]?.reason === task.stoppedReason]
  }
  const initialization =
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: '
  const denied = (action: string, resource: string) =>
    expect.stringMatching(
      new RegExp(
        `AccessDeniedException: User: arn:aws:sts::${account}:assumed-role/web-execution/[0-9a-f]{32} is not authorized to perform: ${action} on resource: ${resource}`,
      ),
    )
  expect(await reason({})).toEqual(['TaskFailedToStart', denied('ecr:GetAuthorizationToken', '\\* because'), true])
  await allow(iam, 'web-execution', 'ecr:*', 'logs:*')
  const options = { 'awslogs-group': '/none', 'awslogs-region': region, 'awslogs-stream-prefix': 'app' }
  const secrets = [{ name: 'A', valueFrom: '/shop/none' }]
  expect([await reason({ image: image.replace(':v1', ':v2') }), await reason({ secrets })]).toEqual([
    [
      'TaskFailedToStart',
      expect.stringMatching(/^CannotPullContainerError: pull image manifest has been retried .*not found$/),
      true,
    ],
    ['TaskFailedToStart', expect.stringContaining(`${initialization}unable to retrieve secrets from ssm: `), true],
  ])
  expect(await reason({ logConfiguration: { logDriver: 'awslogs', options } })).toEqual([
    'TaskFailedToStart',
    expect.stringMatching(
      /^ResourceInitializationError: failed to validate logger args: .*The specified log group does not exist/,
    ),
    true,
  ])
  await allow(iam, 'web-execution', 'ecr:*')
  await new CloudWatchLogsClient(client).send(new CreateLogGroupCommand({ logGroupName: '/none' }))
  expect(await reason({ logConfiguration: { logDriver: 'awslogs', options } })).toEqual([
    'TaskFailedToStart',
    denied('logs:CreateLogStream', `arn:aws:logs:${region}:${account}:log-group:/none:log-stream:app/app/[0-9a-f]{32}`),
    true,
  ])
})

type Client = { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } }

async function role(iam: IAMClient, name: string): Promise<string> {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  return Role?.Arn ?? ''
}

async function allow(iam: IAMClient, RoleName: string, ...Action: string[]): Promise<void> {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'test', PolicyDocument: JSON.stringify(document) }))
}

async function ran(client: Client, definition: object): Promise<Task> {
  const ecs = new ECSClient(client)
  const { Subnets } = await new EC2Client(client).send(new DescribeSubnetsCommand({}))
  await ecs.send(new CreateClusterCommand({ clusterName: 'shop' }))
  const fargate = { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' } as const
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [], ...fargate, ...definition } as never),
  )
  const { tasks, failures } = await ecs.send(
    new RunTaskCommand({
      cluster: 'shop',
      taskDefinition: 'web',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets?.[0]?.SubnetId ?? ''] } },
    }),
  )
  const taskArn = tasks?.[0]?.taskArn
  if (!taskArn) throw new Error(JSON.stringify(failures))
  for (;;) {
    const answer = await ecs.send(new DescribeTasksCommand({ cluster: 'shop', tasks: [taskArn] }))
    const task = answer.tasks?.[0]
    if (task?.lastStatus === 'STOPPED') return task
    await wait(100)
  }
}

async function pushedImage(ecr: ECRClient, account: string, region: string, files: Record<string, string>): Promise<string> {
  const repositoryName = 'shop/web'
  await ecr.send(new CreateRepositoryCommand({ repositoryName }))
  const archive = pack()
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text)
  archive.finalize()
  const tar = await buffer(archive)
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { WorkingDir: '/app', Cmd: ['node', 'main.js'] },
      rootfs: { type: 'layers', diff_ids: [digest(tar)] },
    }),
  )
  for (const blob of [layer, config]) {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
    const part = { repositoryName, uploadId, partFirstByte: 0, partLastByte: blob.length - 1, layerPartBlob: blob }
    await ecr.send(new UploadLayerPartCommand(part))
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest(blob)] }))
  }
  const described = (mediaType: string, blob: Buffer) => ({ mediaType, size: blob.length, digest: digest(blob) })
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described('application/vnd.oci.image.config.v1+json', config),
    layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  }
  await ecr.send(new PutImageCommand({ repositoryName, imageManifest: JSON.stringify(manifest), imageTag: 'v1' }))
  return `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}:v1`
}

const digest = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
