// The shop's pages, made on the server.
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { bodyOf, HttpError, serve } from '../shared/serve.ts'
import { ask } from './api.ts'
import { bookPage, orderPage, problemPage, shelfPage } from './pages.ts'

serve(
  'web',
  async (request, response, url) => {
    if (url.pathname === '/healthz') return page(response, 200, 'ok')
    const [, kind, id] = /^\/(books|orders)\/(\d{1,15})$/.exec(url.pathname) ?? []
    if (request.method === 'GET' && url.pathname === '/') return page(response, 200, shelfPage((await ask('/api/books')).books))
    if (request.method === 'GET' && kind === 'books')
      return page(response, 200, bookPage(await ask(`/api/books/${id}`), randomUUID()))
    if (request.method === 'GET' && kind === 'orders') return page(response, 200, orderPage(await ask(`/api/orders/${id}`)))
    if (request.method === 'POST' && url.pathname === '/orders') {
      const form = new URLSearchParams(await bodyOf(request))
      const order = await ask('/api/orders', {
        token: form.get('token'),
        book: Number(form.get('book')),
        quantity: Number(form.get('quantity')),
      })
      response.writeHead(303, { Location: `/orders/${order.id}`, 'Content-Length': 0 }).end()
      return
    }
    throw new HttpError(404, 'This page is not on our shelves.')
  },
  (error, response) => page(response, error.status, problemPage(error.status, error.message)),
)

function page(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': Buffer.byteLength(html),
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
      'X-Content-Type-Options': 'nosniff',
    })
    .end(html)
}
