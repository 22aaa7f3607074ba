// Takes the embedded database to an empty PostgreSQL, whole or not at all.
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'
import type { Database, Queryable } from './database.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { ownerLock } from './owner-lock.ts'
import { connectPostgres } from './postgres.ts'

export interface CopiedTable {
  table: string
  rows: number
  /** Of all rows, the same on both sides. */
  checksum: string
}

const ROWS_AT_ONCE = 500

/**
 * Copies the database of a data folder, which nobody may be using, to a PostgreSQL in which nothing is. The folder is only
 * read: its database is opened as a copy, and brought up to date there. One transaction makes the tables, fills them and
 * compares them; what waits in queues is not copied, since a server goes on with every open deployment when it starts.
 * Throws `database.owned`, `database.missing`, `database.not-empty`, `database.copy-differs`.
 */
export async function copyDatabase(folder: string, url: string): Promise<CopiedTable[]> {
  if (!existsSync(join(folder, 'database')))
    throw new KibanError('not-found', 'database.missing', text.missing(folder), { hint: text.missingHint })
  const lock = await ownerLock(folder)
  if (!lock) throw new KibanError('conflict', 'database.owned', text.owned(folder), { hint: text.ownedCopyHint })
  const aside = await mkdtemp(join(tmpdir(), 'kiban-copy-'))
  try {
    await cp(join(folder, 'database'), join(aside, 'database'), { recursive: true })
    const target = await connectPostgres(url)
    try {
      const source = await openDatabase({ folder: join(aside, 'database') })
      try {
        return await copied(source, target)
      } finally {
        await source.close()
      }
    } finally {
      await target.close()
    }
  } finally {
    lock.release()
    await rm(aside, { recursive: true, force: true })
  }
}

const copied = (source: Database, target: Database): Promise<CopiedTable[]> =>
  target.transaction(
    async (to) => {
      await refuseUsed(to)
      await migrate({ transaction: (run) => run(to) })
      return source.transaction(async (from) => {
        for (const side of [from, to]) await side.query("set local timezone to 'UTC'")
        const done: CopiedTable[] = []
        for (const table of await tablesInOrder(from)) {
          await copyRows(from, to, table)
          done.push(await compared(from, to, table))
        }
        await copySequences(from, to)
        return done
      })
    },
    { unhurried: true },
  )

async function refuseUsed(to: Queryable): Promise<void> {
  const found = await to.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
     order by 1 limit 5`,
  )
  if (found.length === 0) return
  throw new KibanError('conflict', 'database.not-empty', text.notEmpty(found.map(({ name }) => name).join(', ')), {
    hint: text.notEmptyHint,
  })
}

/** Tables after those to which they refer; what a migration has said of itself the target knows already. */
async function tablesInOrder(from: Queryable): Promise<string[]> {
  const rows = await from.query<{ name: string; needs: string }>(
    `select t.relname as name, coalesce(string_agg(distinct r.relname, ' ') filter (where r.oid <> t.oid), '') as needs
     from pg_class t join pg_namespace n on n.oid = t.relnamespace
       left join pg_constraint c on c.conrelid = t.oid and c.contype = 'f' left join pg_class r on r.oid = c.confrelid
     where n.nspname = 'public' and t.relkind = 'r' and t.relname <> 'kiban_migrations'
     group by t.relname order by t.relname`,
  )
  const ordered: string[] = []
  const put = (name: string) => {
    if (ordered.includes(name)) return
    const needs =
      rows
        .find((row) => row.name === name)
        ?.needs.split(' ')
        .filter(Boolean) ?? []
    for (const needed of needs) put(needed)
    ordered.push(name)
  }
  for (const { name } of rows) put(name)
  return ordered
}

/** Rows go as PostgreSQL's own text of them, which is exact for every type. */
async function copyRows(from: Queryable, to: Queryable, table: string): Promise<void> {
  const name = quoted(table)
  await from.query(`declare copying no scroll cursor for select t::text as line from ${name} t order by ctid`)
  for (;;) {
    const rows = await from.query<{ line: string }>(`fetch ${ROWS_AT_ONCE} from copying`)
    if (rows.length === 0) break
    await to.query(
      `insert into ${name} overriding system value select (line::${name}).* from unnest($1::text[]) with ordinality as r (line, at) order by at`,
      [rows.map(({ line }) => line)],
    )
  }
  await from.query('close copying')
}

async function compared(from: Queryable, to: Queryable, table: string): Promise<CopiedTable> {
  const sum = async (side: Queryable) => {
    const [row] = await side.query<{ rows: number; checksum: string }>(
      `select count(*)::integer as rows, md5(coalesce(string_agg(line, '' order by line collate "C"), '')) as checksum
       from (select md5(t::text) as line from ${quoted(table)} t) as lines`,
    )
    return row as { rows: number; checksum: string }
  }
  const [here, there] = [await sum(from), await sum(to)]
  if (here.rows === there.rows && here.checksum === there.checksum) return { table, ...here }
  throw new KibanError('internal', 'database.copy-differs', text.copyDiffers(table, here.rows, there.rows), {
    hint: text.copyDiffersHint,
  })
}

/** The next number of each sequence is the one that would have come: numbers that were left out stay left out. */
async function copySequences(from: Queryable, to: Queryable): Promise<void> {
  const sequences = await from.query<{ name: string }>(
    "select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'S'",
  )
  for (const { name } of sequences) {
    const [state] = await from.query<{ last_value: number; is_called: boolean }>(
      `select last_value, is_called from ${quoted(name)}`,
    )
    await to.query('select setval($1::text::regclass, $2, $3)', [quoted(name), state?.last_value, state?.is_called])
  }
}

const quoted = (name: string): string => `public."${name.replaceAll('"', '""')}"`
