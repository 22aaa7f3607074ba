import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Served } from './owner.ts'
import { type Asked, type Line, wireError } from './owner-wire.ts'

/** Listens for clients; the lock must be held. Requests wait until `served` is there. */
export async function listenForClients(socket: string, served: Promise<Served>): Promise<{ close(): Promise<void> }> {
  // Left by an owner that was killed: with the lock in hand it can be nobody's.
  await rm(socket, { force: true })
  const server = createServer((request, response) => void answer(request, response, served))
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  await chmod(socket, 0o600)
  return { close: () => closed(server) }
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Promise<Served>): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort(new Error('The caller is gone')))
  // At once, so that the caller knows that somebody listens.
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  const say = async (line: Line) => {
    if (gone.signal.aborted) return
    if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response)
  }
  try {
    const { kind, operation, input, requestId, environment, after } = (await json(request)) as Asked
    const context = { signal: gone.signal, requestId, environment, after }
    const work = await served
    if (kind === 'call') await say({ output: await work.call(operation, input, context) })
    else {
      for await (const item of work.stream(operation, input, context)) await say({ item })
      await say({ end: true })
    }
  } catch (error) {
    await say({ error: wireError(error) })
  }
  response.end()
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once('drain', resolve)
    response.once('close', resolve)
  })

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
