// Several streams over one connection. A page follows several things at once, and a browser opens no more than six
// connections to a host over HTTP/1.1, for all of its tabs together.
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { message, sentEvents } from './event-stream.ts'

/** More than any page follows. */
export const MOST_STREAMS = 16

/**
 * Follows each of `wanted`: the address of a stream, and behind a `#` the position after which it goes on. Messages are
 * those of the streams, with `<place in the list>/<position>` as id. When one of them breaks off, all do, and the reader
 * comes back for them. `left` is called once nobody listens any more.
 */
export function combinedStream(
  wanted: readonly string[],
  {
    open,
    left,
  }: {
    /** Answers with the stream, or with the problem that it has. */
    open: (path: string, after: string | undefined) => Promise<Response>
    left: () => void
  },
): Response {
  return sentEvents(merged(wanted.map((one, place) => relayed(one, place, open))), left)
}

async function* relayed(
  wanted: string,
  place: number,
  open: (path: string, after: string | undefined) => Promise<Response>,
): AsyncGenerator<string> {
  const [path = ''] = wanted.split('#', 1)
  const response = await open(path, wanted.slice(path.length + 1) || undefined)
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield message({ event: 'problem', id: `${place}/`, data: JSON.stringify(await response.json()) })
    return
  }
  const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, id = '', data } of messages) {
    yield message({ event, id: `${place}/${id}`, data })
    if (event === 'end' || event === 'problem') return
  }
  throw new Error(`${path} broke off`)
}

/** Items of all sources as they come; no source runs ahead of the reader. It ends when one of them fails. */
function merged(sources: readonly AsyncIterable<string>[]): AsyncIterable<string> {
  const { readable, writable } = new TransformStream<string, string>()
  const writer = writable.getWriter()
  const pump = async (source: AsyncIterable<string>) => {
    for await (const item of source) await writer.write(item)
  }
  Promise.all(sources.map(pump))
    .then(
      () => writer.close(),
      () => writer.close(),
    )
    .catch(() => {})
  return readable
}
