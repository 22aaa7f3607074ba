import { expect, test } from 'vitest'
import { eachDatabase } from '../../test/databases.ts'
import { json } from './database.ts'
import { appendEvent, EVENT_CHANNEL, eventsAbout } from './events.ts'
import { inOrder, migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'

eachDatabase((open) => {
  test('rows come back as numbers, dates and parsed JSON', async () => {
    const database = await open()
    const rows = await database.query(
      `select 9007199254740991::bigint as n, count(*) as c, to_timestamp(1.5) as t, $1::jsonb as j, null as nothing from generate_series(1, 3)`,
      [json([{ a: 1 }, 'b'])],
    )
    expect(rows).toEqual([{ n: 9007199254740991, c: 3, t: new Date(1500), j: [{ a: 1 }, 'b'], nothing: null }])
  })

  test('a transaction that throws leaves nothing behind, and the next query works', async () => {
    const database = await open()
    await database.query('create table things (name text primary key)')
    await expect(
      database.transaction(async (tx) => {
        await tx.query(`insert into things values ('a')`)
        await tx.query('select 1 / 0')
      }),
    ).rejects.toThrow('division by zero')
    expect(await database.query('select * from things')).toEqual([])
  })

  test('a full disk is told by its name, until something could be stored again', async () => {
    const database = await open()
    const full = `do $$ begin raise sqlstate '53100' using message = 'could not extend file: No space left on device'; end $$`
    await expect(database.transaction((tx) => tx.query(full))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'database.full',
      text: { en: expect.stringMatching(/^The disk of .*is full$/) },
    })
    expect(database.fault()).toMatchObject({ code: 'database.full' })
    await database.transaction((tx) => tx.query('select 1'))
    expect(database.fault()).toBeUndefined()
  })

  test('two migrations of one number are refused', () => {
    expect(inOrder(['0002-b.sql', 'README.md', '0001-a.sql'])).toEqual(['0001-a.sql', '0002-b.sql'])
    expect(() => inOrder(['0002-b.sql', '0001-a.sql', '0002-c.sql'])).toThrow('Two migrations have the number 0002')
  })

  test('migrations run once, also when several start together', async () => {
    const database = await open()
    await Promise.all([migrate(database), migrate(database), migrate(database)])
    const [row] = await database.query<{ names: number; events: number }>(
      `select (select count(*) from kiban_migrations where name = '0001-events.sql') as names, (select count(*) from events) as events`,
    )
    expect(row).toEqual({ names: 1, events: 0 })
  })

  test('an event is kept with its change, read by its subject, and heard at the commit', async () => {
    const database = await open()
    const heard: (string | undefined)[] = []
    const stop = await database.listen(EVENT_CHANNEL, (payload) => heard.push(payload))
    const event = {
      type: 'lock.forced',
      at: 1_764_000_000_123,
      product: 'bookshop',
      environment: undefined,
      actor: 'aoi',
      face: 'cli',
      subject: 'service/web',
      data: { reason: 'stuck' },
    }
    await expect(
      database.transaction(async (tx) => {
        appendEvent(tx, event)
        throw new Error('taken back')
      }),
    ).rejects.toThrow('taken back')
    await database.transaction(async (tx) => appendEvent(tx, event))
    const stored = await eventsAbout(database, 'service/web')
    expect(stored).toEqual([{ ...event, seq: expect.any(Number), id: expect.stringMatching(/^evt_/) }])
    expect(await eventsAbout(database, 'service/web', stored[0]?.seq)).toEqual([])
    await expect.poll(() => heard).toEqual(['service/web'])
    await stop()
    expect(() => appendEvent(database, event)).toThrow('belongs in the transaction')
  })

  test('whoever has read up to an event has missed none before it, however many write at once', async () => {
    const database = await open()
    const event = {
      type: 'task.stopped',
      at: 0,
      product: 'bookshop',
      environment: undefined,
      actor: 'aoi',
      face: 'cli',
      data: {},
    }
    let seen = 0
    let missed = 0
    let reading = true
    const reader = (async () => {
      const known = new Set<number>()
      while (reading) {
        const fresh = await eventsAbout(database, 'crowd', seen)
        for (const { seq } of fresh) known.add(seq)
        seen = fresh.at(-1)?.seq ?? seen
      }
      missed = (await eventsAbout(database, 'crowd')).filter(({ seq }) => seq <= seen && !known.has(seq)).length
    })()
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 10; round++)
          await database.transaction(async (tx) => {
            appendEvent(tx, { ...event, subject: 'crowd' })
            appendEvent(tx, { ...event, subject: `writer/${writer}` })
            await tx.query('select 1')
          })
      }),
    )
    reading = false
    await reader
    expect([missed, (await eventsAbout(database, 'crowd')).length]).toEqual([0, 80])
  })
})

test('a PostgreSQL that is not there is told by its name, without the password', async () => {
  const opening = openDatabase({ url: 'postgres://kiban:hunter2@127.0.0.1:1/bookshop' })
  await expect(opening).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'database.unavailable',
    text: { en: 'PostgreSQL (127.0.0.1:1/bookshop) does not answer' },
  })
})
