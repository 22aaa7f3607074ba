// The shop's API: JSON over HTTP.
import type { ServerResponse } from 'node:http'
import { release } from '../shared/release.ts'
import { bodyOf, HttpError, serve } from '../shared/serve.ts'
import { book, books } from '../store/books.ts'
import { openDatabase } from '../store/database.ts'
import { order, placeOrder } from '../store/orders.ts'

const MAX_COPIES = 10

const database = openDatabase()

serve(
  'api',
  async (request, response, url) => {
    const [, kind, id] = /^\/api\/(books|orders)(?:\/(\d{1,15}))?$/.exec(url.pathname) ?? []
    if (url.pathname === '/healthz') {
      database.prepare('SELECT 1 FROM books').get()
      return answer(response, 200, { status: 'ok', release })
    }
    if (kind === 'books' && request.method === 'GET') {
      if (id === undefined) return answer(response, 200, { books: books(database) })
      return answer(response, 200, found(book(database, Number(id)), 'book'))
    }
    if (kind === 'orders' && request.method === 'GET' && id !== undefined) {
      return answer(response, 200, found(order(database, Number(id)), 'order'))
    }
    if (kind === 'orders' && request.method === 'POST' && id === undefined) {
      const wanted = wantedOrder(await bodyOf(request))
      return answer(response, 201, found(placeOrder(database, wanted.token, wanted.book, wanted.quantity), 'book'))
    }
    throw kind ? new HttpError(405, 'Not that way') : new HttpError(404, 'There is nothing here')
  },
  (error, response) => answer(response, error.status, { error: error.message }),
)

function wantedOrder(body: string): { token: string; book: number; quantity: number } {
  let wanted: unknown
  try {
    wanted = JSON.parse(body)
  } catch {
    throw new HttpError(400, 'The body is not JSON')
  }
  const { token, book, quantity } = (wanted ?? {}) as Record<string, unknown>
  if (typeof token !== 'string' || !/^[\w-]{8,64}$/.test(token)) throw new HttpError(400, 'token: 8 to 64 letters and digits')
  if (!Number.isInteger(book)) throw new HttpError(400, 'book: the id of a book')
  if (!Number.isInteger(quantity) || Number(quantity) < 1 || Number(quantity) > MAX_COPIES) {
    throw new HttpError(400, `quantity: 1 to ${MAX_COPIES}`)
  }
  return { token, book: Number(book), quantity: Number(quantity) }
}

function found<Thing>(thing: Thing | undefined, what: string): Thing {
  if (thing === undefined) throw new HttpError(404, `There is no such ${what}`)
  return thing
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text)
}
