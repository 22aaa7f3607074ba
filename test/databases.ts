// The same tests on PGlite and, where its server is installed, on PostgreSQL.
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import type { Database } from '../src/database/database.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from './postgres-cluster.ts'

/** Declares `tests` once per database; `open` gives an empty, migrated one, closed after the test. */
export function eachDatabase(tests: (open: () => Promise<Database>, kind: 'pglite' | 'postgres') => void): void {
  describe('on PGlite', () => {
    tests(
      closedAfterEach(() => openDatabase({})),
      'pglite',
    )
  })

  describe('on PostgreSQL', () => {
    if (postgresPrograms === undefined) {
      test.skip('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)', () => {})
      return
    }
    let cluster: PostgresCluster
    beforeAll(async () => {
      cluster = await startPostgres()
    })
    afterAll(() => cluster.stop())
    tests(
      closedAfterEach(async () => openDatabase({ url: await cluster.createDatabase() })),
      'postgres',
    )
  })
}

function closedAfterEach(open: () => Promise<Database>): () => Promise<Database> {
  const opened: Database[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()))
  })
  return async () => {
    const database = await open()
    opened.push(database)
    return database
  }
}
