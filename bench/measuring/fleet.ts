// Services to measure with, made through the SDK as anybody would: `count` of them in the cluster `bench`, each at its own pace.
import { setTimeout as wait } from 'node:timers/promises'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS } from '@aws-sdk/client-ecs'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'

const AT_ONCE = 10

export interface Fleet {
  ecs: ECS
  names: string[]
  /** Registers a revision and has every service rolled to it. */
  roll(): Promise<void>
  /** Resolves when every service runs what it should and nothing else. */
  steady(): Promise<void>
  close(): void
}

export async function fleet(
  client: ClientConfig,
  options: { count: number; tasks: number; image?: string; command?: string[] },
): Promise<Fleet> {
  const { count, tasks, image = 'bench/web:1', command } = options
  const ecs = new ECS(client)
  const ec2 = new EC2(client)
  const { Subnets = [] } = await ec2.describeSubnets({})
  ec2.destroy()
  const subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? [])
  const names = Array.from({ length: count }, (_, at) => `web-${at}`)
  const register = async () => {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: 'web',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'web', image, essential: true, command, portMappings: [{ containerPort: 8080 }] }],
    })
    return taskDefinition?.taskDefinitionArn
  }
  await ecs.createCluster({ clusterName: 'bench' })
  const taskDefinition = await register()
  const create = (serviceName: string) =>
    ecs.createService({
      cluster: 'bench',
      serviceName,
      taskDefinition,
      desiredCount: tasks,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups: [] } },
    })
  await forEach(names, create)
  return {
    ecs,
    names,
    async roll() {
      const taskDefinition = await register()
      await forEach(names, (service) => ecs.updateService({ cluster: 'bench', service, taskDefinition }))
    },
    async steady() {
      for (const batch of batches(names, 10)) {
        for (;;) {
          const { services = [] } = await ecs.describeServices({ cluster: 'bench', services: batch })
          const isSteady = services.every(({ deployments, runningCount }) => deployments?.length === 1 && runningCount === tasks)
          if (isSteady) break
          await wait(250)
        }
      }
    },
    close: () => ecs.destroy(),
  }
}

async function forEach(names: readonly string[], run: (name: string) => Promise<unknown>): Promise<void> {
  for (const batch of batches(names, AT_ONCE)) await Promise.all(batch.map(run))
}

const batches = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
