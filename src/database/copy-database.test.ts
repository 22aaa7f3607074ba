import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeEngine, cloudStage, deployEngine, release, started } from '../../test/deploy-stage.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../../test/postgres-cluster.ts'
import { advance } from '../capabilities/deploy/advance.ts'
import { findDeployment } from '../capabilities/deploy/deployment-store.ts'
import { copyDatabase } from './copy-database.ts'
import { appendEvent } from './events.ts'
import { openDatabase } from './open-database.ts'
import { ownerLock } from './owner-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiban-copy-test-'))
const files = (): string => {
  const sum = createHash('sha256')
  for (const name of (readdirSync(join(folder, 'database'), { recursive: true }) as string[]).sort()) {
    const path = join(folder, 'database', name)
    sum.update(name)
    if (statSync(path).isFile()) sum.update(readFileSync(path))
  }
  return sum.digest('hex')
}

const asked = async <Row extends object>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Row[]
  } finally {
    await client.end()
  }
}

const never = new AbortController().signal

describe('on PostgreSQL', () => {
  if (postgresPrograms === undefined) {
    test.skip('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)', () => {})
    return
  }
  let cluster: PostgresCluster
  beforeAll(async () => {
    cluster = await startPostgres()
  })
  afterAll(async () => {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a deployment that was open in the data folder goes on at the PostgreSQL, after the same events', async () => {
    const embedded = await openDatabase({ folder: join(folder, 'database') })
    const note = (words: string) => ({
      type: 'test.noted',
      at: 1_767_225_600_123,
      product: 'bookshop',
      environment: undefined,
      actor: 'aoi',
      face: 'cli' as const,
      subject: 'test/1',
      data: { words, none: null },
    })
    const cloud = await cloudStage({
      script: (task) => (task.group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : {}),
    })
    const local = await deployEngine(embedded)
    try {
      await embedded.transaction(async (tx) => appendEvent(tx, note('\\N "quoted", (bracketed) 日本語\n')))
      // A number that was used and rolled back: the sequence is ahead of the rows.
      await expect(
        embedded.transaction(async (tx) => {
          await tx.query("select nextval(pg_get_serial_sequence('events', 'seq'))")
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      const id = await started(embedded, await release(embedded, 1))
      const before = await embedded.query<{ seq: number; id: string; at: Date; data: unknown }>(
        'select * from events order by seq',
      )
      await closeEngine(local)
      await embedded.close()
      const untouched = files()

      const url = await cluster.createDatabase()
      const tables = await copyDatabase(folder, url)
      expect(files()).toBe(untouched)
      expect(tables.find(({ table }) => table === 'events')).toMatchObject({ rows: before.length })
      expect(tables.find(({ table }) => table === 'deploy_releases')).toMatchObject({ rows: 1 })

      const database = await openDatabase({ url })
      const engine = await deployEngine(database)
      try {
        expect(await database.query('select * from events order by seq')).toEqual(before)
        await advance(engine, id, never)
        expect(await findDeployment(database, id)).toMatchObject({ state: 'done', verdict: 'succeeded' })
        const [first] = await database.query<{ seq: number }>(
          "select min(seq)::integer as seq from events where type like 'deployment.%'",
        )
        expect(first?.seq).toBeGreaterThan((before.at(-1)?.seq ?? 0) + 1)
      } finally {
        await closeEngine(engine)
        await database.close()
      }
      await expect(copyDatabase(folder, url)).rejects.toMatchObject({ code: 'database.not-empty' })
    } finally {
      await cloud.close()
    }
  })

  test('nothing is copied while another process holds the folder, and nothing from a folder without a database', async () => {
    const url = await cluster.createDatabase()
    const lock = await ownerLock(folder)
    await expect(copyDatabase(folder, url)).rejects.toMatchObject({ code: 'database.owned' })
    lock?.release()
    await expect(copyDatabase(join(folder, 'nowhere'), url)).rejects.toMatchObject({ code: 'database.missing' })
    expect(await asked(url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([])
  })

  test('a copy that is not the same on both sides leaves the target empty', async () => {
    const url = await cluster.createDatabase()
    // Something on the target changes rows on their way.
    await asked(
      url,
      `create function public.watch_tables() returns event_trigger language plpgsql as $$ begin
         if tg_tag = 'CREATE TABLE' and to_regclass('public.events') is not null and not exists (select 1 from pg_trigger where tgname = 'spoil') then
           create function public.spoil() returns trigger language plpgsql as 'begin new.actor := ''sora''; return new; end';
           create trigger spoil before insert on public.events for each row execute function public.spoil();
         end if; end $$; create event trigger spoiler on ddl_command_end execute function public.watch_tables()`,
    )
    await expect(copyDatabase(folder, url)).rejects.toMatchObject({ code: 'database.copy-differs' })
    expect(await asked(url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([])
  })
})
