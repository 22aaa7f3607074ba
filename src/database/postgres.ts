import pg from 'pg'
import { KibanError } from '../core/error.ts'
import type { Database, Queryable } from './database.ts'
import { withEvents } from './events.ts'
import { postgresError } from './postgres-error.ts'

const MAX_CONNECTIONS = 10
const CONNECT_TIMEOUT_MS = 10_000
const RECONNECT_MS = 1_000
const BIGINT_OID = 20

/** PostgreSQL by its URL. */
export async function connectPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'kiban',
    types: { getTypeParser },
  })
  // A connection that breaks while idle leaves the pool; the next query opens another and tells if that fails too.
  pool.on('error', () => {})
  let full: KibanError | undefined
  const database: Database = {
    engine: { kind: 'postgres', url },
    ...asked(pool, url),
    async transaction(run) {
      try {
        const result = await inTransaction(pool, url, run)
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

const asked = (on: Pick<pg.ClientBase, 'query'> | pg.Pool, url: string): Queryable => ({
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []) {
    try {
      return (await on.query(sql, [...parameters])).rows as Row[]
    } catch (error) {
      throw postgresError(error, url)
    }
  },
})

async function inTransaction<Result>(pool: pg.Pool, url: string, run: (tx: Queryable) => Promise<Result>): Promise<Result> {
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
    const result = await withEvents(asked(client, url), run)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(lost)
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
  const connect = async () => {
    const next = new pg.Client({ connectionString: url, application_name: 'kiban listen' })
    next.on('notification', (message) => heard(message.payload ?? ''))
    next.on('error', () => {})
    next.on('end', again)
    await next.connect()
    await next.query(`listen ${pg.escapeIdentifier(channel)}`)
    client = next
  }
  const again = () => {
    if (closed) return
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
    clearTimeout(retry)
    await client?.end()
  }
}
