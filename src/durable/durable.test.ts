import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { eachDatabase } from '../../test/databases.ts'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/open-database.ts'
import { type Durable, openDurable } from './durable.ts'

const open = (database: Database): Promise<Durable> =>
  openDurable(database, {
    kinds: ['thing'],
    failed: (error) => {
      throw error
    },
  })

eachDatabase((openEmpty, kind) => {
  test('work on one thing never overlaps, and a wish made meanwhile is kept', async () => {
    const database = await openEmpty()
    const durable = await open(database)
    const seen: string[] = []
    await durable.work(
      'thing',
      async (id) => {
        seen.push(`in ${id}`)
        if (seen.length === 1) await Promise.all([durable.goOn('thing', id), durable.goOn('thing', id)])
        await new Promise((resolve) => setTimeout(resolve, 300))
        seen.push(`out ${id}`)
      },
      { atATime: 4 },
    )
    await durable.goOn('thing', 'a')
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['in a', 'out a', 'in a', 'out a'])
    await durable.close()
  })

  test('many things are worked on at once, and never more than was said', async () => {
    const database = await openEmpty()
    const durable = await open(database)
    const doors = new Map<string, () => void>()
    let most = 0
    await durable.work(
      'thing',
      async (id) => {
        await new Promise<void>((resolve) => {
          doors.set(id, resolve)
          most = Math.max(most, doors.size)
        })
        doors.delete(id)
      },
      { atATime: 3 },
    )
    for (const id of ['a', 'b', 'c', 'd']) await durable.goOn('thing', id)
    await expect.poll(() => doors.size, { timeout: 10_000 }).toBe(3)
    const waiting = ['a', 'b', 'c', 'd'].find((id) => !doors.has(id)) ?? ''
    for (const open of doors.values()) open()
    await expect.poll(() => doors.has(waiting), { timeout: 10_000 }).toBe(true)
    expect(most).toBe(3)
    doors.get(waiting)?.()
    await durable.close()
  })

  test('a wish of a transaction that is taken back is not heard', async () => {
    const database = await openEmpty()
    const durable = await open(database)
    const seen: string[] = []
    await durable.work('thing', async (id) => void seen.push(id), { atATime: 1 })
    await expect(
      database.transaction(async (tx) => {
        await durable.goOn('thing', 'lost', tx)
        throw new Error('taken back')
      }),
    ).rejects.toThrow('taken back')
    await database.transaction((tx) => durable.goOn('thing', 'kept', tx))
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['kept'])
    await durable.close()
  })

  test('a handler that fails is called again', async () => {
    const database = await openEmpty()
    const durable = await open(database)
    let calls = 0
    await durable.work(
      'thing',
      async () => {
        if (++calls < 2) throw new Error('not yet')
      },
      { atATime: 1 },
    )
    await durable.goOn('thing', 'a')
    await expect.poll(() => calls, { timeout: 15_000 }).toBe(2)
    await durable.close()
  })

  if (kind === 'postgres')
    test('the work of a killed process is taken up by another within 15 seconds', async () => {
      const database = await openEmpty()
      const { engine } = database
      if (engine.kind !== 'postgres') throw new Error('needs PostgreSQL')
      const worker = spawn(process.execPath, [join(import.meta.dirname, '../../test/durable-worker.ts'), engine.url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines: string[] = []
      createInterface({ input: worker.stdout }).on('line', (line) => lines.push(line))
      await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['ready'])
      const durable = await open(database)
      await durable.goOn('thing', 'a')
      await expect.poll(() => lines, { timeout: 10_000 }).toEqual(['ready', 'started a'])
      const seen: string[] = []
      await durable.work('thing', async (id) => void seen.push(id), { atATime: 1 })
      worker.kill('SIGKILL')
      const killed = performance.now()
      await expect.poll(() => seen, { timeout: 20_000, interval: 100 }).toEqual(['a'])
      expect(performance.now() - killed).toBeLessThan(15_000)
      await durable.close()
    })
})

test('work that a dead owner of the data folder held goes on at the next start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-durable-'))
  try {
    const first = await openDatabase({ folder })
    const durable = await open(first)
    await durable.goOn('thing', 'a')
    // As a killed process leaves it: taken by a worker, never given back.
    await expect.poll(() => first.query(`select 1 from kiban_jobs.job where name = 'thing'`)).toHaveLength(1)
    await first.query(`update kiban_jobs.job set state = 'active', started_on = now(), heartbeat_on = now() where name = 'thing'`)
    await durable.close()
    await first.close()

    const second = await openDatabase({ folder })
    const next = await open(second)
    const seen: string[] = []
    const start = performance.now()
    await next.work('thing', async (id) => void seen.push(id), { atATime: 1 })
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['a'])
    expect(performance.now() - start).toBeLessThan(5_000)
    await next.close()
    await second.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
