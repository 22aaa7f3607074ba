// What a server answers, how quickly an event is on every screen, and what it holds; beside a bare route of Hono.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { appendEvent } from '../src/database/events.ts'
import { type HttpRequest, hammer } from './measuring/hammer.ts'
import { alternate, benchFlags, type Cell, machine, ratioOf, report, summary, type Table } from './measuring/measure.ts'
import { openStreams } from './measuring/open-streams.ts'
import { residentMiB } from './measuring/sandbox-in-child.ts'
import { type ServerStage, serverStage } from './measuring/server-stage.ts'

const flags = benchFlags(`bench/server.ts
Measures servers on one PostgreSQL that keeps what it commits: reads and a write a second with their times, with one, two
and four processes; from an event to the bytes at each of a thousand readers of the timeline; memory. Beside a bare route of
Hono in a process of its own. Needs a PostgreSQL server on this machine (PG_BIN). Takes about five minutes.`)

const PROCESSES = [1, 2, 4]
const CONNECTIONS = 16
const ROUNDS = flags.quick ? 1 : 3
const MS = flags.quick ? 300 : 1_500
const STREAMS = flags.quick ? 40 : 1_000
const EVENTS = flags.quick ? 3 : 20
const PAST = flags.quick ? { deployments: 50, events: 200, tokens: 400 } : { deployments: 1_000, events: 20_000, tokens: 1_000 }

const calls: Record<string, Pick<HttpRequest, 'method' | 'body'> & { path: string }> = {
  'who am I': { method: 'GET', path: '/whoami' },
  products: { method: 'GET', path: '/products' },
  status: { method: 'GET', path: '/products/bookshop/status' },
  deployments: { method: 'GET', path: '/products/bookshop/deployments?limit=20' },
  timeline: { method: 'GET', path: '/timeline?limit=50' },
  'write of an event': {
    method: 'POST',
    path: '/freezes',
    body: JSON.stringify({
      product: 'toyshop',
      env: 'staging',
      reason: 'A bench',
      until: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  },
}

/** Whose turn it is, among callers and servers. */
let turn = 0
const on = machine()
const stage = await serverStage(Math.max(...PROCESSES), PAST)
try {
  const tables = [await memory(stage), ...(await answers(stage)), await events(stage)]
  report('server', tables, on, flags)
} finally {
  await stage.close()
}

async function memory({ server, bare }: ServerStage): Promise<Table> {
  const rows: Cell[][] = [['a bare Hono', residentMiB(bare.pid)]]
  for (const role of ['api', 'worker', 'all'] as const) {
    const one = await server(role)
    rows.push([`kiban server --role ${role}`, residentMiB(one.pid)])
    await one.close()
  }
  return { title: 'Memory at rest', columns: ['process', 'resident MiB'], rows }
}

interface Run {
  perSecond: number
  latency: RecordableHistogram
}

async function answers(stage: ServerStage): Promise<Table[]> {
  const tables: Table[] = []
  for (const [name, call] of Object.entries(calls)) {
    const one = kibanRequests(stage, call, 1)
    const { body, bytes } = await sample(one())
    const subjects: Record<string, () => Promise<Run>> = {
      'bare Hono': () => run(() => bareRequest(stage, call, bytes)),
      ...Object.fromEntries(PROCESSES.map((count) => [String(count), () => run(kibanRequests(stage, call, count))])),
    }
    await alternate(subjects, 1)
    const samples = await alternate(subjects, ROUNDS)
    const bare = samples['bare Hono'] ?? []
    tables.push({
      title: `${name}: \`${call.method} ${call.path}\`, ${body ? bytes : 0} bytes`,
      columns: ['processes', 'per s', 'min', 'max', 'n', 'ratio to bare', 'p50 ms', 'p99 ms'],
      rows: Object.entries(samples).map(([subject, runs]) => {
        const { median, min, max, n } = summary(runs.map(({ perSecond }) => perSecond))
        const all = merged(runs.map(({ latency }) => latency))
        const ratio = ratioOf(
          runs.map(({ perSecond }) => perSecond),
          bare.map(({ perSecond }) => perSecond),
        )
        return [subject, median, min, max, n, ratio, all.percentile(50) / 1000, all.percentile(99) / 1000]
      }),
    })
  }
  return tables
}

function kibanRequests({ servers, tokens }: ServerStage, { method, path, body }: (typeof calls)[string], count: number) {
  const urls = servers.slice(0, count).map(({ url }) => new URL(`/api/v1${path}`, url))
  return (): HttpRequest => {
    turn++
    const headers: Record<string, string> = { authorization: `Bearer ${tokens[turn % tokens.length]}` }
    if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(body.length) })
    return { url: urls[turn % count] as URL, method, headers, body }
  }
}

function bareRequest({ bare }: ServerStage, { method, body }: (typeof calls)[string], bytes: number): HttpRequest {
  const headers: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }
  return { url: new URL(method === 'GET' ? `/bytes/${bytes}` : '/', bare.url), method, headers, body }
}

async function sample({ url, method, headers, body }: HttpRequest): Promise<{ body: string; bytes: number }> {
  const text = await (await fetch(url, { method, headers, body })).text()
  return { body: text, bytes: Buffer.byteLength(text) }
}

async function run(next: () => HttpRequest): Promise<Run> {
  const { answered, seconds, latency } = await hammer(next, { ms: MS, connections: CONNECTIONS })
  return { perSecond: answered / seconds, latency }
}

function merged(histograms: readonly RecordableHistogram[]): RecordableHistogram {
  const all = createHistogram()
  for (const one of histograms) all.add(one)
  return all
}

async function events(stage: ServerStage): Promise<Table> {
  const { bare, servers, tokens, database } = stage
  const rows: Cell[][] = []
  const said = `id: 1\ndata: ${JSON.stringify({ text: 'x'.repeat(500) })}\n\n`
  const write = () =>
    database.transaction(async (tx) =>
      appendEvent(tx, {
        type: 'freeze.started',
        at: Date.now(),
        product: 'bookshop',
        environment: 'staging',
        actor: 'sora',
        face: 'http',
        subject: 'freeze/frz_1',
        data: { reason: 'A bench' },
      }),
    )
  const subjects: [string, URL[], readonly { pid: number }[], () => Promise<unknown>][] = [
    ['bare Hono', [new URL('/events', bare.url)], [bare], () => fetch(`${bare.url}/events`, { method: 'POST', body: said })],
    ...PROCESSES.map((count): (typeof subjects)[number] => {
      const these = servers.slice(0, count)
      return [String(count), these.map(({ url }) => new URL('/api/v1/timeline/events', url)), these, write]
    }),
  ]
  for (const [name, urls, processes, send] of subjects) {
    const readers = await openStreams(urls, STREAMS, (number) => ({ authorization: `Bearer ${tokens[number % tokens.length]}` }))
    await readers.heard(send)
    const heard: RecordableHistogram[] = []
    for (let event = 0; event < EVENTS; event++) heard.push(await readers.heard(send))
    const all = merged(heard)
    const resident = summary(processes.map(({ pid }) => residentMiB(pid))).median
    rows.push([name, STREAMS, EVENTS, all.percentile(50) / 1000, all.percentile(99) / 1000, all.max / 1000, resident])
    readers.close()
  }
  return {
    title: 'From an event to the bytes at every reader of the timeline',
    columns: ['processes', 'readers', 'events', 'p50 ms', 'p99 ms', 'last, ms', 'resident MiB each'],
    rows,
    notes: ['The time begins before the transaction that writes the event, and ends in the process that reads all streams.'],
  }
}
