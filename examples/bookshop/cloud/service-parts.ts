// What each service needs beside the network: cluster, repository, log group and the two roles of its tasks.
import type { EnvironmentManifest, ServiceManifest } from '../../../src/manifest/environment.ts'
import type { Clients } from './clients.ts'
import { type Made, unlessThere } from './made.ts'

const LOG_RETENTION_DAYS = 30

export async function makeServiceParts(clients: Clients, environment: EnvironmentManifest): Promise<Made[]> {
  const { ecs, ecr, logs, sts } = clients
  const cluster = environment.names.cluster
  const { clusters = [] } = await ecs.describeClusters({ clusters: [cluster] })
  const isThere = clusters.some(({ status }) => status === 'ACTIVE')
  if (!isThere) await ecs.createCluster({ clusterName: cluster })
  const made: Made[] = [{ kind: 'cluster', name: cluster, isNew: !isThere }]

  const { Account: account = '' } = await sts.getCallerIdentity({})
  for (const service of Object.values(environment.services)) {
    const { repository, logGroup } = service.names
    made.push(
      await unlessThere('RepositoryAlreadyExistsException', 'repository', repository, () =>
        ecr.createRepository({ repositoryName: repository }),
      ),
      await unlessThere('ResourceAlreadyExistsException', 'log group', logGroup, () =>
        logs.createLogGroup({ logGroupName: logGroup }),
      ),
      ...(await makeRoles(clients, environment, service, account)),
    )
    await logs.putRetentionPolicy({ logGroupName: logGroup, retentionInDays: LOG_RETENTION_DAYS })
  }
  return [...made, ...(await makeSchedulerRoles(clients, environment, account))]
}

/** What EventBridge Scheduler starts tasks with: https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html */
async function makeSchedulerRoles({ iam }: Clients, environment: EnvironmentManifest, account: string): Promise<Made[]> {
  const services = Object.values(environment.services)
  const passed = services.flatMap(({ names }) => [names.executionRole, names.taskRole])
  const statements = [
    allow(['ecs:RunTask', 'ecs:TagResource'], '*'),
    ...passed.map((role) => allow(['iam:PassRole'], `arn:aws:iam::${account}:role/${role}`)),
  ]
  const roles = new Set(Object.values(environment.schedules).map(({ role }) => role))
  return Promise.all([...roles].map((role) => makeRole(iam, role, 'scheduler.amazonaws.com', statements)))
}

async function makeRoles(
  { iam }: Clients,
  environment: EnvironmentManifest,
  service: ServiceManifest,
  account: string,
): Promise<Made[]> {
  const { executionRole, taskRole, repository, logGroup } = service.names
  const region = environment.region ?? '*'
  const at = (aws: string, resource: string) => `arn:aws:${aws}:${region}:${account}:${resource}`
  // What ECS does for a task before its program runs: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
  const execution = [
    allow(['ecr:GetAuthorizationToken'], '*'),
    allow(
      ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      at('ecr', `repository/${repository}`),
    ),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], at('logs', `log-group:${logGroup}:*`)),
    allow(['ssm:GetParameters'], at('ssm', `parameter${environment.names.parameters}/*`)),
  ]
  // What `kiban shell` needs within a task; the programs themselves ask nothing of AWS.
  const task = [
    allow(
      ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(
        (action) => `ssmmessages:${action}`,
      ),
      '*',
    ),
  ]
  const made: Made[] = []
  for (const [role, statements] of [
    [executionRole, execution],
    [taskRole, task],
  ] as const) {
    made.push(await makeRole(iam, role, 'ecs-tasks.amazonaws.com', statements))
  }
  return made
}

async function makeRole(iam: Clients['iam'], role: string, principal: string, statements: object[]): Promise<Made> {
  const made = await unlessThere('EntityAlreadyExistsException', 'role', role, () =>
    iam.createRole({
      RoleName: role,
      AssumeRolePolicyDocument: policy([{ Effect: 'Allow', Principal: { Service: principal }, Action: 'sts:AssumeRole' }]),
    }),
  )
  await iam.putRolePolicy({ RoleName: role, PolicyName: 'bookshop', PolicyDocument: policy(statements) })
  return made
}

const allow = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource })
const policy = (Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
