// Keeps GitHub's picture of deployments and workflows true. It goes by how each stands, not by what happened one after the other: whatever
// was missed while GitHub was away is made up for in one step, and no deployment ever waits for GitHub.
import { KibanError } from '../../../core/error.ts'
import { github as text } from '../../../core/messages/github.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { nextEvent } from '../../../database/event-feed.ts'
import type { GithubApp } from '../../../github/app.ts'
import { type DeploymentState, githubDeployment, tellCommit, tellState } from '../../../github/deployments.ts'
import { repositoryKey } from '../../../github/push.ts'
import type { State } from '../deployment.ts'
import type { SharedEngine } from '../engine.ts'
import type { WorkflowState } from '../workflows/workflow-run.ts'
import {
  deploymentsToTell,
  keepRunTold,
  keepTold,
  type UntoldDeployment,
  type UntoldRun,
  workflowRunsToTell,
} from './told-store.ts'

/** The kind of durable work; there is one thing in it. */
export const GITHUB_WORK = 'github'
export const ALL_DEPLOYMENTS = 'all'
/** For what a lost connection to the database swallowed, and for what GitHub did not take. */
const AGAIN_MS = 30_000
/** After a repository said no, as where the App is not installed. */
const REFUSED_FOR_MS = 10 * 60_000

export interface Telling {
  engine: Pick<SharedEngine, 'database' | 'events' | 'clock' | 'failed'>
  app: GithubApp
  /** Where people find the console. */
  address(): Promise<string>
}

/** Tells until this process ends; then another one does. */
export async function keepTelling(telling: Telling, signal: AbortSignal): Promise<void> {
  const { engine } = telling
  const refused = new Map<string, number>()
  for (;;) {
    signal.throwIfAborted()
    // Asked for before it is read, so that nothing falls between.
    const next = nextEvent(engine.events, ['*'], AGAIN_MS, signal)
    try {
      await tellAll(telling, refused, signal)
    } catch (error) {
      signal.throwIfAborted()
      engine.failed(error as Error)
    }
    await next.happened
  }
}

/** Tells GitHub of every deployment and every run of a workflow whose state it has not heard. `refused` says until when a repository is not asked. */
export async function tellAll(
  { engine, app, address }: Telling,
  refused: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, failed } = engine
  const base = await address()
  const untolds = [...(await deploymentsToTell(database, clock.now())), ...(await workflowRunsToTell(database, clock.now()))]
  for (const untold of untolds) {
    const [host, owner, name] = repositoryKey(untold.repository)?.split('/') ?? []
    const state = stateOf(untold)
    if (host !== app.host || state === untold.told) continue
    const repository = `${owner}/${name}`
    if (clock.now() < Math.max(app.waitUntil, refused.get(repository) ?? 0)) continue
    try {
      if (untold.kind === 'deployment')
        await tellDeployment({ database, clock, app, base }, { ...untold, repository }, state, signal)
      else await tellRun({ database, clock, app, base }, { ...untold, repository }, state, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof KibanError)) throw error
      if (error.code === 'github.refused') refused.set(repository, clock.now() + REFUSED_FOR_MS)
      failed(error)
      // It is away as a whole: the next look tries again.
      if (error.code === 'github.failed') return
    }
  }
}

interface ToGithub extends Pick<Telling['engine'], 'database' | 'clock'> {
  app: GithubApp
  /** Where people find the console. */
  base: string
}

async function tellDeployment(
  { database, clock, app, base }: ToGithub,
  untold: UntoldDeployment,
  state: DeploymentState,
  signal: AbortSignal,
): Promise<void> {
  const { id, product } = untold
  const url = new URL(`/p/${product}/deploys/${id}`, base).href
  const of = { ...untold, description: describe(product, untold), url }
  const githubId = untold.githubId ?? (await githubDeployment(app, of, signal))
  // Kept before the state is told: a process that dies here leaves no second deployment.
  if (untold.githubId === undefined) await keepTold(database, { id, githubId, told: 'none' }, clock.now())
  await tellState(app, githubId, of, state, signal)
  await keepTold(database, { id, githubId, told: state }, clock.now())
}

async function tellRun(
  { database, clock, app, base }: ToGithub,
  untold: UntoldRun,
  state: DeploymentState,
  signal: AbortSignal,
): Promise<void> {
  const { id, product, environment, workflow, repository, commit } = untold
  const context = `kiban/${product}/${environment}/${workflow}`
  const url = new URL(`/p/${product}/timeline`, base).href
  await tellCommit(app, { repository, commit, context, description: describe(workflow, untold), url }, state, signal)
  await keepRunTold(database, { id, told: state }, clock.now())
}

const describe = (what: string, { state, verdict }: Pick<UntoldDeployment | UntoldRun, 'state' | 'verdict'>): string =>
  text.description(what, state === 'done' ? (verdict ?? 'failed') : state).en

const stateOfVerdict: Record<Verdict, DeploymentState> = {
  succeeded: 'success',
  failed: 'failure',
  'rolled-back': 'failure',
  'timed-out': 'failure',
  stopped: 'error',
  superseded: 'inactive',
}

const waiting: readonly (State | WorkflowState)[] = ['queued', 'built', 'planned', 'approved', 'preparing']

export function stateOf({ state, verdict }: Pick<UntoldDeployment | UntoldRun, 'state' | 'verdict'>): DeploymentState {
  if (state === 'done') return stateOfVerdict[verdict ?? 'failed']
  return waiting.includes(state) ? 'queued' : 'in_progress'
}
