// A product in a sandbox, and kiban's deploy engine beside it: tasks are scripted, everything between is real.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { IAM } from '@aws-sdk/client-iam'
import { advance } from '../src/capabilities/deploy/advance.ts'
import { Callers } from '../src/capabilities/deploy/callers.ts'
import type { Deployment } from '../src/capabilities/deploy/deployment.ts'
import { findDeployment, insertDeployment, type NewDeployment } from '../src/capabilities/deploy/deployment-store.ts'
import type { DeployEngine } from '../src/capabilities/deploy/engine.ts'
import { keepRelease, type Release } from '../src/capabilities/deploy/release-store.ts'
import { slackKinds } from '../src/capabilities/slack/slack-work.ts'
import { type Clock, realClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import type { Database } from '../src/database/database.ts'
import { eventFeed } from '../src/database/event-feed.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { openDurable } from '../src/durable/durable.ts'
import { readManifest } from '../src/manifest/load.ts'
import type { TaskPlan } from '../src/sandbox/ecs/runtime.ts'
import { type Script, scriptedRuntime } from '../src/sandbox/ecs/scripted-runtime.ts'
import type { Timings } from '../src/sandbox/ecs/timings.ts'
import { testSandbox } from './support.ts'

/** Short enough for a test, long enough that a rollout has a middle. */
export const quickTimings: Partial<Timings> = {
  settling: 300,
  deploymentPending: 50,
  provisioning: 50,
  pending: 50,
  activating: 50,
  deprovisioning: 50,
}

export const bookshop = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: {} }
services:
  api: { image: example/api, before: [migrate], count: 2 }
  web: { image: example/web, count: 2 }
tasks:
  migrate: { service: api, command: [node, migrate.ts] }
`

export interface CloudStageOptions {
  environments?: string[]
  script?: (task: TaskPlan) => Script
  timings?: Partial<Timings>
  clock?: Clock
  /** Keep the sandbox's state here, so that it can be started again. */
  state?: string
}

export type CloudStage = Awaited<ReturnType<typeof cloudStage>>

/** The cloud alone. Its endpoint and credentials are in this process's environment until it is closed. */
export async function cloudStage(options: CloudStageOptions = {}) {
  let script = options.script ?? (() => ({}))
  const plans: TaskPlan[] = []
  const begin = (port: number) =>
    testSandbox({
      port,
      state: options.state,
      clock: options.clock,
      tasks: {
        timings: options.timings ?? quickTimings,
        runtime: (cloud) =>
          scriptedRuntime(cloud.clock, (task) => {
            plans.push(task)
            return script(task)
          }),
      },
    })
  let sandbox = await begin(0)
  const before = { ...process.env }
  Object.assign(process.env, sandbox.env)
  const ecs = new ECS({})
  await prepared(ecs, options.environments ?? ['staging', 'production'], ['api', 'web'])
  return {
    get sandbox() {
      return sandbox
    },
    /** Ends the sandbox and starts it again on what it had kept, at the same port. */
    async restart(pauseMs: number) {
      const port = Number(new URL(sandbox.endpoint).port)
      await sandbox.close()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      sandbox = await begin(port)
    },
    ecs,
    /** Every task that was started, oldest first. */
    plans,
    /** How often the migration of a deployment was started. */
    migrationsOf: (id: string) =>
      [...sandbox.cloud.table<{ startedBy?: string }>('ecs.tasks').values()].filter(({ startedBy }) => startedBy?.includes(id))
        .length,
    act(next: (task: TaskPlan) => Script) {
      script = next
    },
    async close() {
      ecs.destroy()
      await sandbox.close()
      for (const name of Object.keys(sandbox.env)) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    },
  }
}

export type DeployStage = CloudStage & { engine: DeployEngine }

export async function deployStage(options: CloudStageOptions & { database?: Database } = {}): Promise<DeployStage> {
  const cloud = await cloudStage(options)
  const engine = await deployEngine(options.database ?? (await openDatabase({})), options.clock)
  return {
    ...cloud,
    get sandbox() {
      return cloud.sandbox
    },
    engine,
    async close() {
      await closeEngine(engine)
      if (!options.database) await engine.database.close()
      await cloud.close()
    },
  }
}

export async function deployEngine(database: Database, clock: Clock = realClock): Promise<DeployEngine> {
  const callers = new Callers(process.env)
  return callers.engineOf({
    database,
    durable: await openDurable(database, {
      kinds: ['deployment', 'task-run', 'workflow', 'push', ...slackKinds],
      failed: (error) => process.stderr.write(`${error.stack}\n`),
    }),
    events: await eventFeed(database),
    callers,
    clock,
    dataFolder: join(tmpdir(), 'kiban-no-builds-here'),
    failed: (error) => process.stderr.write(`${error.stack}\n`),
  })
}

export async function closeEngine(engine: DeployEngine): Promise<void> {
  await engine.durable.close()
  await engine.events.close()
  engine.callers.close()
}

const EXECUTION_POLICY = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'

/** What infrastructure makes before the first deployment. */
async function prepared(ecs: ECS, environments: string[], services: string[]): Promise<void> {
  const iam = new IAM({})
  const ec2 = new EC2({})
  const ecr = new ECR({})
  const logs = new CloudWatchLogs({})
  for (const service of services) await ecr.createRepository({ repositoryName: `bookshop/${service}` })
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  const { Subnets = [] } = await ec2.describeSubnets({})
  for (const [at, environment] of environments.entries()) {
    await ecs.createCluster({ clusterName: `bookshop-${environment}` })
    await ec2.createTags({
      Resources: [Subnets[at % Subnets.length]?.SubnetId ?? ''],
      Tags: [{ Key: 'Name', Value: `bookshop-${environment}-private` }],
    })
    for (const service of services) {
      await logs.createLogGroup({ logGroupName: `/bookshop/${environment}/${service}` })
      for (const kind of ['execution', 'task']) {
        const RoleName = `bookshop-${environment}-${service}-${kind}`
        await iam.createRole({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) })
        if (kind === 'execution') await iam.attachRolePolicy({ RoleName, PolicyArn: EXECUTION_POLICY })
      }
    }
  }
  for (const client of [iam, ec2, ecr, logs]) client.destroy()
}

/** A release whose images are `…@sha256:<number>`, in a registry that nobody looks into: its tasks are scripted. */
export async function release(database: Database, number: number, manifest = bookshop): Promise<Release> {
  const digest = `sha256:${String(number).padStart(64, '0')}`
  const parsed = readManifest(manifest).manifest
  const images = Object.fromEntries(
    Object.keys(parsed.services).map((service) => [
      service,
      {
        reference: `registry.example/bookshop/${service}@${digest}`,
        digest,
        builder: 'process',
      },
    ]),
  )
  return keepRelease(database, {
    id: newId('rel'),
    product: 'bookshop',
    commit: String(number).padStart(40, '0'),
    inputs: 'x',
    repository: '.',
    ref: 'main',
    manifest: parsed,
    definitions: {},
    images,
    createdAt: Date.now(),
    createdBy: 'aoi',
  })
}

/** Starts a deployment of a release without driving it. */
export async function started(database: Database, of: Release, more: Partial<NewDeployment> = {}): Promise<string> {
  const { id } = await insertDeployment(
    database,
    {
      id: newId('dep'),
      product: 'bookshop',
      environment: 'staging',
      kind: 'deploy',
      repository: '.',
      ref: 'main',
      commit: of.commit,
      releaseId: of.id,
      services: [],
      options: { keepSiblings: false, force: false },
      reason: undefined,
      createdAt: Date.now(),
      createdBy: 'aoi',
      face: 'cli',
      ...more,
    },
    newId('req'),
  )
  return id
}

/** Starts a deployment and drives it to its end. */
export async function deployed(engine: DeployEngine, of: Release, more: Partial<NewDeployment> = {}): Promise<Deployment> {
  const id = await started(engine.database, of, more)
  await advance(engine, id, new AbortController().signal)
  return (await findDeployment(engine.database, id)) as Deployment
}
