import { join } from 'node:path'
import type { Actor } from '../../core/actor.ts'
import { realClock } from '../../core/clock.ts'
import { KibanError } from '../../core/error.ts'
import type { Text } from '../../core/text.ts'
import type { Database } from '../../database/database.ts'
import { eventFeed } from '../../database/event-feed.ts'
import { openDatabase } from '../../database/open-database.ts'
import { openDurable } from '../../durable/durable.ts'
import { GithubApp } from '../../github/app.ts'
import type { GithubSettings } from '../../github/settings.ts'
import { advance } from './advance.ts'
import { forgetEndedBuilds } from './build-folder.ts'
import { Callers } from './callers.ts'
import { findDeployment, openDeployments } from './deployment-store.ts'
import type { DeployEngine } from './engine.ts'
import { ALL_DEPLOYMENTS, GITHUB_WORK, keepTelling } from './github/tell-github.ts'
import { repositoriesWithOpenPushes } from './pushes/push-store.ts'
import { PUSH_WORK } from './pushes/receive-delivery.ts'
import { workOnPushes } from './pushes/work-on-pushes.ts'
import { ALL_SCHEDULES, SCHEDULE_WORK, watchSchedules } from './schedules/watch-schedules.ts'
import { DEPLOYMENT_WORK } from './start.ts'
import { advanceRun } from './tasks/advance-run.ts'
import { findRun, openRuns } from './tasks/run-store.ts'
import { TASK_RUN_WORK } from './tasks/start-run.ts'
import { advanceWorkflow } from './workflows/advance-workflow.ts'
import { WORKFLOW_WORK } from './workflows/start-workflow.ts'
import { findWorkflowRun, openWorkflowRuns } from './workflows/workflow-store.ts'

/** Deployments, and runs of tasks, that one process drives together; each only waits, most of the time. */
const AT_A_TIME = 50
/** Those whose pushes are looked at together; each fetches. */
const REPOSITORIES_AT_A_TIME = 4
/** The user whose grants say what pushes may deploy. */
const PUSH_ACTOR = 'github'

export interface EngineOptions {
  /** kiban's data folder: the embedded database, copies of repositories. */
  folder: string
  /** URL of a PostgreSQL instead of the embedded database. */
  databaseUrl?: string
  environment: NodeJS.ProcessEnv
  failed: (error: Error) => void
  /** Whether this process drives deployments, or leaves them to others on the same PostgreSQL. */
  works?: boolean
  /** Whether it lasts, and looks after schedules and pushes as well. */
  lasts?: boolean
  /** Which App of GitHub kiban is, where it is one: deployments are told to GitHub then. */
  github?: GithubSettings
  /** Where people find the console. */
  address?: (database: Database) => Promise<string>
  /** A machine that proves itself by a signature, with what is granted to it now; nobody deploys for pushes without. */
  machine?: (database: Database, name: string, face: Actor['face']) => Promise<Actor>
  /** Kinds of durable work of others on this database. */
  kinds?: readonly string[]
}

export interface OpenDeployEngine extends DeployEngine {
  /** Deployments and runs of tasks that had not ended, and why one cannot go on here; known once their credentials are looked at. */
  left: Promise<readonly { id: string; waits: Text | undefined }[]>
  /** Works on nothing any more; all else goes on. */
  rest(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens all that deploys stand on, and goes on with every deployment that has not ended. The embedded database takes one
 * process: hold the folder (`joinOrOwn`) first.
 */
export async function openDeployEngine(options: EngineOptions): Promise<OpenDeployEngine> {
  const { folder, databaseUrl, environment, failed, works = true, lasts = false, machine, github, address } = options
  const database = await openDatabase(databaseUrl ? { url: databaseUrl } : { folder: join(folder, 'database') })
  const durable = await openDurable(database, {
    kinds: [DEPLOYMENT_WORK, TASK_RUN_WORK, WORKFLOW_WORK, SCHEDULE_WORK, PUSH_WORK, GITHUB_WORK, ...(options.kinds ?? [])],
    failed,
  })
  const events = await eventFeed(database)
  const callers = new Callers(environment)
  const engine = callers.engineOf({
    database,
    durable,
    events,
    callers,
    clock: realClock,
    dataFolder: folder,
    failed,
  })
  await forgetEndedBuilds(folder, database)
  if (works) {
    await durable.work(DEPLOYMENT_WORK, (id, signal) => advance(engine, id, signal), { atATime: AT_A_TIME })
    await durable.work(TASK_RUN_WORK, (id, signal) => advanceRun(engine, id, signal), { atATime: AT_A_TIME })
    await durable.work(WORKFLOW_WORK, (id, signal) => advanceWorkflow(engine, id, signal), { atATime: AT_A_TIME })
  }
  if (works && lasts) {
    await durable.work(SCHEDULE_WORK, (_, signal) => watchSchedules(engine, signal), { atATime: 1 })
    await durable.goOn(SCHEDULE_WORK, ALL_SCHEDULES)
    if (machine) await watchPushes(engine, machine)
    if (github && address) {
      const telling = { engine, app: new GithubApp(github, realClock), address: () => address(database) }
      await durable.work(GITHUB_WORK, (_, signal) => keepTelling(telling, signal), { atATime: 1 })
      await durable.goOn(GITHUB_WORK, ALL_DEPLOYMENTS)
    }
  }
  const deployments = works ? await openDeployments(database) : []
  const runs = works ? await openRuns(database) : []
  const workflows = works ? await openWorkflowRuns(database) : []
  for (const id of deployments) await durable.goOn(DEPLOYMENT_WORK, id)
  for (const id of runs) await durable.goOn(TASK_RUN_WORK, id)
  for (const id of workflows) await durable.goOn(WORKFLOW_WORK, id)
  const begun = [
    ...deployments.map(async (id) => ({ id, waits: await whyItWaits(callers, await findDeployment(database, id)) })),
    ...runs.map(async (id) => ({ id, waits: await whyItWaits(callers, await findRun(database, id)) })),
    ...workflows.map(async (id) => ({ id, waits: await whyItWaits(callers, await findWorkflowRun(database, id)) })),
  ]
  return {
    ...engine,
    left: Promise.all(begun),
    rest: () => durable.rest(),
    async close() {
      await durable.close()
      await events.close()
      callers.close()
      await database.close()
    },
  }
}

async function watchPushes(engine: DeployEngine, machine: NonNullable<EngineOptions['machine']>): Promise<void> {
  const { durable, database } = engine
  await durable.work(
    PUSH_WORK,
    async (repository, signal) =>
      workOnPushes({ engine, actor: await machine(database, PUSH_ACTOR, 'webhook'), signal }, repository),
    { atATime: REPOSITORIES_AT_A_TIME },
  )
  for (const repository of await repositoriesWithOpenPushes(database)) await durable.goOn(PUSH_WORK, repository)
}

/** Why nobody's credentials here will do for something that was left; undefined where they do, or nothing is known of it. */
async function whyItWaits(callers: Callers, left: Parameters<Callers['callerFor']>[0] | undefined): Promise<Text | undefined> {
  try {
    if (left) await callers.callerFor(left)
    return undefined
  } catch (error) {
    return error instanceof KibanError ? error.text : undefined
  }
}
