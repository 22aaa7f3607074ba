// Streams as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
import { setImmediate as turn } from 'node:timers/promises'
import type { StreamOperation } from '../core/operation.ts'

/** Below the idle time-out of load balancers (60 s on an ALB). */
const HEARTBEAT_MS = 15_000
/** Clients wait this long before they come back, each a little different, so that they do not all come at once. */
const RETRY_MS = { least: 500, spread: 1_500 }

/** Items that are there already travel together, up to so many characters: a busy log is thousands of small ones. */
const MOST_AT_ONCE = 64 * 1024

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx and others keep back what is not marked so.
  'x-accel-buffering': 'no',
}

/**
 * Answers with the items of a stream, each with its position as id; `begun` comes first where there is a position
 * before any item, `end` is the last event, `problem` one that ended it early. Where `problem` has nothing to say, the stream
 * breaks off, and its reader comes back. `left` is called once nobody listens any more.
 */
export function eventStream(
  operation: StreamOperation,
  items: AsyncIterable<unknown>,
  { begun, problem, left }: { begun?: string; problem: (error: unknown) => object | undefined; left: () => void },
): Response {
  const told = async function* () {
    if (begun !== undefined) yield message({ event: 'begun', id: begun, data: '{}' })
    try {
      for await (const item of items) yield message({ id: operation.position?.(item as never), data: JSON.stringify(item) })
      yield message({ event: 'end', data: '{}' })
    } catch (error) {
      const said = problem(error)
      if (said) yield message({ event: 'problem', data: JSON.stringify(said) })
    }
  }
  return sentEvents(told(), left)
}

/** Messages as they come, and a sign of life while there are none. */
export function sentEvents(messages: AsyncIterable<string>, left: () => void): Response {
  const encoder = new TextEncoder()
  const iterator = messages[Symbol.asyncIterator]()
  let heartbeat: NodeJS.Timeout | undefined
  const end = () => {
    clearInterval(heartbeat)
    left()
  }
  let next = iterator.next()
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const retry = Math.round(RETRY_MS.least + Math.random() * RETRY_MS.spread)
        controller.enqueue(encoder.encode(`retry: ${retry}\n\n`))
        heartbeat = setInterval(() => controller.enqueue(encoder.encode(': \n\n')), HEARTBEAT_MS)
      },
      async pull(controller) {
        let text = ''
        let message = await next
        for (; !message.done; message = await next) {
          text += message.value
          next = iterator.next()
          if (!(await isThere(next)) || text.length > MOST_AT_ONCE) break
        }
        if (text !== '') controller.enqueue(encoder.encode(text))
        if (!message.done) return
        end()
        controller.close()
      },
      async cancel() {
        end()
        await iterator.return?.()
      },
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: HEADERS })
}

/** Whether a promise is settled as soon as all that waits for nothing is done; it is not waited for. */
const isThere = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    turn(false),
  ])

/** One message; JSON has no raw line breaks, so that one `data` line holds any item. */
export const message = ({ event, id, data }: { event?: string; id?: string; data: string }): string =>
  `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`
