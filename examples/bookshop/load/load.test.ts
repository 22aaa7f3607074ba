// The load against servers that do what a shop must not do.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { startLoad } from './load.ts'
import { Client, keptConnections } from './request.ts'
import { Tally } from './tally.ts'
import { startTraffic } from './traffic.ts'

let servers: Server[] = []
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const shop: RequestListener = (request, response) => {
  if (request.method === 'POST' && request.url === '/orders') response.writeHead(303, { location: '/orders/7' }).end()
  else if (request.url?.startsWith('/books/')) response.end('<input type="hidden" name="token" value="abc">')
  else response.end('ok')
}

async function asked(listener: RequestListener, timeoutMs = 10_000) {
  const { url } = await serve(listener)
  const tally = new Tally()
  const answer = await new Client(url, tally, timeoutMs).ask('fresh', { path: '/x' })
  return { answer, ...tally.summary() }
}

test('an answer below 400 with a whole body is none of a failure, a redirect too', async () => {
  expect(await asked((_, response) => response.end('hello'))).toMatchObject({ answer: { status: 200, body: 'hello' }, failed: 0 })
  const redirect = await asked((_, response) => response.writeHead(303, { location: '/y' }).end())
  expect(redirect).toMatchObject({ answer: { status: 303, location: '/y' }, failed: 0 })
})

test.each<[string, RequestListener, RegExp]>([
  [
    'a status of 400 or more',
    (_, response) => response.writeHead(503).end('<h1>Come <b>later</b></h1>'),
    /^status 503: Come later$/,
  ],
  ['a connection that is reset', (request) => request.socket.resetAndDestroy(), /ECONNRESET/],
  ['a connection that is closed without an answer', (request) => request.socket.destroy(), /ECONNRESET|socket hang up/],
  [
    'half an answer',
    (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
      setTimeout(() => request.socket.destroy(), 50)
    },
    /aborted|ECONNRESET|closed/,
  ],
])('%s is a failure, and told', async (_, listener, reason) => {
  const { answer, requests, failed, failures } = await asked(listener)
  expect({ answer, requests, failed }).toEqual({ answer: undefined, requests: 1, failed: 1 })
  expect(failures).toEqual([{ at: expect.any(Number), request: 'GET /x', reason: expect.stringMatching(reason) }])
})

test('an answer that does not come in time is a failure', async () => {
  expect(await asked(() => {}, 200)).toMatchObject({ failed: 1, failures: [{ reason: 'no answer within 200 ms' }] })
})

test('a server that is not there is a failure', async () => {
  const { url, server } = await serve(shop)
  server.close()
  const tally = new Tally()
  await new Client(url, tally).ask('fresh', { path: '/' })
  expect(tally.summary()).toMatchObject({ failed: 1, failures: [{ reason: expect.stringContaining('ECONNREFUSED') }] })
})

test('a kept connection is used again, a fresh one is not', async () => {
  let connections = 0
  const { url, server } = await serve(shop)
  server.on('connection', () => connections++)
  const client = new Client(url, new Tally())
  const kept = keptConnections()
  for (let count = 0; count < 3; count++) await client.ask(kept, { path: '/' })
  expect(connections).toBe(1)
  for (let count = 0; count < 3; count++) await client.ask('fresh', { path: '/' })
  expect(connections).toBe(4)
  kept.destroy()
})

test('customers read, order and look at their order, each request counted once, in laps that add up', async () => {
  const seen: string[] = []
  const { url } = await serve((request, response) => {
    seen.push(`${request.method} ${request.url?.replace(/\d+$/, 'N')}`)
    shop(request, response)
  })
  const load = startLoad(url, { shoppers: 2, readMs: 5, perSecond: 100 })
  const visited = [
    'GET /',
    'GET /books/N',
    'POST /orders',
    'GET /orders/N',
    'GET /api/books',
    'GET /api/books/N',
    'POST /api/orders',
  ]
  await vi.waitFor(() => expect(new Set(seen)).toEqual(new Set(visited)), { timeout: 10_000 })
  const lap = load.lap()
  const { requests, failed } = await load.stop()
  expect(failed).toBe(0)
  expect(requests).toBe(seen.length)
  expect(lap.requests).toBeLessThanOrEqual(requests)
  expect(load.total().requests).toBe(requests)
})

test('stopping waits for what is under way', async () => {
  const waiting: (() => void)[] = []
  const { url } = await serve((_, response) => void waiting.push(() => response.end('late')))
  const load = startLoad(url, { shoppers: 1, readMs: 5, perSecond: 0.001 })
  await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
  const stopped = load.stop()
  setTimeout(() => {
    for (const answer of waiting) answer()
  }, 50)
  expect(await stopped).toMatchObject({ requests: waiting.length, failed: 0 })
})

test('in a thread of its own it counts the same', async () => {
  let seen = 0
  const { url } = await serve((request, response) => {
    seen++
    shop(request, response)
  })
  const traffic = startTraffic(url, { shoppers: 1, readMs: 5, perSecond: 50 })
  await vi.waitFor(async () => expect((await traffic.total()).requests).toBeGreaterThan(10), { timeout: 10_000 })
  const lap = await traffic.lap()
  expect(lap.requests).toBeGreaterThan(10)
  expect(await traffic.stop()).toMatchObject({ requests: seen, failed: 0 })
})
