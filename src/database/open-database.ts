import type { Database } from './database.ts'
import { migrate } from './migrate.ts'

/**
 * Opens PostgreSQL 15+ by its URL, or PGlite in a folder (in memory when neither is given, for tests), and brings its
 * tables up to date. PGlite takes one process only: hold the folder first (`joinOrOwn`).
 */
export async function openDatabase(where: { url?: string; folder?: string }): Promise<Database> {
  const database = where.url ? await postgres(where.url) : await embedded(where.folder)
  try {
    await migrate(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

// The drivers are heavy and never both needed.
const postgres = async (url: string) => (await import('./postgres.ts')).connectPostgres(url)
const embedded = async (folder: string | undefined) => (await import('./pglite.ts')).openPglite(folder)
