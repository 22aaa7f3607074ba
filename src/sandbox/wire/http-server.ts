// The HTTP face of the sandbox, on loopback.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { WireAnswer, WireRequest } from './message.ts'

/** What is put, an S3 object or a part of one, is held in memory on its way. */
const MAX_PUT_BYTES = 512 * 1024 * 1024
/** The largest of the others is a function's code in base64. */
const MAX_MESSAGE_BYTES = 96 * 1024 * 1024

/** Longer than clients keep an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 65_000

export interface HttpFace {
  /** Takes a request before it is read as one of AWS's; false to decline. */
  intercept(request: IncomingMessage, response: ServerResponse): boolean
  /** Takes a request for a WebSocket; false to decline it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  answer(request: WireRequest): Promise<WireAnswer>
}

export interface HttpListener {
  port: number
  close(): Promise<void>
}

/** Takes the port at once; requests that come before the face is there wait for it. */
export async function listen(face: Promise<HttpFace>, host: string, port: number): Promise<HttpListener> {
  // Other upgrades that a client offers (h2c) are declined by answering as HTTP/1.1 does.
  const shouldUpgradeCallback = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, shouldUpgradeCallback }, (request, response) => {
    serve(face, request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { connection: 'close' }).end()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    face
      .then((taken) => taken.upgrade(request, socket, head) || socket.end('HTTP/1.1 404 Not Found\r\n\r\n'))
      .catch(() => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function serve(ready: Promise<HttpFace>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const face = await ready
  if (face.intercept(request, response)) return
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const body = await bodyOf(request)
  if (!body) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  const [path = '/', query = ''] = splitUrl(request.url ?? '/')
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const answer = await face.answer({ method: request.method ?? 'GET', path, query, headers, body, signal: gone.signal })
  await write(answer, request.method, response)
}

function splitUrl(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

/** Undefined when it is longer than the sandbox takes. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const most = request.method === 'PUT' ? MAX_PUT_BYTES : MAX_MESSAGE_BYTES
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    if (length > most) return undefined
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
}

async function write(answer: WireAnswer, method: string | undefined, response: ServerResponse): Promise<void> {
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status, answer.headers)
    await pipeline(answer.body, response)
    return
  }
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  const length = method === 'HEAD' ? answer.headers['content-length'] : String(body.byteLength)
  response.writeHead(answer.status, { ...answer.headers, ...(length !== undefined && { 'content-length': length }) })
  response.end(body)
}
