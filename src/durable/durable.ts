// Work that outlives its process. A job only says "go on with X"; what X is and how far it came stands in the tables of
// its capability, so that a job may come twice, or late, without harm.
import { setTimeout as wait } from 'node:timers/promises'
import { type ConstructorOptions, type Db, fromPglite, PgBoss } from 'pg-boss'
import type { Database, Queryable } from '../database/database.ts'
import { isDatabaseFault } from '../database/database-fault.ts'
import { connection } from '../database/postgres.ts'

const SCHEMA = 'kiban_jobs'
/** The least that pg-boss takes: a dead process's work is taken up by another about a second after it. */
const HEARTBEAT_SECONDS = 10
const POLL_SECONDS = 1
const RETRY_SECONDS = { first: 1, most: 10 }
/** Work ends by its own state, never because it was tried often. */
const RETRY_LIMIT = 1_000_000
/** pg-boss's longest: what waits for a person longer than this simply goes on. */
const EXPIRE_SECONDS = 24 * 60 * 60
const STOP_TIMEOUT_MS = 5_000

export interface Durable {
  /**
   * Asks for work on a thing to go on, in this process or another. Given a transaction, the wish is part of it. Wishes
   * for one thing run one after the other; several that wait become one.
   */
  goOn(kind: string, id: string, tx?: Queryable): Promise<void>
  /** Works on things of a kind, some at a time. A handler that throws is called again, a little later each time. */
  work(kind: string, handler: Handler, options: { atATime: number }): Promise<void>
  /** Ends the workers: their signal is aborted, and another process, or the next start, goes on. Wishes are still taken. */
  rest(): Promise<void>
  close(): Promise<void>
}

export type Handler = (id: string, signal: AbortSignal) => Promise<void>

/**
 * Opens the jobs on a database. On PGlite there is one process only, so whatever a dead one left is taken up at once;
 * on PostgreSQL that is told by its missing heartbeat. `failed` hears errors of the background work.
 */
export async function openDurable(
  database: Database,
  options: { kinds: readonly string[]; failed: (error: Error) => void },
): Promise<Durable> {
  const boss = new PgBoss({ ...connectionOf(database), schema: SCHEMA, schedule: false, useListenNotify: true })
  boss.on('error', options.failed)
  await boss.start()
  for (const kind of options.kinds) {
    await boss.createQueue(kind, {
      // One job of a thing at work, one that waits: https://timgit.github.io/pg-boss/#/./api/queues
      policy: 'stately',
      notify: true,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: EXPIRE_SECONDS,
      retryLimit: RETRY_LIMIT,
      retryDelay: RETRY_SECONDS.first,
      retryBackoff: true,
      retryDelayMax: RETRY_SECONDS.most,
    })
    if (database.engine.kind === 'pglite') await takeUp(boss, kind)
  }
  const closing = new AbortController()
  const rest = async () => {
    closing.abort(new Error('This process ends'))
    const ended = Promise.all(options.kinds.map((kind) => boss.offWork(kind, { wait: true })))
    await Promise.race([ended, wait(STOP_TIMEOUT_MS, undefined, { ref: false })])
  }
  return {
    async goOn(kind, id, tx) {
      await boss.send(kind, { id }, { singletonKey: id, ...(tx ? { db: within(tx) } : {}) })
    },
    async work(kind, handler, { atATime }) {
      // Each worker asks the database every second, busy ones apart: so there is one that is free, and only then another.
      let [workers, busy] = [0, 0]
      const hire = async () => {
        workers++
        await boss.work<{ id: string }>(
          kind,
          { pollingIntervalSeconds: POLL_SECONDS, notifyPollingIntervalSeconds: POLL_SECONDS },
          async ([job]) => {
            if (!job) return
            busy++
            try {
              if (busy === workers && workers < atATime && !closing.signal.aborted) await hire()
              await untilStored(handler, job.data.id, AbortSignal.any([job.signal, closing.signal]), options.failed)
            } finally {
              busy--
            }
          },
        )
      }
      await hire()
    },
    rest,
    async close() {
      await rest()
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS, close: true })
    },
  }
}

/** A job cannot be given back while the database takes nothing: the work is tried again here. */
async function untilStored(handler: Handler, id: string, signal: AbortSignal, failed: (error: Error) => void): Promise<void> {
  for (let seconds = RETRY_SECONDS.first; ; seconds = Math.min(RETRY_SECONDS.most, seconds * 2)) {
    try {
      return await handler(id, signal)
    } catch (error) {
      if (!isDatabaseFault(error) || signal.aborted) throw error
      failed(error as Error)
      await wait(seconds * 1000, undefined, { signal })
    }
  }
}

function connectionOf(database: Database): ConstructorOptions {
  const { engine } = database
  return engine.kind === 'postgres'
    ? { ...connection(engine.url, 'kiban jobs'), superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 }
    : // Nobody else can hold a job, and a laptop that slept must not take its own work for dead.
      { db: fromPglite(engine.instance), backend: 'pglite', supervise: false, registerInstance: false }
}

/** Puts the jobs that a dead owner held back into the queue. */
async function takeUp(boss: PgBoss, kind: string): Promise<void> {
  const held = (await boss.findJobs<{ id: string }>(kind)).filter((job) => job.state === 'active')
  for (const job of held) {
    await boss.deleteJob(kind, job.id)
    await boss.send(kind, job.data, { singletonKey: job.data.id })
  }
}

const within = (tx: Queryable): Db => ({
  executeSql: async (text, values) => ({ rows: await tx.query(text, values ?? []) }),
})
