// Brings the database up to date: each file of migrations/ once, in order, whole or not at all.
import { readdirSync, readFileSync } from 'node:fs'
import { errorFields, log } from '../shared/log.ts'
import { openDatabase, transaction } from './database.ts'

const folder = new URL('migrations/', import.meta.url)

try {
  const database = openDatabase()
  // Kept in the file: every later connection finds it switched on.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)')
  for (const name of readdirSync(folder).sort()) {
    const ran = transaction(database, () => {
      const inserted = database
        .prepare('INSERT INTO migrations VALUES (?, ?) ON CONFLICT DO NOTHING')
        .run(name, new Date().toISOString())
      if (inserted.changes === 0) return false
      database.exec(readFileSync(new URL(name, folder), 'utf8'))
      return true
    })
    log('info', ran ? 'migrated' : 'already there', { migration: name })
  }
  database.close()
} catch (error) {
  log('error', 'migration failed', errorFields(error))
  process.exitCode = 1
}
