// kiban as a person has it: bin/kiban in a Git repository, on the embedded database.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS } from '@aws-sdk/client-ecs'
import { IAM } from '@aws-sdk/client-iam'
import { usedWell } from './child.ts'
import type { Deployer } from './deployer.ts'
import type { SandboxInChild } from './sandbox-in-child.ts'

export const KIBAN = process.env.KIBAN ?? fileURLToPath(new URL('../../bin/kiban', import.meta.url))
export const ENVIRONMENT = 'staging'
const EXECUTION_POLICY = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'

/** Makes what infrastructure would have made, and a repository of a product of `count` services of two tasks. */
export async function kibanDeployer(
  sandbox: SandboxInChild,
  { product, count, image, folder }: { product: string; count: number; image: string; folder: string },
): Promise<Deployer> {
  const names = Array.from({ length: count }, (_, at) => `web-${String(at).padStart(2, '0')}`)
  const subnets = await infrastructure(sandbox, product, names)
  const repository = join(folder, product)
  mkdirSync(repository, { recursive: true })
  const env = {
    ...sandbox.env,
    KIBAN_BUILDER: 'process',
    PATH: process.env.PATH,
    HOME: folder,
    NODE_COMPILE_CACHE: join(folder, 'compile'),
    XDG_DATA_HOME: join(folder, 'data', product),
    GIT_CONFIG_GLOBAL: '/dev/null',
  }
  const git = gitIn(repository, env)
  git('init', '--quiet', '--initial-branch=main')
  return {
    cluster: `${product}-${ENVIRONMENT}`,
    services: names.map((name) => `${product}-${ENVIRONMENT}-${name}`),
    async deploy(number) {
      writeFileSync(join(repository, 'kiban.yml'), manifest(product, names, { subnets, image, number }))
      git('add', '.')
      git('commit', '--quiet', '--message', `Release ${number}`)
      const used = await usedWell([KIBAN, 'deploy', '--env', ENVIRONMENT, '--yes', '--json'], { env, cwd: repository })
      const at = new Map<string, number>()
      for (const line of used.lines) {
        if (!line.text.startsWith('{')) continue
        const { rollouts = [] } = JSON.parse(line.text) as { rollouts?: { name: string; verdict?: string }[] }
        for (const { name, verdict } of rollouts) if (verdict && !at.has(name)) at.set(name, line.at)
      }
      return { at, used: [used] }
    },
  }
}

/** Git in a folder, as somebody of the bench's own. */
export const gitIn =
  (cwd: string, env: NodeJS.ProcessEnv) =>
  (...args: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=aoi', '-c', 'user.email=aoi@example.com', ...args], { cwd, env })

interface Written {
  subnets: readonly string[]
  image: string
  number: number
}

export const manifest = (product: string, names: readonly string[], { subnets, image, number }: Written): string => `
product: ${product}
account: "123456789012"
environments:
  ${ENVIRONMENT}: { network: { subnets: [${subnets.join(', ')}] } }
services:
${names.map((name) => `  ${name}: { image: "${image}", count: 2, env: { RELEASE: "${number}" } }`).join('\n')}
`

/** What a product needs before its first deployment; gives the subnets. */
export async function infrastructure({ client }: SandboxInChild, product: string, names: readonly string[]): Promise<string[]> {
  const [ecs, iam, ec2, logs] = [new ECS(client), new IAM(client), new EC2(client), new CloudWatchLogs(client)]
  await ecs.createCluster({ clusterName: `${product}-${ENVIRONMENT}` })
  const { Subnets = [] } = await ec2.describeSubnets({})
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }]
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  for (const name of names) {
    await logs.createLogGroup({ logGroupName: `/${product}/${ENVIRONMENT}/${name}` })
    for (const kind of ['execution', 'task']) {
      const RoleName = `${product}-${ENVIRONMENT}-${name}-${kind}`
      await iam.createRole({ RoleName, AssumeRolePolicyDocument })
      if (kind === 'execution') await iam.attachRolePolicy({ RoleName, PolicyArn: EXECUTION_POLICY })
    }
  }
  for (const each of [ecs, iam, ec2, logs]) each.destroy()
  return Subnets.flatMap(({ SubnetId }) => SubnetId ?? [])
}
