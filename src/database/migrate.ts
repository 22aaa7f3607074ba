import { readdir, readFile } from 'node:fs/promises'
import type { Database } from './database.ts'

const FOLDER = new URL('migrations/', import.meta.url)
/** Any fixed number: whoever migrates this database holds it. */
const ADVISORY_LOCK = 5_242_601

/** Applies what `migrations/NNNN-what.sql` has and the database has not, in order, each once, however many processes start. */
export async function migrate(database: Pick<Database, 'transaction'>): Promise<void> {
  const files = inOrder(await readdir(FOLDER))
  await database.transaction(
    async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK])
      await tx.query(
        'create table if not exists kiban_migrations (name text primary key, applied_at timestamptz not null default now())',
      )
      const applied = new Set((await tx.query<{ name: string }>('select name from kiban_migrations')).map((row) => row.name))
      for (const name of files.filter((file) => !applied.has(file))) {
        for (const statement of statements(await readFile(new URL(name, FOLDER), 'utf8'))) await tx.query(statement)
        await tx.query('insert into kiban_migrations (name) values ($1)', [name])
      }
    },
    { unhurried: true },
  )
}

/** The migrations among these names, in order. Throws where two bear one number: which of them comes first would go by chance. */
export function inOrder(names: readonly string[]): string[] {
  const files = names.filter((name) => /^\d{4}-.+\.sql$/.test(name)).sort()
  const clash = files.find((name, at) => files[at + 1]?.slice(0, 4) === name.slice(0, 4))
  if (clash) throw new Error(`Two migrations have the number ${clash.slice(0, 4)}`)
  return files
}

/** Statements end with a semicolon at the end of a line; neither driver takes several with parameters allowed. */
const statements = (sql: string): string[] =>
  sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '')
