// Requests that are sent again and again: how many are answered, and in what time.
import { Agent, request } from 'node:http'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface HttpRequest {
  url: URL
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
}

export interface Answered {
  answered: number
  seconds: number
  /** Of each answer, to its last byte, in microseconds. */
  latency: RecordableHistogram
}

/** Sends what `next` gives over a few connections for about `ms`. Fails when an answer is not 200. */
export async function hammer(
  next: () => HttpRequest,
  { ms, connections }: { ms: number; connections: number },
): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const latency = createHistogram()
  let answered = 0
  const begun = performance.now()
  const connection = async () => {
    for (let now = begun; now - begun < ms; ) {
      await answer(next(), agent)
      answered++
      const ended = performance.now()
      latency.record(Math.max(1, Math.round((ended - now) * 1000)))
      now = ended
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const seconds = (performance.now() - begun) / 1000
  agent.destroy()
  return { answered, seconds, latency }
}

const answer = ({ url, method, headers, body }: HttpRequest, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = url
    const sent = request({ host, port, method, path: `${url.pathname}${url.search}`, headers, agent }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${response.statusCode} ${Buffer.concat(pieces)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
