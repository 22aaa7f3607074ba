// The items of a stream as a file: written no faster than it is read, and whole or visibly broken off.
import type { ItemFile } from '../core/operation.ts'

/** Bytes that are gathered before they are sent. */
const CHUNK = 16_384

/**
 * Answers with a file of all items. Throws what the first one throws. `left` is called once nobody reads any more, and
 * `broken` with what went wrong on the way: it breaks the connection, for whoever reads must not take a part for the whole.
 */
export async function fileAnswer(
  { name, type, head, line }: ItemFile,
  first: Promise<IteratorResult<unknown>>,
  rest: AsyncIterator<unknown>,
  { left, broken }: { left: () => void; broken: (error: unknown) => void },
): Promise<Response> {
  let next = await first.catch((error) => {
    left()
    throw error
  })
  let text = head
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        for (; !next.done && text.length < CHUNK; next = await rest.next()) text += line(next.value)
      } catch (error) {
        broken(error)
        left()
        controller.error(new Error('The file is not whole'))
        return
      }
      controller.enqueue(encoder.encode(text))
      text = ''
      if (!next.done) return
      left()
      controller.close()
    },
    async cancel() {
      left()
      await rest.return?.()
    },
  })
  return new Response(body, {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'private, no-store',
    },
  })
}
