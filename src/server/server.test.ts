import { EventSourceParserStream } from 'eventsource-parser/stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { remoteEngine } from '../cli/remote-engine.ts'
import type { Actor } from '../core/actor.ts'
import { KibanError } from '../core/error.ts'
import { type Context, call, stream } from '../core/operation.ts'
import { runner } from '../core/runner.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

const shop = { product: 'bookshop', environment: 'staging' }
const words = (text: string) => ({ en: text, ja: `${text} (日本語)` })
const asked: Context[] = []
let breakAfter = Number.POSITIVE_INFINITY

const operations = [
  call({
    name: 'book.find',
    summary: words('Find books'),
    http: { method: 'GET', path: '/books/{shelf}' },
    permission: 'read',
    place: () => shop,
    risk: 0,
    input: z.object({
      shelf: z.string(),
      limit: z.number().default(3),
      used: z.boolean().optional(),
      tags: z.array(z.string()).optional(),
    }),
    output: z.looseObject({}),
    async run(context, input) {
      asked.push(context)
      return input
    },
    show: () => [],
  }),
  call({
    name: 'book.sell',
    summary: words('Sell a book'),
    http: { method: 'POST', path: '/books/{shelf}/sales' },
    permission: 'deploy',
    place: () => shop,
    risk: 1,
    input: z.object({ shelf: z.string(), copies: z.number() }),
    output: z.looseObject({}),
    async run(context, input) {
      asked.push(context)
      if (input.copies > 9)
        throw new KibanError('conflict', 'lock.held', words('Sold out'), {
          hint: words('Come back'),
          details: [words('None left')],
        })
      if (input.copies === 7) throw new KibanError('unavailable', 'database.unavailable', words('Gone for a moment'))
      if (input.copies < 0) throw new Error('the secret word is swordfish')
      return { ...input, requestId: context.requestId }
    },
    show: () => [],
  }),
  call({
    name: 'lobby.enter',
    summary: words('Enter the lobby'),
    http: { method: 'GET', path: '/lobby' },
    permission: 'public',
    place: () => shop,
    risk: 0,
    input: z.object({}),
    output: z.object({}),
    run: async () => ({}),
    show: () => [],
  }),
  stream({
    name: 'silence.follow',
    summary: words('Follow what never comes'),
    http: { method: 'GET', path: '/silence' },
    permission: 'read',
    place: () => shop,
    risk: 0,
    input: z.object({}),
    item: z.object({}),
    async *run({ signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
    show: () => ({}),
  }),
  stream({
    name: 'page.turn',
    summary: words('Turn pages'),
    http: { method: 'POST', path: '/pages' },
    permission: 'read',
    place: () => shop,
    risk: 0,
    input: z.object({ to: z.number() }),
    item: z.object({ page: z.number() }),
    async *run(context, { to }) {
      asked.push(context)
      for (let page = Number(context.after ?? 0) + 1; page <= to; page++) {
        if (page === breakAfter + 1) {
          breakAfter = Number.POSITIVE_INFINITY
          throw new KibanError('unavailable', 'database.owner-silent', words('Gone for a moment'))
        }
        yield { page }
      }
    },
    position: ({ page }) => String(page),
    show: () => ({}),
  }),
  stream({
    name: 'page.hear',
    summary: words('Hear pages'),
    http: { method: 'GET', path: '/pages/{book}' },
    permission: 'read',
    place: () => shop,
    risk: 0,
    input: z.object({ book: z.string(), to: z.number().default(2) }),
    item: z.object({ book: z.string(), page: z.number() }),
    async *run(context, { book, to }) {
      asked.push(context)
      for (let page = Number.parseInt(context.after ?? '0', 10) + 1; page <= to; page++) yield { book, page }
      if (to === 1) await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
    },
    position: ({ page, book }) => `${page}/of#${book}`,
    show: () => ({}),
  }),
  stream({
    name: 'page.print',
    summary: words('Print pages'),
    http: { method: 'GET', path: '/print' },
    permission: 'deploy',
    place: () => shop,
    risk: 0,
    input: z.object({ to: z.number(), format: z.enum(['plain']).default('plain') }),
    item: z.object({ page: z.number() }),
    files: { plain: { name: 'pages.txt', type: 'text/plain', head: 'pages\n', line: ({ page }) => `${page}\n` } },
    async *run(_, { to }) {
      for (let page = 1; page <= to; page++) {
        if (page > 20_000) throw new Error('out of paper')
        yield { page }
      }
    },
    position: ({ page }) => String(page),
    show: () => ({}),
  }),
]

const actors: Record<string, Actor> = {
  sora: { kind: 'user', name: 'sora', grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'http' },
  haru: { kind: 'user', name: 'haru', grants: [{ role: 'developer', product: 'bookshop', environment: '*' }], face: 'http' },
  guest: { kind: 'user', name: 'guest', grants: [{ role: 'viewer', product: 'bookshop', environment: '*' }], face: 'http' },
}
const logged: string[] = []
const heard = new Map<string, () => void>()
let server: Server

beforeAll(async () => {
  server = await startServer(settings)
})
afterAll(() => server.close())

const settings: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  publicUrl: undefined,
  consoleFolder: undefined,
  openapi: {},
  operations,
  ...runner(operations),
  identify: async ({ secret }) => actors[secret],
  whyEnded: async ({ secret }) =>
    secret === 'once' ? new KibanError('unauthenticated', 'session.ended', words('It was ended')) : undefined,
  whenChanged(name, hear) {
    heard.set(name, hear)
    return () => heard.delete(name)
  },
  proxies: 1,
  ready: async () => {},
  log: (_, message, fields) => logged.push(JSON.stringify({ message, ...fields })),
}

const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  fetch(`${server.url}/api/v1${path}`, { ...init, headers: { authorization: 'Bearer haru', ...init.headers } })
const sell = (copies: number, headers: Record<string, string> = {}) =>
  ask('/books/poems/sales', {
    method: 'POST',
    body: JSON.stringify({ copies }),
    headers: { 'content-type': 'application/json', ...headers },
  })

test('path and query become the input, each text as its field wants it', async () => {
  const answer = await ask('/books/old%2Fnew?limit=5&used=true&tags=a,b&tags=c')
  expect([answer.status, await answer.json()]).toEqual([200, { shelf: 'old/new', limit: 5, used: true, tags: ['a', 'b', 'c'] }])
})

test('who is nobody, or may not, or asks for what is not there, is told so', async () => {
  const problem = async (answer: Response) => {
    const { status, code, detail } = (await answer.json()) as Record<string, unknown>
    return [answer.status, status, code, detail]
  }
  expect(await problem(await ask('/books/poems', { headers: { authorization: 'Bearer stranger' } }))).toEqual([
    401,
    401,
    'login.needed',
    'You are not logged in',
  ])
  expect(await problem(await sell(1, { authorization: 'Bearer guest', 'accept-language': 'ja' }))).toEqual([
    403,
    403,
    'permission.denied',
    'guest には bookshop/staging で book.sell を実行する権限がありません',
  ])
  expect((await problem(await ask('/nothing')))[2]).toBe('http.no-route')
  expect((await problem(await ask('/books/poems?limit=many')))[2]).toBe('input.invalid')
})

test('a mistake on our side shows a reference, and its cause goes to the log alone', async () => {
  const answer = await sell(-1)
  const text = await answer.text()
  expect(answer.status).toBe(500)
  expect(text).not.toContain('swordfish')
  const { requestId } = JSON.parse(text) as { requestId: string }
  expect(answer.headers.get('x-request-id')).toBe(requestId)
  expect(logged.find((line) => line.includes(requestId))).toContain('swordfish')
})

test('an answer that has not changed is not sent again', async () => {
  const tag = (await ask('/books/poems')).headers.get('etag') ?? ''
  const again = await ask('/books/poems', { headers: { 'if-none-match': tag } })
  expect([again.status, await again.text()]).toEqual([304, ''])
  expect((await ask('/books/novels', { headers: { 'if-none-match': tag } })).status).toBe(200)
})

test('the same key of the same caller is the same request; of another caller it is not', async () => {
  const idOf = async (answer: Response) => ((await answer.json()) as { requestId: string }).requestId
  const first = await idOf(await sell(1, { 'idempotency-key': 'k1' }))
  expect(await idOf(await sell(1, { 'idempotency-key': 'k1' }))).toBe(first)
  expect(await idOf(await sell(1, { 'idempotency-key': 'k2' }))).not.toBe(first)
  expect(await idOf(await sell(1))).not.toBe(first)
})

test('a write by cookie counts only from our own pages', async () => {
  const byCookie = (headers: Record<string, string>) => sell(1, { authorization: '', cookie: 'kiban=haru', ...headers })
  expect((await byCookie({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await byCookie({ origin: server.url })).status).toBe(200)
  expect((await byCookie({})).status).toBe(403)
  expect((await byCookie({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await byCookie({ 'sec-fetch-site': 'same-origin', origin: 'http://evil.example' })).status).toBe(403)
})

test('figures are for those who may read everything, and name operations rather than paths', async () => {
  await ask('/books/poems')
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
  const figures = await (await fetch(`${server.url}/metrics`, { headers: { authorization: 'Bearer sora' } })).text()
  expect(figures).toMatch(/kiban_http_requests_total\{operation="book.find",status="200"\} \d/)
  expect(figures).toContain('kiban_http_streams')
  expect(figures).not.toContain('poems')
  expect(logged.filter((line) => line.includes('"operation":"book.find"')).at(-1)).toContain('"actor":"haru"')
})

test('a form, a list and half a document are no input', async () => {
  const body = (text: string, type: string) =>
    ask('/books/poems/sales', { method: 'POST', body: text, headers: { 'content-type': type } })
  expect((await body('copies=1', 'application/x-www-form-urlencoded')).status).toBe(400)
  expect((await body('[1]', 'application/json')).status).toBe(400)
  expect((await body('{"copies":', 'application/json')).status).toBe(400)
  expect((await body(`{"copies":1,"x":"${'x'.repeat(2 ** 20)}"}`, 'application/json')).status).toBe(413)
})

test('what a path does not know is told with what it knows', async () => {
  const answer = await ask('/books/poems/sales', { method: 'DELETE' })
  const { status, code } = (await answer.json()) as Record<string, unknown>
  expect([answer.status, status, code, answer.headers.get('allow')]).toEqual([405, 405, 'http.no-method', 'POST'])
})

test('a misspelt field is told, and nothing is done', async () => {
  asked.length = 0
  const answer = await ask('/books/poems/sales', {
    method: 'POST',
    body: JSON.stringify({ copies: 1, giftWarp: true }),
    headers: { 'content-type': 'application/json' },
  })
  expect(await answer.json()).toMatchObject({ code: 'input.invalid', details: ['giftWarp: is not known here'] })
  expect([answer.status, asked]).toEqual([400, []])
})

test('whoever asks what is to be seen without following it is told that there is nothing', async () => {
  const answer = await ask('/silence')
  expect([answer.status, await answer.json()]).toEqual([202, {}])
})

test('whoever cannot be answered now is told when to come back', async () => {
  const answer = await sell(7)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
})

test('the command line sees the same errors and items as without a server, over a broken connection too', async () => {
  const engine = remoteEngine(operations, { url: new URL(server.url), token: 'haru' }, () => {
    throw new Error('nothing here is local')
  })
  const never = new AbortController().signal
  expect(await engine.call('book.find', { shelf: '星', tags: ['a', 'b'] }, never)).toEqual({
    shelf: '星',
    limit: 3,
    tags: ['a', 'b'],
  })
  await expect(engine.call('book.sell', { shelf: 'poems', copies: 10 }, never)).rejects.toMatchObject({
    kind: 'conflict',
    code: 'lock.held',
    text: words('Sold out'),
    hint: words('Come back'),
    details: [words('None left')],
  })
  breakAfter = 2
  asked.length = 0
  expect(await Array.fromAsync(engine.stream('page.turn', { to: 4 }, never))).toEqual([1, 2, 3, 4].map((page) => ({ page })))
  expect(asked.map(({ after }) => after)).toEqual([undefined, '2'])
  expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(1)
})

/** The messages of several streams over one connection, by the place of each in the list. */
async function follow(wanted: readonly string[], headers: Record<string, string> = {}, { url } = server) {
  const query = new URLSearchParams(wanted.map((one): [string, string] => ['follow', one]))
  const answer = await fetch(`${url}/api/v1/streams?${query}`, { headers: { authorization: 'Bearer haru', ...headers } })
  const messages = answer.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  const told: Record<string, unknown[]> = {}
  for await (const { event, id = '', data } of messages ?? []) {
    const { code, page } = JSON.parse(data) as { code?: string; page?: number }
    const place = id.split('/')[0] ?? ''
    told[place] = [...(told[place] ?? []), event === 'problem' ? code : (event ?? `${id} ${page}`)]
  }
  return told
}

test('several streams come over one connection, each from its own position, each with its own end', async () => {
  expect(await follow(['/pages/poems', '/pages/novels?to=4#2/of#novels', '/pages/songs?to=many'])).toEqual({
    0: ['0/1/of#poems 1', '0/2/of#poems 2', 'end'],
    1: ['1/3/of#novels 3', '1/4/of#novels 4', 'end'],
    2: ['input.invalid'],
  })
})

test('what is no stream is not followed, nor is it a way round who may read what', async () => {
  const nested = `/streams?follow=${encodeURIComponent('/pages/poems')}`
  expect(await follow(['/books/poems', '/nothing', '/../../readyz', nested, '/%73treams?follow=x'])).toEqual(
    Object.fromEntries([0, 1, 2, 3, 4].map((place) => [place, ['http.no-route']])),
  )
  actors.nowhere = { ...(actors.guest as Actor), grants: [] }
  expect(await follow(['/pages/poems'], { authorization: 'Bearer nowhere' })).toEqual({ 0: ['permission.denied'] })
  expect((await ask('/streams?follow=/pages/poems', { headers: { authorization: '' } })).status).toBe(401)
  expect((await ask('/streams')).status).toBe(400)
})

test('whoever is shut out is told why at once, and reads no further', async () => {
  actors.once = { ...(actors.guest as Actor), name: 'once' }
  const told = follow(['/pages/poems?to=1'], { authorization: 'Bearer once' })
  await vi.waitFor(() => expect(heard.get('once')).toBeDefined())
  delete actors.once
  heard.get('once')?.()
  expect(await told).toEqual({ 0: ['0/1/of#poems 1', 'session.ended'] })
  const again = await ask('/books/poems', { headers: { authorization: 'Bearer once' } })
  expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([401, 'session.ended'])
})

test('whose roles have changed, and whose server ends, is told nothing, and comes back', async () => {
  actors.moved = { ...(actors.guest as Actor), name: 'moved' }
  const told = follow(['/pages/poems?to=1'], { authorization: 'Bearer moved' })
  await vi.waitFor(() => expect(heard.get('moved')).toBeDefined())
  actors.moved = { ...actors.moved, grants: [] }
  heard.get('moved')?.()
  expect(await told).toEqual({ 0: ['0/1/of#poems 1'] })
  const second = await startServer(settings)
  const before = follow(['/pages/poems?to=1'], { authorization: 'Bearer sora' }, second)
  await vi.waitFor(() => expect(heard.get('sora')).toBeDefined())
  await second.close()
  expect(await before).toEqual({ 0: ['0/1/of#poems 1'] })
})

test('what is kept comes as a file, whole or visibly broken off, and refused before it begins', async () => {
  const whole = await ask('/print?to=5000')
  expect([whole.status, whole.headers.get('content-type'), whole.headers.get('content-disposition')]).toEqual([
    200,
    'text/plain',
    'attachment; filename="pages.txt"',
  ])
  expect(await whole.text()).toBe(`pages\n${Array.from({ length: 5000 }, (_, at) => `${at + 1}\n`).join('')}`)
  await expect(ask('/print?to=30000').then((answer) => answer.text())).rejects.toThrow()
  expect(logged.filter((line) => line.includes('out of paper'))).toHaveLength(1)
  expect((await ask('/print?to=1', { headers: { authorization: 'Bearer guest' } })).status).toBe(403)
  expect((await ask('/print?to=many')).status).toBe(400)
  const followed = await ask('/print?to=2', { headers: { accept: 'text/event-stream' } })
  expect(await followed.text()).toContain('id: 2\ndata: {"page":2}')
})

test('a server that does not answer is told with its address', async () => {
  const engine = remoteEngine(operations, { url: new URL('http://127.0.0.1:1'), token: 'x' }, () => engine)
  await expect(engine.call('book.find', { shelf: 'x' }, new AbortController().signal)).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'server.unreachable',
  })
})

test('one caller who asks too much is held up, with the time to wait, and nobody else is', async () => {
  actors.busy = { kind: 'machine', name: 'busy', grants: [{ role: 'viewer', product: '*', environment: '*' }], face: 'http' }
  const asked = await Promise.all(
    Array.from({ length: 600 }, () => ask('/books/poems', { headers: { authorization: 'Bearer busy' } })),
  )
  const held = asked.filter(({ status }) => status === 429)
  expect(held.length).toBeGreaterThan(50)
  expect(Number(held[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(held[0]?.headers.get('x-request-id')).toMatch(/^req_/)
  expect((await ask('/books/poems')).status).toBe(200)
})

test('callers whom nobody knows are told apart by the address that the proxy heard, not by what they claim', async () => {
  const knock = async (forwarded: string) =>
    (await fetch(`${server.url}/api/v1/lobby`, { headers: { 'x-forwarded-for': forwarded } })).status
  const many = await Promise.all(Array.from({ length: 600 }, (_, at) => knock(`10.0.0.${at % 250}, 192.0.2.7`)))
  expect(many).toContain(429)
  expect(await knock('192.0.2.7, 192.0.2.8')).toBe(200)
})

test('without a secret of GitHub there is no webhook', async () => {
  const answer = await fetch(`${server.url}/webhooks/github`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(404)
})
