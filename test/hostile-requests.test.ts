// The API as somebody who means harm sends to it: the real server with all operations and an empty database.
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { declared, openServerWork, type ServerWork } from '../src/app.ts'
import type { Actor } from '../src/core/actor.ts'
import { type HttpFields, httpFields } from '../src/core/http-fields.ts'
import type { Operation } from '../src/core/operation.ts'
import { type Server, startServer } from '../src/server/server.ts'

const ROUNDS = Number(process.env.HOSTILE_ROUNDS ?? 8)
/** Ten thousand take a minute. */
const LOGINS = Number(process.env.HOSTILE_LOGINS ?? 1_000)
const ANSWER_WITHIN_MS = 20_000
/** Long enough for whoever sends at all. */
const PATIENCE_MS = { headers: 500, request: 1_500 }

let folder: string
let work: ServerWork
let server: Server
const broken: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-hostile-'))
  // Whatever would go to AWS finds nobody.
  work = await openServerWork({
    ...process.env,
    DATABASE_URL: '',
    KIBAN_DATA: folder,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_MAX_ATTEMPTS: '1',
  })
  await work.firstInvitation()
  server = await serving()
}, 60_000)
afterAll(async () => {
  await server?.close()
  await work?.close()
  await rm(folder, { recursive: true, force: true })
})

const serving = (timeoutsMs?: { headers: number; request: number }): Promise<Server> =>
  startServer({
    ...work,
    slack: undefined,
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    timeoutsMs,
    identify: async ({ secret }) => actorOf(secret),
    log: (level, message, fields) => {
      if (level === 'error') broken.push(JSON.stringify({ message, ...fields }))
    },
  })

/** An administrator; of another name each time where the operation does not ask for the user, so that no limit holds it up. */
function actorOf(secret: string): Actor | undefined {
  const [, name] = /^administrator-(.+)$/.exec(secret) ?? []
  if (name === undefined) return undefined
  return { kind: 'user', name, grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'http', session: 'ses_none' }
}

const TEXTS = [
  ...[
    '',
    ' ',
    'x',
    '*',
    '?',
    '%',
    '%00',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\r\nset-cookie: a=1',
    '../../../etc/passwd',
    '__proto__',
    'constructor',
  ],
  ...[
    "' or 1=1 --",
    '$1',
    '{}',
    '[null]',
    '-1',
    '1e999',
    'NaN',
    '日本語😀',
    '\u202e',
    'a'.repeat(5_000),
    '2026-13-45T99:99:99Z',
    '-c core.x=y',
    '/dev/zero',
  ],
]
const NUMBERS = [0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308]
const anything = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.constantFrom<unknown>(...NUMBERS, null, true, [], {}, [null], [['x']], { __proto__: null, constructor: 'x' }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

interface Field {
  type?: string
  enum?: unknown[]
  items?: Field
}

/** What a field takes, often; anything else, as often. */
function valueFor(name: string, field: Field): fc.Arbitrary<unknown> {
  if (name === 'product') return fc.oneof(fc.constant('bookshop'), anything)
  if (field.enum) return fc.oneof(fc.constantFrom(...field.enum), anything)
  switch (field.type) {
    case 'array':
      return fc.oneof(fc.array(valueFor('', field.items ?? {}), { maxLength: 4 }), anything)
    case 'boolean':
      return fc.oneof(fc.boolean(), anything)
    case 'number':
    case 'integer':
      return fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(...NUMBERS), anything)
    default:
      return fc.oneof(fc.constantFrom('staging', 'viewer', 'main', '30m'), anything)
  }
}

const inputsFor = ({ schemas, required }: HttpFields): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(schemas).map(([name, field]) => [name, valueFor(name, field as Field)])), {
    requiredKeys: Object.keys(schemas).filter((name) => required.includes(name)),
  })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed()

let callers = 0
async function send(
  operation: Operation,
  input: Record<string, unknown>,
  token?: string,
): Promise<{ status: number; text: string }> {
  const { path, others } = httpFields(operation)
  const place = operation.http.path.replace(/\{(\w+)\}/g, (_, name) => {
    const text = textOf(input[name])
    return text === '%00' ? text : encodeURIComponent(text)
  })
  const url = new URL(`/api/v1${place}`, server.url)
  const rest = Object.entries(input).filter(([name]) => !path.includes(name))
  if (others === 'query') for (const [name, value] of rest) url.searchParams.append(name, textOf(value))
  const answer = await fetch(url, {
    method: operation.http.method,
    headers: {
      'content-type': 'application/json',
      ...(operation.kind === 'stream' ? { accept: 'text/event-stream' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: others === 'query' ? undefined : JSON.stringify(Object.fromEntries(rest)),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  if (!/event-stream/.test(answer.headers.get('content-type') ?? '')) return { status: answer.status, text: await answer.text() }
  await answer.body?.cancel()
  return { status: answer.status, text: '' }
}

const served = declared().filter(({ local }) => !local)

test.each(served.map((operation) => [operation.name, operation] as const))(
  '%s answers whatever it is given, and never breaks',
  async (_, operation) => {
    await fc.assert(
      fc.asyncProperty(inputsFor(httpFields(operation)), async (input) => {
        broken.length = 0
        const name = operation.permission === 'signed-in' ? 'admin' : `user-${callers++}`
        const { status, text } = await send(operation, input, `administrator-${name}`)
        expect({ status: status === 500 ? `500 ${broken.join()}` : status, text: status === 500 ? text : '' }).toEqual({
          status: expect.any(Number),
          text: '',
        })
        if (operation.permission !== 'public') expect((await send(operation, input)).status).toBeOneOf([401, 404, 429])
      }),
      { numRuns: ROUNDS, endOnFailure: true },
    )
  },
  120_000,
)

/** One request as bytes, so that nothing between refuses it first; all that comes back until the server closes. */
const bytes = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk
    })
    socket.once('close', () => resolve(heard))
    socket.once('error', reject)
  })
const request = (line: string, headers: string, body = '') =>
  bytes(`${line} HTTP/1.1\r\n${headers}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)

test('nothing of a request becomes a header or an address of the answer', async () => {
  const json = 'content-type: application/json\r\n'
  const device = await request(
    'POST /api/v1/login/device',
    `host: evil.example\r\nx-forwarded-host: evil.example\r\n${json}`,
    '{"name":"x"}',
  )
  expect(device).toContain(`${server.url}/device?code=`)
  expect(device).not.toContain('evil')
  const split = await request(
    'GET /api/v1/products/x%0d%0aset-cookie:%20a=1%0d%0a',
    'host: x\r\nauthorization: Bearer administrator-haru\r\n',
  )
  expect(split.split('\r\n\r\n')[0]).not.toContain('set-cookie')
  const back = await request('GET /auth/oidc/callback?code=%0d%0aset-cookie:%20a=1&state=//evil.example', 'host: x\r\n')
  expect(back).toMatch(/^location: \/login\?refused=[a-z.-]+\r$/m)
  expect(await request('GET /api/v1/whoami', 'host: x\r\nauthorization: Bearer a\nx: y\r\n')).toMatch(/^HTTP\/1.1 4/)
})

test('two requests in one, by lengths that differ, are no request', async () => {
  const smuggled = await bytes(
    'POST /api/v1/login/device HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\nGET /api/v1/whoami HTTP/1.1\r\n\r\n',
  )
  expect(smuggled).toMatch(/^HTTP\/1.1 400/)
})

test('a body without end is refused when it grows too large, without reading on', async () => {
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)) })
  const answer = await fetch(`${server.url}/api/v1/login/device`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit).then(
    ({ status }) => status,
    () => 'closed',
  )
  expect(answer).toBeOneOf([413, 'closed'])
})

test('a body that is nested too deeply is no input', async () => {
  const nested = `{"name":"x","more":${'['.repeat(400_000)}${']'.repeat(400_000)}}`
  const answer = await fetch(`${server.url}/api/v1/login/device`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: nested,
  })
  expect(answer.status).toBe(400)
})

test('whoever sends slowly holds up nobody, and is shown out', async () => {
  const impatient = await serving(PATIENCE_MS)
  const starts = [
    'POST /api/v1/login/device HTTP/1.1\r\nhost: x\r\nx-a: ',
    'POST /api/v1/login/device HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"name":"',
  ]
  const sockets: Socket[] = []
  const ends = Array.from({ length: 100 }, (_, number) => {
    const socket = connect(impatient.port, '127.0.0.1', () => socket.write(starts[number % 2] ?? ''))
    sockets.push(socket)
    socket.on('error', () => {})
    socket.resume()
    return new Promise<void>((resolve) => socket.once('close', () => resolve()))
  })
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a')
  }, 100)
  try {
    expect((await fetch(`${impatient.url}/healthz`)).status).toBe(200)
    await Promise.all(ends)
  } finally {
    clearInterval(drip)
    await impatient.close()
  }
}, 60_000)

test(`${LOGINS} wrong passwords are held up, one name after another as well, and nobody else is`, async () => {
  const count = { 401: 0, 429: 0 }
  const attempt = async (number: number) => {
    const answer = await fetch(`${server.url}/api/v1/login/password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: number % 2 === 0 ? 'admin' : `name-${number % 50}`, password: 'Wrong-1234', code: '123456' }),
    })
    await answer.arrayBuffer()
    count[answer.status as 401]++
  }
  for (let done = 0; done < LOGINS; done += 100)
    await Promise.all(Array.from({ length: 100 }, (_, number) => attempt(done + number)))
  expect(count[401] + count[429]).toBe(LOGINS)
  // Each name has a few tries before it waits: admin, and 25 others.
  expect(count[401]).toBeLessThan(26 * 15)
  const other = await fetch(`${server.url}/api/v1/whoami`, { headers: { authorization: 'Bearer administrator-sora' } })
  expect(other.status).toBe(200)
}, 120_000)
