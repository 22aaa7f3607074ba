// The network between kiban and AWS, in a test's hand: it sees each request pass, and can hold it up or lose it, before AWS has
// heard of it or after.
import { createServer, type IncomingMessage, type ServerResponse, request as sendOn } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** `ecs:UpdateService`; of an image registry `registry:PUT manifests`. */
export type Passing = string

/** What happens to a request. A side that resolves to `lost` breaks the connection there. */
export interface Fate {
  /** While the request is on its way to AWS. */
  going?(): Promise<'lost' | undefined>
  /** While the answer is on its way back: AWS has done what was asked. */
  coming?(): Promise<'lost' | undefined>
}

export interface Wire {
  endpoint: string
  /** Everything that passed, oldest first. */
  readonly passed: Passing[]
  /** Decides on each request; undefined lets it pass. One at a time: setting it anew replaces the one before. */
  decide: (passing: Passing) => Fate | undefined
  close(): Promise<void>
}

export async function wireTo(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target)
  const wire: Wire = { endpoint: '', passed: [], decide: () => undefined, close: async () => {} }
  const server = createServer((request, response) => {
    carry(wire, { hostname, port }, request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  wire.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  wire.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return wire
}

async function carry(
  wire: Wire,
  target: { hostname: string; port: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request)
  const passing = nameOf(request, body)
  wire.passed.push(passing)
  const fate = wire.decide(passing)
  if ((await fate?.going?.()) === 'lost') return void request.socket.resetAndDestroy()
  const answer = await answered(target, request, body)
  if ((await fate?.coming?.()) === 'lost') return void request.socket.resetAndDestroy()
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** With its headers as they are: the signature covers the host that the client named. */
function answered({ hostname, port }: { hostname: string; port: string }, from: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url: path, headers } = from
    const call = sendOn({ hostname, port, method, path, headers, agent: false }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) })
    })
    call.on('error', reject)
    call.end(body)
  })
}

function nameOf({ method, url = '', headers }: IncomingMessage, body: Buffer): Passing {
  const registry = /^\/v2\/.*\/(blobs|manifests|tags)/.exec(url)
  if (registry) return `registry:${method} ${registry[1]}`
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '?'
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1)
  return `${service}:${target || new URLSearchParams(body.toString('latin1')).get('Action') || method}`
}
