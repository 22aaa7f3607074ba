// Lines of several services in the order of their times, now and as they come.
import type { AwsSession } from '../../aws/session.ts'
import { type Clock, sleep } from '../../core/clock.ts'
import { KibanError } from '../../core/error.ts'
import { logs as text } from '../../core/messages/logs.ts'
import type { Queryable } from '../../database/database.ts'
import type { LogLine } from './log-line.ts'
import { type FoundPlaces, type KnownDefinitions, type LogPlace, placesOf, placesOfDefinitions } from './log-places.ts'
import { merged } from './merge.ts'
import { PlaceReader } from './read-place.ts'
import { chosen, type DeploymentRun, rolledServices, runOf } from './rolled-services.ts'
import { TasksOfDeployment } from './tasks-of-deployment.ts'

/** What reading logs stands on. */
export interface LogEngine {
  database: Queryable
  aws: (region: string | undefined) => AwsSession
  clock: Clock
}

export interface WantedLogs {
  product: string
  environment: string
  services: readonly string[]
  deployment: string | undefined
  /** Epoch milliseconds; undefined: from the deployment's start, or the last minutes. */
  since: number | undefined
  /** No more than so many of the lines that are there already, the last ones; undefined: all. */
  tail: number | undefined
  follow: boolean
  /** A filter pattern of CloudWatch Logs. */
  pattern: string | undefined
  /** The last line that was seen, when the following is taken up again. */
  after: Pick<LogLine, 'at' | 'id'> | undefined
}

const LOOK_EVERY_MS = { first: 500, most: 3_000 }
/** How often it is looked where the services write: a rollout may change that. */
const PLACES_EVERY_MS = 10_000
const DEFAULT_SINCE_MS = 10 * 60_000
/** CloudWatch reads forwards alone: it is asked for the last lines from a little before now, and further back where those are few. */
const TAIL_WINDOWS_MS = [30_000, 5 * 60_000]
/** How long AWS may not answer while lines are followed. */
const PATIENCE_MS = 60_000
/** Lines of a task that has ended arrive within this. */
const LAST_LINES_MS = 3_000

export async function* followLogs(engine: LogEngine, wanted: WantedLogs, signal: AbortSignal): AsyncGenerator<LogLine> {
  // Whoever comes back has seen the last lines, and misses what came since.
  const tail = wanted.after ? undefined : wanted.tail
  let follower: Follower | undefined
  /** Lines of the first look, which may need more than one try. */
  let last: LogLine[] | undefined = tail === undefined ? undefined : []
  let wait = LOOK_EVERY_MS.first
  let failingSince: number | undefined
  for (;;) {
    signal.throwIfAborted()
    let any = false
    try {
      follower ??= new Follower(engine, await withTail(engine, wanted, tail, signal), subjectOf(engine, wanted))
      for await (const line of follower.look(signal)) {
        any = true
        if (last && tail !== undefined) keepLast(last, line, tail)
        else yield line
      }
      if (last && tail !== undefined) yield* last.slice(Math.max(0, last.length - tail))
      last = undefined
      failingSince = undefined
      if (!wanted.follow || follower.over) return
    } catch (error) {
      const passing = error instanceof KibanError && (error.kind === 'throttled' || error.kind === 'unavailable')
      failingSince ??= engine.clock.now()
      if (!passing || !wanted.follow || engine.clock.now() - failingSince > PATIENCE_MS) throw error
    }
    wait = any ? LOOK_EVERY_MS.first : Math.min(LOOK_EVERY_MS.most, wait * 1.5)
    await sleep(engine.clock, wait, signal)
  }
}

/** Begins as late as there are enough lines. */
async function withTail(
  engine: LogEngine,
  wanted: WantedLogs,
  tail: number | undefined,
  signal: AbortSignal,
): Promise<WantedLogs> {
  if (tail === undefined) return wanted
  const now = engine.clock.now()
  for (const window of TAIL_WINDOWS_MS) {
    const later = { ...wanted, since: now - window }
    if (wanted.since !== undefined && wanted.since >= later.since) break
    let count = 0
    for await (const _ of new Follower(engine, later, subjectOf(engine, wanted)).look(signal)) if (++count === tail) return later
  }
  return wanted
}

/** Cut seldom, so that each line costs the same however many there are. */
function keepLast(kept: LogLine[], line: LogLine, most: number): void {
  kept.push(line)
  if (kept.length >= 2 * most) kept.splice(0, kept.length - most)
}

class Follower {
  readonly #engine: LogEngine
  readonly #wanted: WantedLogs
  readonly #subject: Subject
  readonly #readers = new Map<string, { reader: PlaceReader; place: LogPlace }>()
  #lookedForPlaces = Number.NEGATIVE_INFINITY
  /** No more lines will come. */
  over = false

  constructor(engine: LogEngine, wanted: WantedLogs, subject: Subject) {
    this.#engine = engine
    this.#wanted = wanted
    this.#subject = subject
  }

  /** Every line that is new, in the order of their times. */
  async *look(signal: AbortSignal): AsyncGenerator<LogLine> {
    // Asked before the last look, so that this one finds the last lines.
    const over = await this.#subject.over()
    await this.#findPlaces(signal)
    const sources = [...this.#readers.values()].map(({ reader, place }) => this.#ofSubject(reader.look(signal, over), place))
    yield* merged(sources, isBefore)
    this.over = over
  }

  async #findPlaces(signal: AbortSignal): Promise<void> {
    const now = this.#engine.clock.now()
    const every = this.#readers.size === 0 ? LOOK_EVERY_MS.most : PLACES_EVERY_MS
    if (now - this.#lookedForPlaces < every && !this.#subject.hasMore()) return
    const found = await this.#subject.places(signal)
    this.#lookedForPlaces = now
    refuseElsewhere(found)
    const { since, after, pattern } = this.#wanted
    const from = Math.max(since ?? this.#subject.from() ?? now - DEFAULT_SINCE_MS, after?.at ?? 0)
    for (const place of found.places) {
      const key = JSON.stringify(place)
      if (this.#readers.has(key)) continue
      const session = this.#engine.aws(place.region || undefined)
      this.#readers.set(key, {
        place,
        reader: new PlaceReader(session, place, { clock: this.#engine.clock, since: from, pattern }),
      })
    }
  }

  async *#ofSubject(lines: AsyncIterable<LogLine>, place: LogPlace): AsyncGenerator<LogLine> {
    const { after } = this.#wanted
    for await (const line of lines) if ((!after || isBefore(after, line)) && (await this.#subject.has(line, place))) yield line
  }
}

const isBefore = (a: Pick<LogLine, 'at' | 'id'>, b: Pick<LogLine, 'at' | 'id'>): boolean =>
  a.at < b.at || (a.at === b.at && a.id < b.id)

/** Whose lines are wanted. */
interface Subject {
  places(signal: AbortSignal): Promise<FoundPlaces>
  /** Whether it is known to write where it was not looked for yet. */
  hasMore(): boolean
  has(line: LogLine, place: LogPlace): Promise<boolean>
  /** When its lines begin, where that is known. */
  from(): number | undefined
  /** Whether no more lines will come. */
  over(): Promise<boolean>
}

const subjectOf = (engine: LogEngine, wanted: WantedLogs): Subject =>
  wanted.deployment === undefined ? serviceSubject(engine, wanted) : deploymentSubject(engine, wanted, wanted.deployment)

function serviceSubject({ database, aws }: LogEngine, wanted: WantedLogs): Subject {
  const known: KnownDefinitions = new Map()
  return {
    async places(signal) {
      const services = await rolledServices(database, wanted, wanted.services)
      return placesOf(aws, services, known, signal)
    },
    hasMore: () => false,
    has: async () => true,
    from: () => undefined,
    over: async () => false,
  }
}

function deploymentSubject({ database, aws, clock }: LogEngine, wanted: WantedLogs, id: string): Subject {
  const known: KnownDefinitions = new Map()
  const tasks = new TasksOfDeployment()
  let run: DeploymentRun | undefined
  let placed: number | undefined
  const counted = ({ services, tasks: before }: DeploymentRun) => services.length + before.length
  const look = async () => {
    run = await runOf(database, wanted.product, id)
    return run
  }
  return {
    async places(signal) {
      const found = await look()
      placed = counted(found)
      const { services, tasks: before } = found
      const wantedServices = wanted.services.length > 0 && services.length > 0 ? chosen(services, wanted.services) : services
      const rolled = await placesOf(aws, wantedServices, known, signal)
      const named = before.map(({ task, definition }) => ({ name: task, definition }))
      const cluster = services[0]?.cluster ?? before[0]?.taskArn.split('/')[1] ?? ''
      const ran = await placesOfDefinitions(aws, cluster, wanted.services.length > 0 ? [] : named, known)
      return { places: [...rolled.places, ...ran.places], elsewhere: [...rolled.elsewhere, ...ran.elsewhere] }
    },
    hasMore: () => run !== undefined && counted(run) !== placed,
    has: async (line, place) => (run ? tasks.has(line, place, run, aws(place.region || undefined)) : false),
    from: () => run?.from,
    async over() {
      const { to } = await look()
      return to !== undefined && clock.now() - to > LAST_LINES_MS
    },
  }
}

function refuseElsewhere({ places, elsewhere: [first] }: FoundPlaces): void {
  if (places.length > 0 || !first) return
  throw new KibanError('not-found', 'logs.elsewhere', text.elsewhere(first.service, first.driver), { hint: text.elsewhereHint })
}
