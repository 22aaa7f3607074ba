import pg from 'pg'
import { KibanError } from '../core/error.ts'
import type { Database, Queryable } from './database.ts'
import { withEvents } from './events.ts'
import { isTimeout, postgresError } from './postgres-error.ts'

const MAX_CONNECTIONS = 10
const CONNECT_TIMEOUT_MS = 10_000
/** A statement that takes longer is ended by the server, which lets go of its locks. */
const STATEMENT_TIMEOUT_MS = 15_000
/** Later than the server's own: whoever says nothing until then is not there, though the connection stands. */
const QUERY_TIMEOUT_MS = 20_000
/** The driver has no word for never. */
const UNHURRIED_MS = 86_400_000
const KEEP_ALIVE_MS = 10_000
/** One who only listens would never learn that nobody is there to be heard. */
const LISTEN_CHECK_MS = 15_000
const RECONNECT_MS = 1_000
const BIGINT_OID = 20

/** How every connection is made, that of the jobs too: none waits for ever for a server that has fallen silent. */
export const connection = (url: string, name: string) => ({
  connectionString: url,
  application_name: name,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: QUERY_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
})

/** PostgreSQL by its URL. */
export async function connectPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    ...connection(url, 'kiban'),
    max: MAX_CONNECTIONS,
    types: { getTypeParser },
    // Not as a parameter of the start: poolers between here and the server know only few of those.
    onConnect: (client) => client.query(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`),
  })
  // A connection that breaks while idle leaves the pool; the next query opens another and tells if that fails too.
  pool.on('error', () => {})
  let full: KibanError | undefined
  const database: Database = {
    engine: { kind: 'postgres', url },
    ...asked(pool, url),
    async transaction(run, { unhurried = false } = {}) {
      try {
        const result = await inTransaction(pool, { url, unhurried }, run)
        full = undefined
        return result
      } catch (error) {
        if (error instanceof KibanError && error.code === 'database.full') full = error
        throw error
      }
    },
    listen: (channel, heard) => hear(url, channel, heard),
    fault: () => full,
    close: () => pool.end(),
  }
  try {
    await database.query('select 1')
  } catch (error) {
    await pool.end()
    throw error
  }
  return database
}

// As PGlite does: counters and fences stay far below 2^53.
const getTypeParser: typeof pg.types.getTypeParser = ((oid: number, format?: 'text') =>
  oid === BIGINT_OID ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser

const asked = (on: Pick<pg.ClientBase, 'query'> | pg.Pool, url: string, timeoutMs = QUERY_TIMEOUT_MS): Queryable => ({
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []) {
    const limited: pg.QueryConfig & { query_timeout: number } = { text: sql, values: [...parameters], query_timeout: timeoutMs }
    try {
      return (await on.query(limited)).rows as Row[]
    } catch (error) {
      throw postgresError(error, url)
    }
  },
})

async function inTransaction<Result>(
  pool: pg.Pool,
  { url, unhurried }: { url: string; unhurried: boolean },
  run: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw postgresError(error, url)
  })
  let broken: Error | undefined
  // The query that was under way tells of it; without a listener the process would end.
  const lost = (error: Error) => {
    broken = error
  }
  client.on('error', lost)
  try {
    await client.query('begin')
    if (unhurried) await client.query('set local statement_timeout = 0')
    const result = await withEvents(asked(client, url, unhurried ? UNHURRIED_MS : undefined), run)
    await client.query('commit')
    return result
  } catch (error) {
    // Who did not answer will not answer this either; the transaction ends with the connection.
    if (isTimeout(error)) lost(error as Error)
    else await client.query('rollback').catch(lost)
    throw postgresError(error, url)
  } finally {
    client.off('error', lost)
    client.release(broken)
  }
}

/** Listens on a connection of its own, which is made again when it breaks. */
async function hear(url: string, channel: string, heard: (payload: string | undefined) => void): Promise<() => Promise<void>> {
  let closed = false
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  let check: NodeJS.Timeout | undefined
  const connect = async () => {
    const next = new pg.Client(connection(url, 'kiban listen'))
    next.on('notification', (message) => heard(message.payload ?? ''))
    next.on('error', () => {})
    next.on('end', again)
    try {
      await next.connect()
      await next.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      await next.end()
      throw error
    }
    client = next
    check = setTimeout(stillThere, LISTEN_CHECK_MS, next)
  }
  // With a query unanswered, the end does not wait for the server; `again` hears of it.
  const stillThere = (one: pg.Client) =>
    one.query('select 1').then(
      () => {
        if (!closed) check = setTimeout(stillThere, LISTEN_CHECK_MS, one)
      },
      () => one.end(),
    )
  const again = () => {
    if (closed) return
    clearTimeout(check)
    clearTimeout(retry)
    retry = setTimeout(
      () =>
        connect()
          .then(() => heard(undefined))
          .catch(again),
      RECONNECT_MS,
    )
  }
  await connect()
  return async () => {
    closed = true
    clearTimeout(check)
    clearTimeout(retry)
    await client?.end()
  }
}
