import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type ClientRequest, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort, listening, type Program, start, until } from './processes-for-tests.ts'
import { openDatabase } from './store/database.ts'
import { takeOrder } from './store/orders.ts'

const here = import.meta.dirname

let folder: string
let env: Record<string, string>
let programs: Program[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bookshop-'))
  env = { DATABASE_URL: pathToFileURL(join(folder, 'data', 'shop.sqlite')).href }
  programs = []
  expect(await (await run('store/migrate.ts')).exit).toBe(0)
})

afterEach(async () => {
  for (const program of programs) program.process.kill('SIGKILL')
  await Promise.all(programs.map((program) => program.exit))
  rmSync(folder, { recursive: true, force: true })
})

async function run(file: string, extra: Record<string, string> = {}): Promise<Program> {
  const program = await start(here, file, { ...env, ...extra })
  programs.push(program)
  return program
}

const api = async () => listening(await run('api/server.ts'))

async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('the migration', () => {
  test('runs each file once, also when several run at once', async () => {
    const again = await Promise.all([run('store/migrate.ts'), run('store/migrate.ts'), run('store/migrate.ts')])
    expect(await Promise.all(again.map(({ exit }) => exit))).toEqual([0, 0, 0])
    expect(again.flatMap((program) => program.logged('migrated'))).toEqual([])
  })
})

describe('the API', () => {
  test('lists books and tells what it does not know', async () => {
    const { url } = await api()
    const { books } = (await (await fetch(`${url}/api/books`)).json()) as { books: object[] }
    expect(books).toHaveLength(8)
    expect(books[0]).toMatchObject({ id: 1, title: 'The Lighthouse at Inubo', price: 1760 })
    expect((await fetch(`${url}/api/books/99`)).status).toBe(404)
    expect((await fetch(`${url}/api/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/api/books`, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('places an order once for one token, whichever of its tasks is asked', async () => {
    const [one, other] = await Promise.all([api(), api()])
    const wanted = { token: 'token-0001', book: 3, quantity: 2 }
    const answers = await Promise.all([one, other, one, other].map(({ url }) => post(`${url}/api/orders`, wanted)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.total}`))).toEqual(new Set(['201 1 2640']))
  })

  test.each([
    ['no JSON', '{', 400],
    ['no token', { book: 1, quantity: 1 }, 400],
    ['too many copies', { token: 'token-0001', book: 1, quantity: 11 }, 400],
    ['a book that is not there', { token: 'token-0001', book: 77, quantity: 1 }, 404],
    ['more than an order can be', { token: 'x'.repeat(100_000), book: 1, quantity: 1 }, 413],
  ])('refuses an order with %s', async (_, body, status) => {
    const { url } = await api()
    const response = await fetch(`${url}/api/orders`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    expect(response.status).toBe(status)
  })

  test('takes writes from two tasks at once without losing one', async () => {
    const tasks = await Promise.all([api(), api()])
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        post(`${tasks[index % 2]?.url}/api/orders`, { token: `many-${1000 + index}`, book: 1, quantity: 1 }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(60)
  })
})

describe('the worker', () => {
  test('ships every order once, however many workers there are', async () => {
    const { url } = await api()
    for (let index = 0; index < 6; index++)
      await post(`${url}/api/orders`, { token: `order-${1000 + index}`, book: 1, quantity: 1 })
    const workers = await Promise.all([run('worker/worker.ts'), run('worker/worker.ts')])
    await until(
      () => workers.flatMap((worker) => worker.logged('shipped')).length === 6,
      () => workers.map((worker) => worker.output()).join('\n'),
    )
    const shipped = workers.flatMap((worker) => worker.logged('shipped').map(({ order }) => order))
    expect(shipped.sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect(await (await fetch(`${url}/api/orders/6`)).json()).toMatchObject({ status: 'shipped' })
  })

  test('takes over an order whose worker died half a minute ago', async () => {
    const { url } = await api()
    await post(`${url}/api/orders`, { token: 'token-0001', book: 1, quantity: 1 })
    const database = openDatabase(env.DATABASE_URL)
    expect(takeOrder(database, Date.now() - 31_000)).toBe(1)
    database.close()
    const worker = await run('worker/worker.ts')
    await until(() => worker.logged('shipped').length === 1, worker.output)
  })

  test('finishes the order in hand on SIGTERM and ends with 0', async () => {
    const { url } = await api()
    await post(`${url}/api/orders`, { token: 'token-0001', book: 1, quantity: 1 })
    const worker = await run('worker/worker.ts')
    await until(
      async () => ((await (await fetch(`${url}/api/orders/1`)).json()) as { status: string }).status === 'packing',
      worker.output,
    )
    worker.process.kill('SIGTERM')
    expect(await worker.exit).toBe(0)
    expect(await (await fetch(`${url}/api/orders/1`)).json()).toMatchObject({ status: 'shipped' })
  })
})

test('the report sums up the last day in one log line', async () => {
  const { url } = await api()
  await post(`${url}/api/orders`, { token: 'token-0001', book: 3, quantity: 2 })
  await post(`${url}/api/orders`, { token: 'token-0002', book: 1, quantity: 1 })
  const report = await run('store/report.ts')
  expect(await report.exit).toBe(0)
  expect(report.logged('sales of the last day')).toEqual([
    expect.objectContaining({
      level: 'info',
      yen: 4400,
      books: [
        { title: 'Letters to a Slow Train', copies: 2, yen: 2640 },
        { title: 'The Lighthouse at Inubo', copies: 1, yen: 1760 },
      ],
    }),
  ])
})

describe('the pages', () => {
  test('lead from the shelf to an order that is shipped', async () => {
    const { url } = await api()
    const web = await listening(await run('web/server.ts', { API_URL: url }))
    const shelf = await (await fetch(web.url)).text()
    expect(shelf.match(/class="card"/g)).toHaveLength(8)
    expect(shelf).toContain('The Cartographer&#39;s Cat')
    const page = await (await fetch(`${web.url}/books/2`)).text()
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const form = new URLSearchParams({ token, book: '2', quantity: '3' })
    const placed = await Promise.all(
      [1, 2].map(() => fetch(`${web.url}/orders`, { method: 'POST', body: form, redirect: 'manual' })),
    )
    expect(placed.map((response) => [response.status, response.headers.get('location')])).toEqual([
      [303, '/orders/1'],
      [303, '/orders/1'],
    ])
    await run('worker/worker.ts')
    await until(
      async () => (await (await fetch(`${web.url}/orders/1`)).text()).includes('<li class="done" aria-current="step">shipped'),
      web.output,
    )
  })

  test('say so when the API is away, and stay healthy themselves', async () => {
    const web = await listening(await run('web/server.ts', { API_URL: `http://127.0.0.1:${await freePort()}` }))
    const response = await fetch(web.url)
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('closed for a moment')])
    expect((await fetch(`${web.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${web.url}/nowhere`)).status).toBe(404)
  })
})

describe('SIGTERM', () => {
  test('loses no request under load: each that was accepted is answered, then the task ends with 0', async () => {
    const task = await api()
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    const outcomes: Record<string, number> = {}
    let going = true
    const client = async () => {
      while (going) {
        const outcome = await get(`${task.url}/api/books`, agent)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        if (outcome === 'ECONNREFUSED') return
      }
    }
    const clients = Array.from({ length: 20 }, client)
    await until(() => (outcomes['200'] ?? 0) > 200, task.output)
    task.process.kill('SIGTERM')
    await Promise.all(clients)
    going = false
    agent.destroy()
    expect(await task.exit).toBe(0)
    const { 200: good, ECONNREFUSED: refused, ...lost } = outcomes
    expect(lost).toEqual({})
    expect(refused).toBeGreaterThan(0)
    expect(good).toBeGreaterThan(200)
  })

  test('lets a request that is half sent finish, and closes its connection', async () => {
    const task = await api()
    const body = JSON.stringify({ token: 'token-0001', book: 1, quantity: 1 })
    const { sending, answer } = posting(`${task.url}/api/orders`, body.length)
    sending.write(body.slice(0, 10))
    await wait(200)
    task.process.kill('SIGTERM')
    await until(() => task.logged('stopping').length > 0, task.output)
    expect(await get(`${task.url}/healthz`, undefined)).toBe('ECONNREFUSED')
    await wait(1_500)
    sending.end(body.slice(10))
    expect((await answer).status).toBe(201)
    expect(await task.exit).toBe(0)
  })

  test('lets an idle connection bring one more request, whose answer closes it', async () => {
    const task = await api()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await get(`${task.url}/healthz`, agent)).toBe('200')
    task.process.kill('SIGTERM')
    await until(() => task.logged('stopping').length > 0, task.output)
    expect(await get(`${task.url}/healthz`, agent)).toBe('200 close')
    expect(await task.exit).toBe(0)
    agent.destroy()
  })

  test('ends a task at once that has nothing to do', async () => {
    const web = await listening(await run('web/server.ts', { API_URL: 'http://127.0.0.1:1' }))
    const sent = Date.now()
    web.process.kill('SIGTERM')
    expect(await web.exit).toBe(0)
    expect(Date.now() - sent).toBeLessThan(2_000)
  })
})

/** The status, with ` close` when the connection is to be closed, or the code of the error. */
function get(url: string, agent: Agent | undefined): Promise<string> {
  return new Promise((resolve) => {
    request(url, { agent }, (response) => {
      response.resume()
      response.on('end', () =>
        resolve(`${response.statusCode}${agent?.maxSockets === 1 && response.headers.connection === 'close' ? ' close' : ''}`),
      )
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      .end()
  })
}

function posting(url: string, length: number): { sending: ClientRequest; answer: Promise<{ status: number | undefined }> } {
  const sending = request(url, { method: 'POST', headers: { 'Content-Length': length } })
  const answer = new Promise<{ status: number | undefined }>((resolve, reject) => {
    sending.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode })
    })
    sending.on('error', reject)
  })
  return { sending, answer }
}
