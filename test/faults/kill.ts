// Deployments whose process is killed with SIGKILL, and finished by another.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { states } from '../../src/capabilities/deploy/deployment.ts'
import { openDeployments } from '../../src/capabilities/deploy/deployment-store.ts'
import { exitCodeOfVerdict } from '../../src/cli/exit-code.ts'
import type { CloudStage } from '../deploy-stage.ts'
import { faultsOf, withDatabase } from './aftermath.ts'
import { type Item, type Kiban, kiban } from './kiban.ts'
import { courses, type Killing, type Moment } from './moment.ts'
import { type Product, product } from './product.ts'
import { type Wire, wireTo } from './wire.ts'

/** How long a request may still be under way when its sender is dead. */
const LATE_MS = 1_500

/** One environment, its repository, and where its deployments are kept. */
export interface Ground {
  cloud: CloudStage
  wire: Wire
  product: Product
  environment: string
  /** kiban's data folder. */
  data: string
  /** Where programs put what they need for a while. */
  temporary: string
  /** Of a PostgreSQL, instead of the embedded database. */
  url: string | undefined
  close(): Promise<void>
}

export async function groundOn(cloud: CloudStage, environment: string, url: string | undefined): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-faults-'))
  const [data, temporary] = [join(folder, 'data'), join(folder, 'tmp')]
  for (const one of [data, temporary]) await mkdir(one)
  const wire = await wireTo(cloud.sandbox.endpoint)
  return {
    cloud,
    wire,
    product: await product(folder, environment),
    environment,
    data,
    temporary,
    url,
    async close() {
      await wire.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Brings a first release to an environment, undisturbed. */
export async function settled(ground: Ground): Promise<void> {
  const { faults } = await killedDeployment(ground, { course: 'create', moments: [], heir: 'later' })
  if (faults.length > 0) throw new Error(faults.join('; '))
}

export interface Outcome {
  id: string
  /** Processes that were killed at work on it. */
  kills: number
  /** What of the promises was broken. */
  faults: string[]
}

/** Runs one deployment, kills its process at each moment, lets another finish, and looks at what is left. */
export async function killedDeployment(ground: Ground, { course, moments, heir }: Killing): Promise<Outcome> {
  ground.product.release(course)
  const crew = new Crew(ground)
  let id: string | undefined
  let kills = 0
  let at = crew.deploy()
  try {
    for (const moment of moments) {
      const began = at.item(() => true)
      const next = heir === 'beside' ? began.then((item) => item && crew.watch(item.deployment.id)) : undefined
      if (course === 'cancel') cancelWhileRolling(crew, at)
      const due = dueAt(ground, at, moment)
      if ((await Promise.race([due.then(() => 'due'), at.ended])) === 'due' || !at.isAlive()) {
        await at.kill()
        if ((await at.ended) === null) kills++
      }
      ground.wire.decide = () => undefined
      id ??= (await began)?.deployment.id ?? (await startedUnheard(ground))
      if (id === undefined) return { id: '', kills: 0, faults: await unstarted(at) }
      at = (await next) ?? crew.watch(id)
    }
    if (course === 'cancel') cancelWhileRolling(crew, at)
    const last = await at.item(({ deployment }) => deployment.state === 'done')
    const code = await at.ended
    id ??= last?.deployment.id ?? ''
    const told = last && exitCodeOfVerdict[courses[course]] === code ? [] : [`kiban ended with ${code}: ${await at.stderr}`]
    return { id, kills, faults: [...told, ...(await faultsOf(ground, id, course))] }
  } finally {
    await crew.kill()
  }
}

/** A process that was killed before it could say a word may have started something. */
async function startedUnheard(ground: Ground): Promise<string | undefined> {
  return (await withDatabase(ground, openDeployments)).at(-1)
}

async function unstarted(at: Kiban): Promise<string[]> {
  const code = await at.ended
  return code === null ? [] : [`kiban ended with ${code} before it had started anything: ${await at.stderr}`]
}

/** All the commands of one deployment. */
export class Crew {
  readonly #ground: Ground
  readonly #members: { kill(): Promise<void> }[] = []

  constructor(ground: Ground) {
    this.#ground = ground
  }

  start<Told = Item>(argv: readonly string[]): Kiban<Told> {
    const { wire, temporary, data, url, product: of } = this.#ground
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: wire.endpoint,
      TMPDIR: temporary,
      KIBAN_DATA: data,
      KIBAN_BUILDER: 'process',
      ...(url ? { DATABASE_URL: url } : {}),
    }
    const member = kiban<Told>(argv, { cwd: of.repository.folder, env })
    this.#members.push(member)
    return member
  }

  deploy(): Kiban {
    return this.start(['deploy', '--env', this.#ground.environment, '--yes', '--json'])
  }

  watch(id: string): Kiban {
    return this.start(['watch', id, '--json'])
  }

  cancel(id: string): Kiban {
    return this.start(['cancel', id, '--env', this.#ground.environment, '--yes', '--detach', '--json'])
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()))
  }
}

function cancelWhileRolling(crew: Crew, at: Kiban): void {
  at.item(isIn('verifying')).then((item) => item && item.deployment.state !== 'done' && crew.cancel(item.deployment.id))
}

export const isIn =
  (state: (typeof states)[number]) =>
  ({ deployment }: Item): boolean =>
    states.indexOf(deployment.state) >= states.indexOf(state)

/** Resolves when the moment has come; at a request the process is dead by then. */
async function dueAt({ wire }: Ground, at: Kiban, moment: Moment): Promise<void> {
  if ('afterMs' in moment) {
    await at.item(() => true)
    return wait(moment.afterMs)
  }
  if ('state' in moment) return void (await at.item(isIn(moment.state)))
  return killedAtCall(wire, at, moment)
}

/** Resolves when the process has died at a request. */
export function killedAtCall(
  wire: Wire,
  at: { kill(): Promise<void> },
  moment: Extract<Moment, { call: string }>,
): Promise<void> {
  let left = moment.nth
  const { promise, resolve } = Promise.withResolvers<void>()
  wire.decide = (passing) => {
    if (passing !== moment.call || --left !== 0) return undefined
    const killed = async (): Promise<'lost'> => {
      await at.kill()
      resolve()
      return 'lost'
    }
    if (moment.request === 'answered') return { coming: killed }
    const going = moment.request === 'lost' ? killed : () => killed().then(() => wait(LATE_MS))
    return { going: async () => (await going()) ?? undefined }
  }
  return promise
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
