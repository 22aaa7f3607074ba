/**
 * Customers of the bookshop: some who read, order and look at their order, one thing after the other, and some who come
 * at a fixed rate whether or not the ones before them have been served. Half of them keep their connection, half open
 * a new one for every request. Nothing is tried twice, so each failure that a customer would see is counted.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, type Connection, keptConnections } from './request.ts'
import { type Summary, Tally } from './tally.ts'

export interface LoadOptions {
  /** Customers who go through the whole shop. */
  shoppers?: number
  /** How long they look at a page. */
  readMs?: number
  /** Requests per second of those who come at a fixed rate. */
  perSecond?: number
}

export interface Load {
  /** What became of the requests since the last lap. */
  lap(): Summary
  /** The same since the beginning. */
  total(): Summary
  /** Ends when every request under way has been answered; gives the last total. */
  stop(): Promise<Summary>
}

/** Sends load to the shop until it is stopped; `url` is its load balancer. */
export function startLoad(url: string, { shoppers = 4, readMs = 250, perSecond = 20 }: LoadOptions = {}): Load {
  const total = new Tally()
  let lap = new Tally()
  const stopped = new AbortController()
  const client = new Client(url, { answered: (ms) => lap.answered(ms), failed: (failure, ms) => lap.failed(failure, ms) })
  const shopping = Array.from({ length: shoppers }, (_, index) => shop(client, index % 2 === 0, readMs, stopped.signal))
  const passing = passBy(client, perSecond, stopped.signal)
  const endLap = () => {
    const done = lap
    lap = new Tally()
    total.add(done)
    return done.summary()
  }
  return {
    lap: endLap,
    total: () => Tally.sum(total, lap).summary(),
    async stop() {
      stopped.abort()
      await Promise.all([...shopping, passing])
      endLap()
      return total.summary()
    },
  }
}

/** Goes through the shop again and again. */
async function shop(client: Client, keeps: boolean, readMs: number, stopped: AbortSignal): Promise<void> {
  const connection: Connection = keeps ? keptConnections() : 'fresh'
  const read = () => wait(readMs * (0.5 + Math.random()), undefined, { signal: stopped }).catch(() => {})
  let visit = 0
  while (!stopped.aborted) {
    const book = (visit++ % 8) + 1
    await client.ask(connection, { path: '/' })
    await read()
    if (stopped.aborted) break
    const page = await client.ask(connection, { path: `/books/${book}` })
    const token = /name="token" value="([^"]+)"/.exec(page?.body ?? '')?.[1]
    await read()
    if (stopped.aborted || token === undefined) continue
    const form = new URLSearchParams({ token, book: String(book), quantity: '1' })
    const ordered = await client.ask(connection, { method: 'POST', path: '/orders', body: form })
    if (ordered?.location !== undefined) await client.ask(connection, { path: ordered.location })
    await read()
  }
  if (connection !== 'fresh') connection.destroy()
}

/** Starts a request at each beat, however long the ones before it take. */
async function passBy(client: Client, perSecond: number, stopped: AbortSignal): Promise<void> {
  const kept = keptConnections()
  const underWay = new Set<Promise<unknown>>()
  const begun = performance.now()
  for (let beat = 0; !stopped.aborted; beat++) {
    const due = begun + (beat * 1000) / perSecond
    const early = due - performance.now()
    if (early > 0) await wait(early, undefined, { signal: stopped }).catch(() => {})
    if (stopped.aborted) break
    const asked = client.ask(beat % 2 === 0 ? 'fresh' : kept, { ...errand(beat), due })
    underWay.add(asked)
    void asked.finally(() => underWay.delete(asked))
  }
  await Promise.all(underWay)
  kept.destroy()
}

function errand(beat: number): { method?: 'POST'; path: string; body?: object } {
  const book = (beat % 8) + 1
  switch (beat % 10) {
    case 0:
      return { method: 'POST', path: '/api/orders', body: { token: randomUUID(), book, quantity: 1 } }
    case 1:
    case 2:
    case 3:
      return { path: '/' }
    case 4:
    case 5:
      return { path: `/books/${book}` }
    case 6:
    case 7:
      return { path: '/api/books' }
    default:
      return { path: `/api/books/${book}` }
  }
}
