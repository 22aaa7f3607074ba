import { expect, test } from 'vitest'
import { messagesOf } from './sent-events.ts'

const body = (parts: string[], end = true) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      if (end) controller.close()
    },
  })

test('messages are put together from whatever pieces they come in, and signs of life are none', async () => {
  const pieces = ['retry: 5\n\n', ': \n\nid: 1', '\ndata: {"a"', ':1}\n', '\nevent: end\r\ndata: {}\r\n\r\nid: 2\ndata: half']
  expect(await Array.fromAsync(messagesOf(body(pieces), 1_000))).toEqual([
    { event: undefined, id: '1', data: '{"a":1}' },
    { event: 'end', id: undefined, data: '{}' },
  ])
})

test('a stream in which nothing at all comes has broken off', async () => {
  await expect(Array.fromAsync(messagesOf(body([], false), 20))).rejects.toThrow('Nothing was heard for 20 ms')
})
