// The limit of what a server could do here: routes of Hono with nothing behind them. Ends when its standard input does.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const encoder = new TextEncoder()
const readers = new Set<ReadableStreamDefaultController<Uint8Array>>()
const texts = new Map<number, string>()
const app = new Hono()

/** JSON of so many bytes. */
app.get('/bytes/:count', (c) => c.body(textOf(Number(c.req.param('count'))), 200, { 'content-type': 'application/json' }))
app.post('/', async (c) => c.json(await c.req.json()))
app.get('/events', () => {
  let reader: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      reader = controller
      readers.add(reader)
    },
    cancel: () => void readers.delete(reader),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
})
/** Says what it is given to every reader. */
app.post('/events', async (c) => {
  const bytes = encoder.encode(await c.req.text())
  for (const reader of readers) reader.enqueue(bytes)
  return c.json({})
})

const textOf = (count: number): string => {
  const text = texts.get(count) ?? JSON.stringify({ text: 'x'.repeat(Math.max(0, count - 11)) })
  texts.set(count, text)
  return text
}

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`),
)
process.stdin.on('end', () => process.exit(0)).resume()
