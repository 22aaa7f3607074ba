// A cloud whose tasks really run, and kiban's deploy engine beside it: what goes wrong here goes wrong for real.
import { setTimeout as wait } from 'node:timers/promises'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2'
import { IAM } from '@aws-sdk/client-iam'
import { SSM } from '@aws-sdk/client-ssm'
import { advance } from '../src/capabilities/deploy/advance.ts'
import type { Deployment, Rollout } from '../src/capabilities/deploy/deployment.ts'
import { findDeployment, rolloutsOf } from '../src/capabilities/deploy/deployment-store.ts'
import type { DeployEngine } from '../src/capabilities/deploy/engine.ts'
import { keepRelease } from '../src/capabilities/deploy/release-store.ts'
import { type Clock, scaledClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { type EnvironmentManifest, forEnvironment, type ServiceManifest } from '../src/manifest/environment.ts'
import { readManifest } from '../src/manifest/load.ts'
import type { Manifest } from '../src/manifest/manifest.ts'
import type { Sandbox } from '../src/sandbox/sandbox.ts'
import type { TaskOptions } from '../src/sandbox/services.ts'
import { closeEngine, deployEngine, quickTimings, started } from './deploy-stage.ts'
import { pushTestImage, type TestImage } from './image.ts'
import { testSandbox } from './support.ts'

export const ACCOUNT = '123456789012'
const ENVIRONMENT = 'staging'

/** A service of a test: what its image holds, and its part of the manifest. */
export interface TestService {
  image?: TestImage
  /** A reference instead of an image that is made. */
  reference?: string
  /** Containers beside the service's own, by name: an image, and its part of the task definition. */
  beside?: Record<string, { image: TestImage } & Record<string, unknown>>
  manifest?: Record<string, unknown>
  /** Of its execution role, instead of what it needs. */
  allows?: object[]
  /** Leave out what infrastructure usually makes. */
  without?: readonly ('log group' | 'execution role' | 'task role' | 'target group')[]
}

export interface Outcome {
  deployment: Deployment
  /** By service. */
  rollouts: Record<string, Rollout>
}

/** What each rollout came to: its verdict and the classes of its causes, the main one first. */
export const told = ({ rollouts }: Outcome): Record<string, string> =>
  Object.fromEntries(
    Object.entries(rollouts).map(([service, { verdict, causes = [] }]) => [
      service,
      [verdict, ...causes.map(({ class: of }) => of)].join(' '),
    ]),
  )

export interface ProcessStage extends Clients {
  sandbox: Sandbox
  engine: DeployEngine
  network: { vpc: string; subnets: string[] }
  /** Makes what infrastructure makes for these services, and deploys them; each goes its own way. */
  deploy(services: Record<string, TestService>, options?: DeployOptions): Promise<Outcome>
  close(): Promise<void>
}

export interface DeployOptions {
  /** Other parts of the manifest. */
  manifest?: Record<string, unknown>
  /** Run beside the deployment, with its id; what it throws is thrown. */
  meanwhile?: (id: string) => Promise<void>
  options?: { keepSiblings: boolean; force: boolean }
}

interface Clients {
  ec2: EC2
  ecr: ECR
  ecs: ECS
  elb: ElasticLoadBalancingV2
  iam: IAM
  logs: CloudWatchLogs
  ssm: SSM
}

export interface StageOptions {
  clock?: Clock
  tasks?: TaskOptions
  /** What kiban may do; everything when left out. The test itself may do everything. */
  deployer?: object[]
}

export async function processStage(options: StageOptions = {}): Promise<ProcessStage> {
  const sandbox = await testSandbox({
    clock: options.clock ?? scaledClock(10),
    tasks: { timings: { ...quickTimings, settling: 20_000 }, ...options.tasks },
  })
  const before = { ...process.env }
  const clients: Clients = {
    ec2: new EC2(sandbox.client),
    ecr: new ECR(sandbox.client),
    ecs: new ECS(sandbox.client),
    elb: new ElasticLoadBalancingV2(sandbox.client),
    iam: new IAM(sandbox.client),
    logs: new CloudWatchLogs(sandbox.client),
    ssm: new SSM(sandbox.client),
  }
  Object.assign(process.env, sandbox.env, options.deployer ? await keysOf(clients.iam, options.deployer) : {})
  const engine = await deployEngine(await openDatabase({}))
  const network = await makeNetwork(clients)
  await clients.ecs.createCluster({ clusterName: `shop-${ENVIRONMENT}`, capacityProviders: ['FARGATE', 'FARGATE_SPOT'] })

  return {
    ...clients,
    sandbox,
    engine,
    network,
    async deploy(services, options = {}) {
      const images = await pushedImages(clients.ecr, services)
      const manifest = manifestOf(services, images, options.manifest ?? {})
      await makeParts(clients, forEnvironment(manifest, ENVIRONMENT), services, network.vpc)
      return deployed(engine, manifest, images, options)
    },
    async close() {
      await closeEngine(engine)
      await engine.database.close()
      for (const client of Object.values(clients)) client.destroy()
      await sandbox.close()
      for (const name of Object.keys(sandbox.env)) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    },
  }
}

/** References by `service`, and by `service/container` of those beside it. */
async function pushedImages(ecr: ECR, services: Record<string, TestService>): Promise<Record<string, string>> {
  const images: Record<string, string> = {}
  for (const [name, { image, reference, beside = {} }] of Object.entries(services)) {
    images[name] = reference ?? (await pushTestImage(ecr, `shop/${name}`, image ?? {}))
    for (const [container, { image: its }] of Object.entries(beside))
      images[`${name}/${container}`] = await pushTestImage(ecr, `shop/${name}`, its)
  }
  return images
}

/** Waits until a rollout of the deployment is told to have a cause, or to be in a state. */
export async function untilRollout(
  engine: Pick<DeployEngine, 'database'>,
  id: string,
  is: (rollout: Rollout) => boolean,
  withinMs = 45_000,
): Promise<Rollout> {
  for (const end = Date.now() + withinMs; Date.now() < end; await wait(50)) {
    const found = (await rolloutsOf(engine.database, id)).find(is)
    if (found) return found
  }
  const now = (await rolloutsOf(engine.database, id)).map(({ service, verdict, view, causes }) => ({
    service,
    verdict,
    view,
    causes,
  }))
  throw new Error(`Not seen within ${withinMs} ms: ${JSON.stringify(now)}`)
}

/** JSON is YAML. */
function manifestOf(
  services: Record<string, TestService>,
  images: Record<string, string>,
  more: Record<string, unknown>,
): Manifest {
  const declared = Object.entries(services).map(([name, { manifest = {}, beside = {} }]) => {
    const others = Object.entries(beside).map(([container, { image: _, ...definition }]) => [
      container,
      { ...definition, image: images[`${name}/${container}`] },
    ])
    const containers = { ...(manifest.containers as object), ...Object.fromEntries(others) }
    const usual = { image: 'made/later', count: 1, deploy: { circuit_breaker: { threshold: 1 } }, stop_timeout: '2s' }
    return [name, { ...usual, ...manifest, ...(Object.keys(containers).length > 0 ? { containers } : {}) }]
  })
  const text = { product: 'shop', account: ACCOUNT, region: 'ap-northeast-1', environments: { [ENVIRONMENT]: {} }, ...more }
  return readManifest(JSON.stringify({ ...text, services: Object.fromEntries(declared) })).manifest
}

async function makeNetwork({ ec2 }: Pick<Clients, 'ec2'>) {
  const { Vpcs = [] } = await ec2.describeVpcs({})
  const vpc = Vpcs[0]?.VpcId ?? ''
  const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] })
  const subnets = Subnets.map(({ SubnetId = '' }) => SubnetId)
  await ec2.createTags({ Resources: subnets, Tags: [{ Key: 'Name', Value: `shop-${ENVIRONMENT}-private` }] })
  return { vpc, subnets }
}

async function makeParts(
  clients: Clients,
  environment: EnvironmentManifest,
  services: Record<string, TestService>,
  vpc: string,
): Promise<void> {
  const { elb, logs, iam } = clients
  for (const service of Object.values(environment.services)) {
    const { without = [], allows } = services[service.name] ?? {}
    if (!without.includes('log group')) await unlessThere(logs.createLogGroup({ logGroupName: service.names.logGroup }))
    if (!without.includes('execution role'))
      await makeRole(iam, service.names.executionRole, allows ?? [{ Effect: 'Allow', Action: '*', Resource: '*' }])
    if (!without.includes('task role')) await makeRole(iam, service.names.taskRole, [])
    if (service.balanced && !without.includes('target group')) await makeTargetGroup(elb, service, vpc, clients)
  }
}

export async function makeRole(
  iam: IAM,
  RoleName: string,
  statements: object[],
  principal = 'ecs-tasks.amazonaws.com',
): Promise<void> {
  const trust = { Effect: 'Allow', Principal: { Service: principal }, Action: 'sts:AssumeRole' }
  const document = (Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
  await unlessThere(iam.createRole({ RoleName, AssumeRolePolicyDocument: document([trust]) }))
  if (statements.length > 0) await iam.putRolePolicy({ RoleName, PolicyName: 'test', PolicyDocument: document(statements) })
}

/** The variables of a user who may do only this. */
async function keysOf(iam: IAM, Statement: object[]): Promise<Record<string, string>> {
  await iam.createUser({ UserName: 'deployer' })
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.putUserPolicy({ UserName: 'deployer', PolicyName: 'deploys', PolicyDocument })
  const { AccessKey } = await iam.createAccessKey({ UserName: 'deployer' })
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' }
}

async function makeTargetGroup(
  elb: ElasticLoadBalancingV2,
  { names, health, ports }: ServiceManifest,
  VpcId: string,
  { ec2 }: Clients,
): Promise<void> {
  const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] })
  const created = await unlessThere(
    elb.createTargetGroup({
      Name: names.targetGroup,
      Protocol: 'HTTP',
      Port: ports[0]?.port,
      VpcId,
      TargetType: 'ip',
      HealthCheckPath: health.path,
      HealthCheckIntervalSeconds: health.interval ?? 5,
      HealthCheckTimeoutSeconds: health.timeout ?? 2,
      HealthyThresholdCount: health.healthy ?? 2,
      UnhealthyThresholdCount: health.unhealthy ?? 2,
    }),
  )
  const TargetGroupArn = created?.TargetGroups?.[0]?.TargetGroupArn
  if (!TargetGroupArn) return
  const { LoadBalancers = [] } = await elb.createLoadBalancer({
    Name: names.targetGroup,
    Subnets: [...Map.groupBy(Subnets, ({ AvailabilityZone }) => AvailabilityZone).values()]
      .slice(0, 2)
      .map(([subnet]) => subnet?.SubnetId ?? ''),
  })
  await elb.createListener({
    LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  })
}

async function unlessThere<Answer>(making: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await making
  } catch (error) {
    if (error instanceof Error && /AlreadyExists|Duplicate/.test(error.name)) return undefined
    throw error
  }
}

async function deployed(
  engine: DeployEngine,
  manifest: Manifest,
  references: Record<string, string>,
  { meanwhile, options = { keepSiblings: true, force: false } }: DeployOptions,
): Promise<Outcome> {
  const images = Object.fromEntries(
    Object.entries(references)
      .filter(([name]) => !name.includes('/'))
      .map(([name, reference]) => [name, { reference, digest: reference.split('@')[1], builder: undefined }]),
  )
  const commit = newId('').replace(/\W/g, '').padEnd(40, '0').slice(0, 40)
  const release = await keepRelease(engine.database, {
    id: newId('rel'),
    product: 'shop',
    commit,
    inputs: commit,
    repository: '.',
    ref: 'main',
    manifest,
    definitions: {},
    images,
    createdAt: Date.now(),
    createdBy: 'aoi',
  })
  const id = await started(engine.database, release, { product: 'shop', options })
  await Promise.all([advance(engine, id, new AbortController().signal), meanwhile?.(id)])
  const deployment = (await findDeployment(engine.database, id)) as Deployment
  const rollouts = await rolloutsOf(engine.database, id)
  return { deployment, rollouts: Object.fromEntries(rollouts.map((rollout) => [rollout.service, rollout])) }
}
