// What a server answers while its PostgreSQL has fallen silent: connections stand, and nothing comes back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../src/database/database.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { openDurable } from '../src/durable/durable.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from './postgres-cluster.ts'
import { type ServerProcess, serverProcess, tokenOf } from './server-process.ts'
import { type SilentProxy, silentProxy } from './silent-proxy.ts'

const PATIENCE = { timeout: 90_000, interval: 200 }

describe.skipIf(postgresPrograms === undefined)('while PostgreSQL is silent', () => {
  let cluster: PostgresCluster
  let proxy: SilentProxy
  let database: Database
  let through: string
  beforeAll(async () => {
    cluster = await startPostgres()
    const url = await cluster.createDatabase()
    database = await openDatabase({ url })
    proxy = await silentProxy(Number(new URL(url).port))
    through = url.replace(`:${new URL(url).port}/`, `:${proxy.port}/`)
  })
  afterAll(async () => {
    await database?.close()
    await proxy?.close()
    await cluster?.stop()
  })

  test('a server answers that it is away, and goes on by itself, its streams and workers too', async () => {
    const token = await tokenOf(database, 'sora', 'sre')
    const server: ServerProcess = await serverProcess('all', {
      DATABASE_URL: through,
      KIBAN_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    })
    const here = await openDatabase({ url: through })
    const heard: (string | undefined)[] = []
    const stop = await here.listen('silence', (payload) => heard.push(payload))
    const durable = await openDurable(here, { kinds: ['thing'], failed: () => {} })
    const done: string[] = []
    await durable.work('thing', async (id) => void done.push(id), { atATime: 2 })
    try {
      const ask = (path: string, init: RequestInit = {}) =>
        fetch(`${server.url}${path}`, {
          ...init,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
        })
      const statusOf = async (path: string) => (await ask(path)).status
      const freeze = JSON.stringify({ product: 'bookshop', env: '*', reason: 'The network is mended' })
      const requests: [string, RequestInit][] = [
        ['/metrics', {}],
        ['/api/v1/whoami', {}],
        ['/api/v1/timeline', {}],
        ['/api/v1/freezes', { method: 'POST', body: freeze }],
        ['/api/v1/login/device', { method: 'POST', body: '{"name":"x"}', headers: { authorization: '' } }],
      ]
      expect(await statusOf('/readyz')).toBe(200)
      proxy.silence()
      // Thrice as many as there are connections: those that found none wait for one, and not for ever either.
      const many = Array.from({ length: 6 }, () => requests).flat()
      const answers = await Promise.all(
        many.map(async ([path, init]) => {
          const answer = await ask(path, init)
          return [path, answer.status, answer.headers.get('retry-after'), await answer.text()]
        }),
      )
      expect(answers).toEqual(many.map(([path]) => [path, 503, '2', expect.stringContaining('PostgreSQL')]))
      expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503])
      await database.query(`select pg_notify('silence', 'lost')`)
      await durable.goOn('thing', 'asked for meanwhile', database)
      proxy.speak()
      await expect.poll(() => statusOf('/readyz'), PATIENCE).toBe(200)
      const stream = await ask('/api/v1/timeline/events', { headers: { accept: 'text/event-stream' } })
      expect((await ask('/api/v1/freezes', { method: 'POST', body: freeze })).status).toBe(200)
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
      let told = ''
      while (!told.includes('freeze.started')) told += (await reader?.read())?.value ?? expect.fail(`only told ${told}`)
      await reader?.cancel()
      await expect.poll(() => done, PATIENCE).toEqual(['asked for meanwhile'])
      // Whoever listened is told that something may have been missed, and hears again.
      await expect.poll(() => heard, PATIENCE).toEqual([undefined])
      await database.query(`select pg_notify('silence', 'found')`)
      await expect.poll(() => heard, PATIENCE).toEqual([undefined, 'found'])
      expect(server.log.filter(({ severity }) => severity === 'ERROR')).toEqual([])
    } finally {
      proxy.speak()
      await Promise.all([server.close(), stop(), durable.close()])
      await here.close()
    }
  }, 240_000)

  test('a statement that takes too long is ended by PostgreSQL; one that is unhurried is not', async () => {
    const here = await openDatabase({ url: through })
    try {
      const limit = (on: Pick<Database, 'query'>) => on.query('show statement_timeout')
      expect(await limit(here)).toEqual([{ statement_timeout: '15s' }])
      expect(await here.transaction(limit)).toEqual([{ statement_timeout: '15s' }])
      expect(await here.transaction(limit, { unhurried: true })).toEqual([{ statement_timeout: '0' }])
      expect(await limit(here)).toEqual([{ statement_timeout: '15s' }])
      const slow = here.transaction(async (tx) => {
        await tx.query('set local statement_timeout = 50')
        await tx.query('select pg_sleep(60)')
      })
      await expect(slow).rejects.toMatchObject({ kind: 'unavailable', code: 'database.unavailable' })
      // Its connection is as good as before.
      expect(await limit(here)).toEqual([{ statement_timeout: '15s' }])
    } finally {
      await here.close()
    }
  })
})
