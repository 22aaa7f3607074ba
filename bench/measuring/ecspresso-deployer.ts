// ecspresso beside kiban, where it is here (ECSPRESSO names the program): a configuration and a process for each service.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS } from '@aws-sdk/client-ecs'
import { usedWell } from './child.ts'
import type { Deployer } from './deployer.ts'
import type { SandboxInChild } from './sandbox-in-child.ts'

/** Undefined where ecspresso is not here. */
export async function ecspressoDeployer(
  sandbox: SandboxInChild,
  { cluster, count, image, folder }: { cluster: string; count: number; image: string; folder: string },
): Promise<Deployer | undefined> {
  const program = process.env.ECSPRESSO
  if (!program) return undefined
  const [ecs, ec2] = [new ECS(sandbox.client), new EC2(sandbox.client)]
  await ecs.createCluster({ clusterName: cluster })
  const { Subnets = [] } = await ec2.describeSubnets({})
  for (const each of [ecs, ec2]) each.destroy()
  const subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? [])
  const services = Array.from({ length: count }, (_, at) => `${cluster}-${String(at).padStart(2, '0')}`)
  for (const service of services) {
    mkdirSync(join(folder, service), { recursive: true })
    const write = (file: string, content: object) => writeFileSync(join(folder, service, file), JSON.stringify(content))
    write('ecspresso.json', {
      region: sandbox.client.region,
      cluster,
      service,
      service_definition: 'service.json',
      task_definition: 'task.json',
      timeout: '10m',
    })
    write('service.json', serviceDefinition(subnets))
    write('task.json', taskDefinition(service, image))
  }
  return {
    cluster,
    services,
    async deploy(number) {
      const env = { ...sandbox.env, PATH: process.env.PATH, HOME: folder, RELEASE: String(number) }
      const deployments = services.map(async (service) => {
        const used = await usedWell([program, 'deploy', '--config', 'ecspresso.json'], { env, cwd: join(folder, service) })
        return [service, used, Date.now()] as const
      })
      const told = await Promise.all(deployments)
      return { at: new Map(told.map(([service, , at]) => [service, at])), used: told.map(([, used]) => used) }
    },
  }
}

/** As `ecspresso init` writes it, so that a deployment finds nothing to change in the service. */
const serviceDefinition = (subnets: readonly string[]) => ({
  deploymentConfiguration: {
    deploymentCircuitBreaker: { enable: true, rollback: true },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
  },
  deploymentController: { type: 'ECS' },
  desiredCount: 2,
  enableECSManagedTags: false,
  enableExecuteCommand: false,
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'DISABLED', subnets } },
  platformFamily: 'Linux',
  platformVersion: 'LATEST',
  propagateTags: 'NONE',
  schedulingStrategy: 'REPLICA',
})

const taskDefinition = (family: string, image: string) => ({
  family,
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [
    { name: 'web', image, essential: true, environment: [{ name: 'RELEASE', value: '{{ must_env `RELEASE` }}' }] },
  ],
})
