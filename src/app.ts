// The one place of wiring: makes the engine that runs operations, here or in the process that owns the data folder.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { SharedEngine } from './capabilities/deploy/engine.ts'
import type { Delivery } from './capabilities/deploy/pushes/receive-delivery.ts'
import type { SlackWork } from './capabilities/slack/slack-work.ts'
import { operations } from './capabilities.ts'
import type { Actor } from './core/actor.ts'
import { type CallerEnvironment, callerEnvironment } from './core/caller.ts'
import { dataFolder } from './core/data-folder.ts'
import type { Engine } from './core/engine.ts'
import { KibanError } from './core/error.ts'
import { newId } from './core/ids.ts'
import { localActor } from './core/local-actor.ts'
import { database } from './core/messages/database.ts'
import { deployView } from './core/messages/deploy-view.ts'
import { server } from './core/messages/server.ts'
import { taskRuns } from './core/messages/task-runs.ts'
import type { Context, Operation } from './core/operation.ts'
import { type Refused, runner } from './core/runner.ts'
import type { Text } from './core/text.ts'
import type { Request, Served } from './database/owner.ts'

/** Where the work that needs a database is done, as this process sees it. */
interface Work {
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
  stream(name: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown>
  close(): Promise<void>
}

/** All operations as a face needs them: to name, to describe and to show. Only an engine runs them. */
export const declared = (): Operation[] =>
  operations({ engine: notOpen, identity: notOpen, timeline: notOpen, catalogue: notOpen, approvals: notOpen, slack: notOpen })

/** Guessed at a million a second, one of so many characters outlives its product. */
const MIN_SECRET_CHARACTERS = 16

/** For so long a command waits to know whether deployments that were left can go on with its credentials. */
const CHECK_MS = 5_000

const notOpen = () => Promise.reject(new Error('No engine is open'))

/**
 * The engine of this process. What works on the caller's files runs here. All else runs where the database is: here when
 * `DATABASE_URL` names a PostgreSQL, else in the process that owns the data folder, which may be this one. It is opened
 * when it is first needed; `say` hears what is continued then.
 */
export function openEngine(env: NodeJS.ProcessEnv, say: (text: Text) => void): Engine {
  const list = declared()
  const environment = callerEnvironment(env)
  const here = localRunner(list)
  const isLocal = (name: string) => list.some((operation) => operation.name === name && (operation.local || operation.standalone))
  const context = (signal: AbortSignal): Request => ({ signal, environment, requestId: newId('req') })
  let opened: Promise<Work> | undefined
  const work = () => {
    opened ??= openWork(env, environment, say)
    return opened
  }
  return {
    operations: list,
    async call(name, input, signal) {
      return isLocal(name) ? here.call(name, input, context(signal)) : (await work()).call(name, input, signal)
    },
    async *stream(name, input, signal) {
      if (isLocal(name)) yield* here.stream(name, input, context(signal))
      else yield* (await work()).stream(name, input, signal)
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}

async function openWork(env: NodeJS.ProcessEnv, environment: CallerEnvironment, say: (text: Text) => void): Promise<Work> {
  const folder = dataFolder(env)
  if (env.DATABASE_URL) {
    const { list, refused, close } = await openHere(env, folder)
    const here = localRunner(list, refused)
    const context = (signal: AbortSignal): Request => ({ signal, environment, requestId: newId('req') })
    return {
      call: (name, input, signal) => here.call(name, input, context(signal)),
      stream: (name, input, signal) => here.stream(name, input, context(signal)),
      close,
    }
  }
  const { joinOrOwn } = await import('./database/owner.ts')
  let left: Promise<readonly { id: string; waits: Text | undefined }[]> | undefined
  const member = await joinOrOwn({
    folder,
    environment,
    async serve() {
      if (!existsSync(join(folder, 'database'))) say(database.firstTime(folder))
      const { list, refused, close, left: found } = await openHere(env, folder)
      left = found
      return { ...localRunner(list, refused), close }
    },
  })
  // AWS may be slow to say whose credentials these are: nothing waits for that.
  const known = left && (await Promise.race([left, wait(CHECK_MS, undefined, { ref: false })]))
  for (const { id, waits } of known ?? []) {
    const goingOn = /^(run|wfr)_/.test(id) ? taskRuns.goingOn(id) : deployView.goingOn(id)
    say(waits ? deployView.waitsLeft(id, waits) : goingOn)
  }
  return member
}

/** What GitHub's webhook brings; the answer is a word for it. */
type ReceiveGithub = (delivery: Delivery) => Promise<string>

/** What a server runs: operations for whoever it has identified. */
export interface ServerWork {
  operations: readonly Operation[]
  call(name: string, input: unknown, context: Context): Promise<unknown>
  stream(name: string, input: unknown, context: Context): AsyncIterable<unknown>
  /** Puts on record what a face refused by itself. */
  refused: Refused
  /** Who holds a secret; undefined when nobody does, or not any more. */
  identify(credential: { secret: string }): Promise<Actor | undefined>
  /** What GitHub's webhook delivers; undefined without a secret to believe it by. */
  github: ReceiveGithub | undefined
  /** What the face of Slack stands on. */
  slack: SlackWork
  /** Why a secret that once was good is not any more. */
  whyEnded(credential: { secret: string }): Promise<KibanError | undefined>
  /** Calls back when something about whoever has this name may have changed; gives the way to stop. */
  whenChanged(name: string, heard: () => void): () => void
  /** The secret of a link for the first administrator, while nobody has ever logged in. */
  firstInvitation(): Promise<string | undefined>
  /** Keeps where people find this server. */
  found(url: URL): Promise<void>
  /** Throws when the database does not answer. */
  ready(): Promise<void>
  /** Drives no deployment any more; what is asked is still answered. */
  rest(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the work of a server. An embedded database is its own: other commands of the same user on this machine become its
 * clients, as of any owner. Throws `database.owned` while another process has it.
 */
export async function openServerWork(env: NodeJS.ProcessEnv, { works = true } = {}): Promise<ServerWork> {
  const folder = dataFolder(env)
  if (env.DATABASE_URL) return serverWork(await openHere(env, folder, { works, lasts: true }))
  if (!works)
    throw new KibanError('invalid', 'server.needs-postgresql', server.apiNeedsPostgres, { hint: server.apiNeedsPostgresHint })
  const { joinOrOwn } = await import('./database/owner.ts')
  let here: Awaited<ReturnType<typeof openHere>> | undefined
  const member = await joinOrOwn({
    folder,
    environment: callerEnvironment(env),
    async serve() {
      here = await openHere(env, folder, { works: true, lasts: true })
      return { ...localRunner(here.list, here.refused), close: here.close }
    },
  })
  if (!here) {
    await member.close()
    throw new KibanError('conflict', 'database.owned', database.owned(folder), { hint: database.ownedHint })
  }
  return serverWork({ ...here, close: () => member.close() })
}

async function serverWork({
  list,
  github,
  slack,
  identity,
  events,
  refused,
  rest,
  close,
}: Omit<Awaited<ReturnType<typeof openHere>>, 'left'>): Promise<ServerWork> {
  const [{ identify, whyEnded }, { firstInvitation }, { keepServerAddress }] = await Promise.all([
    import('./capabilities/identity/session.ts'),
    import('./capabilities/identity/invitation.ts'),
    import('./capabilities/identity/server-address.ts'),
  ])
  // Settings that cannot be meant end the start of a server, and not somebody's login.
  identity.oidc?.()
  return {
    operations: list,
    ...runner(list, refused),
    refused,
    github,
    slack,
    identify: ({ secret }) => identify(identity, secret),
    whyEnded: ({ secret }) => whyEnded(identity, secret),
    whenChanged: (name, heard) => events.on([`user/${name}`, `token/${name}`, `job/${name}`], heard),
    firstInvitation: () => firstInvitation(identity),
    found: (url) => keepServerAddress(identity.database, url),
    async ready() {
      await identity.database.query('select 1')
    },
    rest,
    close,
  }
}

/** Takes the embedded database of a data folder to an empty PostgreSQL. */
export async function copyDatabase(folder: string, url: string) {
  return (await import('./database/copy-database.ts')).copyDatabase(folder, url)
}

/** Opens the database in this process, and all that works on it. */
async function openHere(env: NodeJS.ProcessEnv, folder: string, { works, lasts } = { works: true, lasts: false }) {
  const [
    { openDeployEngine },
    { openIdentity },
    { Refusals },
    { errorLog },
    { mkdir },
    { slackWork, slackKinds },
    { userNamed },
    { personActor, machineActor },
    { serverAddress },
  ] = await Promise.all([
    import('./capabilities/deploy/open-engine.ts'),
    import('./capabilities/identity/open-identity.ts'),
    import('./capabilities/timeline/refusals.ts'),
    import('./core/error-log.ts'),
    import('node:fs/promises'),
    import('./capabilities/slack/slack-work.ts'),
    import('./capabilities/identity/user-store.ts'),
    import('./capabilities/identity/machine-actor.ts'),
    import('./capabilities/identity/server-address.ts'),
  ])
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const failed = errorLog(folder, env)
  const engine = await openDeployEngine({
    folder,
    databaseUrl: env.DATABASE_URL || undefined,
    environment: env,
    failed,
    works,
    lasts,
    kinds: slackKinds,
    github: lasts ? (await import('./github/settings.ts')).githubSettings(env) : undefined,
    address: serverAddress,
    machine: machineActor,
  })
  const identity = openIdentity({ database: engine.database, clock: engine.clock, folder, environment: env })
  const refusals = new Refusals({ database: engine.database, clock: engine.clock, failed })
  return {
    list: operations({
      engine: async (caller) => engine.callers.engineOf(engine, caller),
      identity: async () => identity,
      timeline: async () => engine,
      catalogue: async () => engine,
      approvals: async () => engine,
      slack: async () => ({ ...engine, known: async (name) => void (await userNamed(engine.database, name)) }),
    }),
    identity,
    events: engine.events,
    github: receiveGithub(engine, env.KIBAN_GITHUB_WEBHOOK_SECRET),
    slack: slackWork(engine, {
      works,
      person: (name) => personActor(engine.database, name, 'slack'),
      address: () => serverAddress(engine.database),
    }),
    refused: refusals.heard,
    left: engine.left,
    rest: () => engine.rest(),
    async close() {
      await refusals.close()
      await engine.close()
    },
  }
}

/** Throws `input.invalid` for a secret that can be guessed. */
function receiveGithub(engine: SharedEngine, secret = ''): ReceiveGithub | undefined {
  if (secret === '') return undefined
  if (secret.length < MIN_SECRET_CHARACTERS)
    throw new KibanError('invalid', 'input.invalid', server.weakWebhookSecret, { hint: server.weakWebhookSecretHint })
  return async (delivery) =>
    (await import('./capabilities/deploy/pushes/receive-delivery.ts')).receiveDelivery(engine, delivery, secret)
}

/** Runs operations for whoever reaches this process without a server: the person at this machine. */
function localRunner(list: readonly Operation[], refused?: Refused): Omit<Served, 'close'> {
  const run = runner(list, refused)
  const context = (name: string, { after, ...request }: Request): Context => {
    const operation = list.find((candidate) => candidate.name === name)
    const position = after !== undefined && operation?.kind === 'stream' ? operation.position?.(after) : undefined
    return { ...request, actor: localActor(request.environment), after: position }
  }
  return {
    call: (name, input, request) => run.call(name, input, context(name, request)),
    stream: (name, input, request) => run.stream(name, input, context(name, request)),
  }
}
