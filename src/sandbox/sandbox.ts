import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, realClock } from '../core/clock.ts'
import { KibanError } from '../core/error.ts'
import { sandbox as text } from '../core/messages/sandbox.ts'
import { closingClock } from './closing-clock.ts'
import type { Cloud, Service } from './cloud.ts'
import { control } from './control.ts'
import { type FaultRules, Faults } from './faults.ts'
import { iam } from './iam.ts'
import { administrator, type Credentials } from './identity/administrator.ts'
import { Authorization } from './identity/authorization.ts'
import { type CloudBaseName, type Parts, simulatedServices, type TaskOptions } from './services.ts'
import { lockState } from './state-lock.ts'
import { sts } from './sts.ts'
import { keptTables, memoryTables, type Tables } from './table.ts'
import { Gateway } from './wire/gateway.ts'
import { type HttpFace, type HttpListener, listen } from './wire/http-server.ts'
import { type InProcessHandler, inProcessHandler } from './wire/in-process.ts'
import { validate } from './wire/validation.ts'

export interface SandboxOptions {
  /** 0, the default, picks a free one. */
  port?: number
  /** A loopback address; the sandbox listens nowhere else. */
  host?: string
  region?: string
  /** Twelve digits. */
  account?: string
  /** Of the administrator; when left out, those of an earlier run on the same state, else made at random. */
  credentials?: Credentials
  /** Paces the simulated services; requests, signatures and sessions go by the wall clock. */
  clock?: Clock
  /** A folder in which everything is kept; nothing is when it is left out. */
  state?: string
  faults?: FaultRules
  /** What runs tasks, and how long the parts of a rollout take. */
  tasks?: TaskOptions
  /** Lines for the sandbox's own log; stderr when left out. */
  log?: (line: string) => void
}

export interface Sandbox {
  endpoint: string
  region: string
  account: string
  credentials: Credentials
  /** The variables by which any AWS client finds the sandbox. */
  env: Record<string, string>
  /** What an SDK client is made with. */
  client: ClientConfig
  /** The same without a socket. */
  inProcess: ClientConfig & { requestHandler: InProcessHandler }
  cloud: Cloud
  /** What is served, by service. */
  services: readonly Service[]
  faults: Faults
  close(): Promise<void>
}

export interface ClientConfig {
  endpoint: string
  region: string
  credentials: Credentials
}

/** Each a tenth of a second longer than the one before. */
const REMOVE_TRIES = 5
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Starts a simulated cloud on loopback. Throws KibanError when its port or its state is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', region = 'ap-northeast-1', account = '123456789012', clock = realClock } = options
  if (!LOOPBACK.has(host)) throw new KibanError('invalid', 'sandbox.not-loopback', text.notLoopback(host))
  const note = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const faults = new Faults()
  faults.set(options.faults ?? {})
  const closers = new Closers()
  const paced = closingClock(clock)
  // Time stands still first: tasks that end with the sandbox are no failures that a service, or its rollout, should see.
  const close = () => {
    paced.close()
    return closers.run()
  }
  try {
    const { tables, folder } = await openState(options.state, closers, note)
    belongsHere(tables, options.state, account, region)

    // The port is taken before the services are made, so that they know their endpoint from the start.
    const face = Promise.withResolvers<HttpFace>()
    const listener = await opened(host, port, face.promise)
    closers.add(() => listener.close())
    const endpoint = `http://${host === '::1' ? '[::1]' : host}:${listener.port}`

    const parts: Parts = {}
    const cloud = cloudOf(parts, {
      account,
      region,
      clock: paced.clock,
      endpoint,
      folder,
      table: (name) => tables.table(name),
      commit: () => tables.commit(),
      lag: (api) => faults.lag(api),
      throttled: (api) => faults.throttles(api),
      delivery: (api) => faults.delivery(api),
      note,
      onClose: (run) => closers.add(run),
    })
    const identities = iam(cloud)
    parts.roles = identities.roles
    const { directory } = identities
    const authorization = new Authorization(directory)
    const credentials = administrator(cloud, directory, options.credentials)
    const simulated = simulatedServices(cloud, parts, options.tasks)
    const services = [identities, sts(directory, authorization), ...simulated.services]
    const gateway = new Gateway({
      account,
      region,
      keys: directory.keys,
      authorization,
      services,
      faults,
      note,
      validate,
      commit: () => tables.commit(),
    })
    await simulated.ready
    await tables.commit()
    const answer = gateway.answer.bind(gateway)
    const doors = [
      ...services.flatMap((service) => service.http ?? []),
      control({ account, region, clock, faults, calls: gateway.calls, credentials }),
    ]
    face.resolve({
      answer,
      intercept: (request, response) => doors.some((door) => door(request, response)),
      upgrade: simulated.sessions.upgrade,
    })

    const client = { endpoint, region, credentials }
    return {
      ...client,
      account,
      env: environment(client),
      client,
      inProcess: { ...client, requestHandler: inProcessHandler(answer) },
      cloud,
      services,
      faults,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function opened(host: string, port: number, face: Promise<HttpFace>): Promise<HttpListener> {
  try {
    return await listen(face, host, port)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new KibanError('conflict', 'sandbox.port-taken', text.portTaken(port), { hint: text.takeAnotherPort, cause: error })
  }
}

/** What must end when the sandbox does, last begun first. */
class Closers {
  #steps: (() => void | Promise<void>)[] = []
  #closed: Promise<void> | undefined

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step)
  }

  run(): Promise<void> {
    this.#closed ??= this.#all()
    return this.#closed
  }

  /** Every step runs, whatever becomes of the others; the first error is thrown at the end. */
  async #all(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

async function openState(
  state: string | undefined,
  closers: Closers,
  note: (line: string) => void,
): Promise<{ tables: Tables; folder: string }> {
  if (state === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'kiban-sandbox-'))
    // Lines of a task that was ended a moment ago may still be on their way.
    closers.add(() => rm(folder, { recursive: true, force: true, maxRetries: REMOVE_TRIES }))
    return { tables: memoryTables(), folder }
  }
  const folder = join(state, 'files')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  closers.add(await lockState(state))
  const tables = await keptTables(state, (error) => note(`The state in ${state} could not be written: ${error}`))
  closers.add(() => tables.close())
  return { tables, folder }
}

/** ARNs of one account and region make no sense in another. */
function belongsHere(tables: Tables, state: string | undefined, account: string, region: string): void {
  const about = tables.table<{ account: string; region: string }>('sandbox')
  const known = about.get('cloud')
  if (known && (known.account !== account || known.region !== region)) {
    const message = text.stateOfAnother(state ?? '', known.account, known.region)
    throw new KibanError('conflict', 'sandbox.state-of-another', message, { hint: text.takeAnotherFolder })
  }
  if (!known) about.set('cloud', { account, region })
}

/** A part that no service provides fails by its name, on use. */
function cloudOf(parts: Parts, base: Pick<Cloud, CloudBaseName>): Cloud {
  return new Proxy(base, {
    get(target, name) {
      if (name in target || typeof name === 'symbol') return Reflect.get(target, name)
      if (name in parts) return Reflect.get(parts, name)
      throw new Error(`The sandbox has no '${name}' part`)
    },
  }) as Cloud
}

function environment({ endpoint, region, credentials }: ClientConfig): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}
