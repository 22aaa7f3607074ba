// A service whose rollouts kiban's engine drives, and which the other tools watch meanwhile.
import type { Task } from '@aws-sdk/client-ecs'
import { describeServiceDeployments } from '../../src/aws/ecs-deployments.ts'
import { advance } from '../../src/capabilities/deploy/advance.ts'
import { findDeployment, rolloutsOf } from '../../src/capabilities/deploy/deployment-store.ts'
import type { Release } from '../../src/capabilities/deploy/release-store.ts'
import { serviceDeploymentView } from '../../src/capabilities/deploy/service-deployment.ts'
import { judge } from '../../src/capabilities/deploy/verdict.ts'
import type { TaskPlan } from '../../src/sandbox/ecs/runtime.ts'
import type { Script } from '../../src/sandbox/ecs/scripted-runtime.ts'
import { type DeployStage, deployed, deployStage, quickTimings, release, started } from '../deploy-stage.ts'
import { underWay } from './ecspresso.ts'
import { describedService, type Outcome, type Tool, tasksOf, type Watched } from './tool.ts'

const REGION = 'ap-northeast-1'
const cluster = 'bookshop-staging'
const service = 'bookshop-staging-web'
/** The times of the stage are about a hundredth of those of Fargate; so are these. */
const LOOK_EVERY_MS = 10
/** How often each tool looks when nothing moves any more: its time limit. */
const LAST_LOOKS = 20

/** How each told the end of one rollout. */
export interface Told {
  /** With what ECS ended it. */
  ecs: string
  kiban: string
  tools: Record<string, string>
}

export type RolloutStage = Awaited<ReturnType<typeof rolloutStage>>

export async function rolloutStage(tools: Record<string, Tool>) {
  /** What tasks do, by the number of their release; the others are healthy soon. */
  const scripts = new Map<number, Script>()
  const stage: DeployStage = await deployStage({
    script: (task) => scripts.get(releaseOf(task)) ?? { health: [{ after: 20, is: 'HEALTHY' }] },
    timings: { ...quickTimings, settling: 400 },
  })
  let releases = 0

  /** A release whose tasks do as the script says; `deploy` and `more` are settings of the service in its manifest. */
  const made = (script: Script | undefined, deploy: string, more: string): Promise<Release> => {
    releases++
    if (script) scripts.set(releases, script)
    const manifest = `
product: bookshop
account: "123456789012"
region: ${REGION}
environments: { staging: {} }
services:
  web: { image: example/web, count: 2, deploy: ${deploy}${more} }
`
    return release(stage.engine.database, releases, manifest)
  }

  const at = async (): Promise<Watched> => {
    const { taskDefinition = '', desiredCount = 0 } = await describedService({ ecs: stage.ecs, cluster, service })
    return { ecs: stage.ecs, cluster, service, definition: taskDefinition, desired: desiredCount }
  }

  return {
    /** The service as it stands. */
    at,
    /** Brings a release that succeeds. */
    async good(deploy = '{}', more = ''): Promise<void> {
      const { verdict, error } = await deployed(stage.engine, await made(undefined, deploy, more))
      if (verdict !== 'succeeded') throw new Error(`A good release ended ${verdict}: ${error?.text.en}`)
    },
    /** From now on tasks of the release that runs do this. */
    spoil(script: Script): void {
      scripts.set(releases, script)
    },
    /** Brings a release by kiban's engine; `meanwhile` happens when its first tasks are on their way. */
    async deploy(
      script: Script | undefined,
      {
        deploy = '{}',
        more = '',
        meanwhile,
      }: { deploy?: string; more?: string; meanwhile?: (at: Watched) => Promise<unknown> } = {},
    ): Promise<Told> {
      const { engine } = stage
      const id = await started(engine.database, await made(script, deploy, more))
      const end = advance(engine, id, new AbortController().signal)
      await until(async () => (await rolloutsOf(engine.database, id))[0]?.sentAt !== undefined)
      const telling = watching(await at(), tools)
      if (meanwhile) await hasTasks(await at())
      await meanwhile?.(await at())
      await end
      await until(async () => (await underWay(await at())) === undefined)
      const [rollout] = await rolloutsOf(engine.database, id)
      const { verdict = '' } = (await findDeployment(engine.database, id)) ?? {}
      return { ecs: rollout?.view?.status ?? '', kiban: verdict, tools: await telling.told() }
    },
    /** Rolls the same definition anew, as other tools do and kiban never does; kiban's rule is asked what became of it. */
    async refresh(): Promise<Told> {
      const { ecs } = stage
      const { service: refreshed } = await ecs.updateService({ cluster, service, forceNewDeployment: true })
      const arn = refreshed?.currentServiceDeployment ?? ''
      const telling = watching(await at(), tools)
      const view = async () => {
        const found = (await describeServiceDeployments(stage.engine.aws(REGION), [arn])).get(arn)
        return found && serviceDeploymentView(found)
      }
      const judged = async () => {
        const deployment = await view()
        const revision = deployment?.target?.revision
        return judge({ deployment, revision, newer: false, stopAsked: false, oldTasks: 0, pastDeadline: false }).verdict
      }
      await until(async () => (await judged()) !== undefined)
      return { ecs: (await view())?.status ?? '', kiban: (await judged()) ?? '', tools: await telling.told() }
    },
    close: () => stage.close(),
  }
}

/** Until tasks of the new definition are on their way. */
async function hasTasks(at: Watched): Promise<void> {
  const isNew = ({ taskDefinitionArn }: Task) => taskDefinitionArn === at.definition
  await until(async () => (await tasksOf(at, 'RUNNING')).some(isNew))
}

/** Until the service deployment that is under way has this status. */
export async function reached(at: Watched, status: string): Promise<void> {
  const { currentServiceDeployment = '' } = await describedService(at)
  await until(async () => (await statusOf(at, currentServiceDeployment)) === status)
}

async function statusOf({ ecs }: Watched, arn: string): Promise<string | undefined> {
  return (await ecs.describeServiceDeployments({ serviceDeploymentArns: [arn] })).serviceDeployments?.[0]?.status
}

export async function setProtection({ ecs, cluster }: Watched, tasks: string[], protectionEnabled: boolean): Promise<void> {
  await ecs.updateTaskProtection({ cluster, tasks, protectionEnabled })
}

export const taskArns = async (at: Watched): Promise<string[]> =>
  (await tasksOf(at, 'RUNNING')).map(({ taskArn = '' }) => taskArn)

export const pause = (ms = LOOK_EVERY_MS): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause()
}

const releaseOf = ({ containers: [container] }: TaskPlan) => Number(container?.image.slice(-10))

function watching(at: Watched, tools: Record<string, Tool>): { told(): Promise<Record<string, string>> } {
  const left = { looks: Number.POSITIVE_INFINITY }
  const all = Promise.all(Object.entries(tools).map(async ([name, tool]) => [name, await answer(at, tool, left)] as const))
  return {
    async told() {
      left.looks = LAST_LOOKS * Object.keys(tools).length
      return Object.fromEntries(await all)
    },
  }
}

async function answer(at: Watched, tool: Tool, left: { looks: number }): Promise<string> {
  const look = tool.begin(at)
  let outcome: Outcome | undefined
  while (outcome === undefined && left.looks-- > 0) {
    outcome = await look()
    await pause()
  }
  if (outcome === undefined) return `${tool.atLimit}, at its time limit`
  if (outcome === 'failure') return outcome
  const { deployments = [], currentServiceDeployment = '' } = await describedService(at)
  const isMixed = deployments.some(({ status, runningCount = 0 }) => status === 'ACTIVE' && runningCount > 0)
  return isMixed && (await statusOf(at, currentServiceDeployment)) === 'SUCCESSFUL' ? 'success, while old tasks run' : outcome
}
