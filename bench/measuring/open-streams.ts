// Many readers of one stream of server-sent events, and when each of them hears of a message.
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** So many are opened side by side. */
const AT_ONCE = 100

export interface OpenStreams {
  /** Sends a message and waits until every reader has it: microseconds of each, since it was sent. */
  heard(send: () => Promise<unknown>): Promise<RecordableHistogram>
  close(): void
}

/** Opens so many, spread over the addresses in turn. `isMessage` tells a message from signs of life. */
export async function openStreams(
  urls: readonly URL[],
  count: number,
  headers: (number: number) => Record<string, string>,
): Promise<OpenStreams> {
  const requests: ClientRequest[] = []
  let arrived = () => {}
  const open = async (number: number) => {
    const url = urls[number % urls.length] as URL
    const sent = request(url, { headers: { accept: 'text/event-stream', ...headers(number) }, agent: false }).end()
    requests.push(sent)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`A stream was answered with ${response.statusCode}`)
    response.on('error', () => {})
    response.on('data', (piece: Buffer) => {
      if (piece.includes('data: {"')) arrived()
    })
  }
  for (let number = 0; number < count; number += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - number) }, (_, at) => open(number + at)))
  return {
    async heard(send) {
      const times = createHistogram()
      const { promise, resolve } = Promise.withResolvers<void>()
      const begun = performance.now()
      let left = count
      arrived = () => {
        times.record(Math.max(1, Math.round((performance.now() - begun) * 1000)))
        if (--left === 0) resolve()
      }
      await Promise.all([send(), promise])
      return times
    },
    close() {
      for (const one of requests) one.destroy()
    },
  }
}
