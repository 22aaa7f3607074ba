// A cluster with a task whose containers can be entered, for tests of sessions.
import { setTimeout as wait } from 'node:timers/promises'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { IAM } from '@aws-sdk/client-iam'
import { SSM } from '@aws-sdk/client-ssm'
import { pushTestImage } from './image.ts'
import { testSandbox } from './support.ts'

const QUICK = { provisioning: 0, pending: 0, activating: 0, deprovisioning: 0 }
export const CLUSTER = 'shop'

export interface ExecStage {
  sandbox: Awaited<ReturnType<typeof testSandbox>>
  ecs: ECS
  ssm: SSM
  /** The ARN of a running task of `web`. */
  task: string
  /** Starts a task of `web`, or of `mute`, whose role cannot reach Session Manager; gives its ARN. */
  started(family: 'web' | 'mute', enableExecuteCommand?: boolean): Promise<string>
  /** The container of a task, as Session Manager names it. */
  target(of?: string): Promise<string>
  /** Asks ECS for a session of a command. */
  executed(command: string, of?: string): Promise<{ sessionId: string; streamUrl: string; tokenValue: string }>
}

/** A sandbox with the task's container in it: `GREETING` is set, and its role may reach Session Manager. */
export async function execStage(): Promise<ExecStage> {
  const sandbox = await testSandbox({ tasks: { timings: QUICK } })
  const { client } = sandbox
  const ecs = new ECS(client)
  const iam = new IAM(client)
  const image = await pushTestImage(new ECR(client), 'shop/web', { files: { 'main.js': 'setInterval(() => {}, 1000)' } })
  const executionRoleArn = await role(iam, 'execution', ['ecr:*', 'logs:*'])
  const { Subnets } = await new EC2(client).describeSubnets({})
  await ecs.createCluster({ clusterName: CLUSTER })
  for (const [family, action] of [
    ['web', 'ssmmessages:*'],
    ['mute', 's3:*'],
  ] as const)
    await ecs.registerTaskDefinition({
      ...{ family, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' },
      ...{ executionRoleArn, taskRoleArn: await role(iam, family, [action]) },
      containerDefinitions: [{ name: 'app', image, environment: [{ name: 'GREETING', value: 'こんにちは' }] }],
    })
  const started: ExecStage['started'] = async (taskDefinition, enableExecuteCommand = true) => {
    const { tasks } = await ecs.runTask({
      ...{ cluster: CLUSTER, taskDefinition, launchType: 'FARGATE', enableExecuteCommand },
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets?.[0]?.SubnetId ?? ''] } },
    })
    const arn = tasks?.[0]?.taskArn ?? ''
    for (;;) {
      const answer = await ecs.describeTasks({ cluster: CLUSTER, tasks: [arn] })
      if (answer.tasks?.[0]?.lastStatus === 'RUNNING') return arn
      if (answer.tasks?.[0]?.lastStatus === 'STOPPED') throw new Error(answer.tasks[0].stoppedReason)
      await wait(50)
    }
  }
  const task = await started('web')
  return {
    ...{ sandbox, ecs, ssm: new SSM(client), task, started },
    async target(of = task) {
      const { tasks } = await ecs.describeTasks({ cluster: CLUSTER, tasks: [of] })
      return `ecs:${CLUSTER}_${of.split('/').at(-1)}_${tasks?.[0]?.containers?.[0]?.runtimeId}`
    },
    async executed(command, of = task) {
      const { session } = await ecs.executeCommand({ cluster: CLUSTER, task: of, command, interactive: true })
      return {
        sessionId: session?.sessionId ?? '',
        streamUrl: session?.streamUrl ?? '',
        tokenValue: session?.tokenValue ?? '',
      }
    },
  }
}

async function role(iam: IAM, RoleName: string, Action: string[]): Promise<string> {
  const document = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] })
  const trust = document({ Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' })
  const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust })
  await iam.putRolePolicy({ RoleName, PolicyName: 'own', PolicyDocument: document({ Action, Resource: '*' }) })
  return Role?.Arn ?? ''
}
