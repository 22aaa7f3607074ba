// The shop's database: one SQLite file, named by DATABASE_URL (`file:/data/bookshop.sqlite`), shared by the tasks of one
// machine. Node brings SQLite along, so the images need no package and build in an instant; write-ahead logging and a
// busy time-out let several tasks read and write at once. In an AWS account the file becomes a database server, and
// this is the one file that changes.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const BUSY_MS = 5_000

export function openDatabase(url = process.env.DATABASE_URL): DatabaseSync {
  if (!url) throw new Error('DATABASE_URL is not set')
  const path = fileURLToPath(url)
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
  database.exec('PRAGMA synchronous = NORMAL')
  return database
}

/** Runs `work` in a transaction that holds the write lock from its beginning. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
