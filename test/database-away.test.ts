// What a server answers while its PostgreSQL is gone, and when it is back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open-database.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from './postgres-cluster.ts'
import { type ServerProcess, serverProcess, tokenOf } from './server-process.ts'

const PATIENCE = { timeout: 60_000, interval: 200 }

describe.skipIf(postgresPrograms === undefined)('while PostgreSQL is gone', () => {
  let cluster: PostgresCluster
  let server: ServerProcess
  let token: string
  beforeAll(async () => {
    cluster = await startPostgres()
    const url = await cluster.createDatabase()
    const database = await openDatabase({ url })
    token = await tokenOf(database, 'sora', 'sre')
    await database.close()
    server = await serverProcess('all', { DATABASE_URL: url, KIBAN_SECRET_KEY: Buffer.alloc(32).toString('base64') })
  })
  afterAll(async () => {
    await server?.close()
    await cluster?.stop()
  })

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
    })
  const statusOf = async (path: string) => (await ask(path)).status
  const freeze = { product: 'bookshop', env: '*', reason: 'The database is moved' }
  const requests: [string, RequestInit][] = [
    ['/api/v1/whoami', {}],
    ['/api/v1/timeline', {}],
    ['/api/v1/timeline/events', { headers: { accept: 'text/event-stream' } }],
    ['/api/v1/streams?follow=/timeline/events', { headers: { accept: 'text/event-stream' } }],
    ['/api/v1/freezes', { method: 'POST', body: JSON.stringify(freeze) }],
    ['/api/v1/login/device', { method: 'POST', body: '{"name":"x"}', headers: { authorization: '' } }],
    ['/metrics', {}],
  ]

  test('a server is alive, not ready, and says when to come back; afterwards it goes on by itself', async () => {
    expect([await statusOf('/readyz'), await statusOf('/api/v1/timeline')]).toEqual([200, 200])
    await cluster.crash()
    await expect.poll(() => statusOf('/readyz'), PATIENCE).toBe(503)
    expect(await statusOf('/healthz')).toBe(200)
    for (const [path, init] of requests) {
      const answer = await ask(path, init)
      expect([path, answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
        path,
        503,
        '2',
        expect.stringContaining('PostgreSQL'),
      ])
    }
    await cluster.start()
    await expect.poll(() => statusOf('/readyz'), PATIENCE).toBe(200)
    expect(await statusOf('/metrics')).toBe(200)
    const stream = await ask('/api/v1/timeline/events', { headers: { accept: 'text/event-stream' } })
    expect((await ask('/api/v1/freezes', { method: 'POST', body: JSON.stringify(freeze) })).status).toBe(200)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    while (!heard.includes('freeze.started')) heard += (await reader?.read())?.value ?? expect.fail(`only heard ${heard}`)
    await reader?.cancel()
    expect(server.log.filter(({ severity }) => severity === 'ERROR')).toEqual([])
  }, 180_000)
})
