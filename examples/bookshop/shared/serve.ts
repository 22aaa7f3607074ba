// An HTTP server that starts on PORT and stops without losing a request.
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server } from 'node:net'
import { errorFields, log } from './log.ts'

const DEFAULT_PORT = 3000
/** Longer than a load balancer keeps an idle connection (60 s), so that it never sends into one that we just closed. */
const KEEP_ALIVE_MS = 65_000
/** After SIGTERM, how long an idle connection may still bring a request that was under way. */
const LINGER_MS = 1_000
/** Below ECS's stop timeout, so that we exit by ourselves and not by SIGKILL. */
const STOP_WITHIN_MS = 20_000

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void

export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Serves until SIGTERM or SIGINT; then finishes what is in flight and exits with 0. */
export function serve(name: string, handle: Handler, fail: (error: HttpError, response: ServerResponse) => void): HttpServer {
  let stopping = false
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 1_000 },
    async (request, response) => {
      const started = performance.now()
      if (stopping) response.setHeader('Connection', 'close')
      const url = new URL(request.url ?? '/', 'http://localhost')
      response.once('close', () => {
        const level = url.pathname === '/healthz' && response.statusCode === 200 ? 'debug' : 'info'
        const ms = Math.round(performance.now() - started)
        log(level, 'request', {
          method: request.method,
          path: url.pathname,
          status: response.statusCode,
          ms,
          complete: response.writableFinished,
        })
      })
      try {
        await handle(request, response, url)
      } catch (error) {
        if (!(error instanceof HttpError)) log('error', 'request failed', errorFields(error))
        if (!response.headersSent)
          fail(error instanceof HttpError ? error : new HttpError(500, 'Something broke on our side'), response)
        else response.destroy()
      }
    },
  )
  const port = Number(process.env.PORT || DEFAULT_PORT)
  server.listen(port, () => log('info', 'listening', { service: name, port }))

  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    log('info', 'stopping', { service: name, signal })
    // http.Server.close would also cut idle connections, on one of which a request may just be arriving.
    Server.prototype.close.call(server, () => {
      log('info', 'stopped', { service: name })
      process.exitCode = 0
    })
    // The listener is closed and intervals are let go: the process ends by itself once every connection has.
    setTimeout(() => setInterval(() => server.closeIdleConnections(), 100).unref(), LINGER_MS).unref()
    setTimeout(() => {
      log('error', 'gave up waiting for requests', { service: name })
      process.exit(1)
    }, STOP_WITHIN_MS).unref()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  return server
}

const MAX_BODY_BYTES = 64 * 1024

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new HttpError(413, 'The request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
