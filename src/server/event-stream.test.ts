import { expect, test } from 'vitest'
import { z } from 'zod'
import { type StreamOperation, stream } from '../core/operation.ts'
import { eventStream } from './event-stream.ts'

const operation = stream({
  name: 'page.turn',
  summary: { en: 'Turn pages', ja: 'ページをめくる' },
  http: { method: 'GET', path: '/pages' },
  permission: 'read',
  place: () => ({ product: 'shop', environment: '*' }),
  risk: 0,
  input: z.object({}),
  item: z.object({ page: z.number() }),
  async *run() {},
  position: ({ page }) => String(page),
  show: () => ({}),
}) as StreamOperation

/** What arrives, each piece as it was sent. */
async function* pieces(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  const body = eventStream(operation, items, { problem: (error) => ({ detail: String(error) }), left: () => {} }).body
  for await (const bytes of body ?? []) yield new TextDecoder().decode(bytes)
}

test('items that are there travel together, in their order', async () => {
  const count = 10_000
  async function* pages() {
    for (let page = 1; page <= count; page++) yield { page }
  }
  const sent = await Array.fromAsync(pieces(pages()))
  const ids = [...sent.join('').matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  expect(ids).toEqual(Array.from({ length: count }, (_, at) => at + 1))
  expect(sent.length).toBeLessThan(count / 100)
  expect(sent.at(-1)).toMatch(/event: end\ndata: \{\}\n\n$/)
})

test('an item does not wait for the next one', async () => {
  const { promise: turned, resolve: turn } = Promise.withResolvers<void>()
  async function* pages() {
    yield { page: 1 }
    await turned
    yield { page: 2 }
  }
  const sent = pieces(pages())
  expect((await sent.next()).value).toMatch(/^retry: \d+\n\n$/)
  expect((await sent.next()).value).toBe('id: 1\ndata: {"page":1}\n\n')
  turn()
  expect((await sent.next()).value).toBe('id: 2\ndata: {"page":2}\n\nevent: end\ndata: {}\n\n')
})

test('what was there before something broke is sent before the problem', async () => {
  async function* pages() {
    yield { page: 1 }
    throw new Error('torn')
  }
  const sent = await Array.fromAsync(pieces(pages()))
  expect(sent.slice(1)).toEqual(['id: 1\ndata: {"page":1}\n\nevent: problem\ndata: {"detail":"Error: torn"}\n\n'])
})
