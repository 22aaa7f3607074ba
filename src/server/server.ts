// The server: one process for the API, the console and, where it may, the workers.

import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { KibanError } from '../core/error.ts'
import { http } from '../core/messages/http.ts'
import { can } from '../core/permission.ts'
import { type Application, apiRoutes, COME_BACK_SECONDS } from './api.ts'
import { credentialOf } from './caller.ts'
import { githubRoute } from './github-route.ts'
import { errorFields, type Log } from './log.ts'
import { serverMetrics } from './metrics.ts'
import { oidcRoute } from './oidc-route.ts'
import { slackRoute } from './slack-route.ts'
import { staticFile } from './static-files.ts'

/** A request's headers and body must be here by then: slow ones hold nothing for long. */
const TIMEOUTS_MS = { headers: 10_000, request: 30_000, keepAlive: 65_000 }
/** How often Node looks for those that are late; by itself, every 30 s: https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener */
const LATE_EVERY_MS = 1_000
/** After SIGTERM: what is under way may end; orchestrators kill after 30 s. */
const CLOSE_WITHIN_MS = 8_000
const SWEEP_EVERY_MS = 50

/** Whoever asks for readiness gives up after so long by itself, and learns nothing then. */
const READY_WITHIN_MS = 4_000

export interface ServerOptions extends Omit<Application, 'ending' | 'failed' | 'answered' | 'metrics' | 'proxies' | 'publicUrl'> {
  host: string
  /** 0 picks a free one. */
  port: number
  /** Where browsers find it; the address that it listens on when it is not said. */
  publicUrl: URL | undefined
  /** How many proxies stand before it; none when it is left out. */
  proxies?: number
  /** The console's built files; the API alone when it is left out. */
  consoleFolder: string | undefined
  openapi: object
  /** Other times for those that send slowly. */
  timeoutsMs?: { headers: number; request: number }
  /** Whether what the answers stand on can be reached. Throws when not. */
  ready(): Promise<void>
  log: Log
}

export interface Server {
  url: string
  port: number
  /** Stops listening, ends streams, waits for what is under way, at most 8 s. */
  close(): Promise<void>
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const { host, port, log } = options
  const ending = new AbortController()
  const failed = (error: unknown, reference: string) => log('error', 'internal error', { reference, ...errorFields(error) })
  const answered: Application['answered'] = (request) => log(request.status < 500 ? 'info' : 'warn', 'request', request)
  const { promise: listening, resolve, reject } = Promise.withResolvers<AddressInfo>()
  // The port is known only once it is taken, and nothing is answered before the address is.
  const { promise: app, resolve: answering } = Promise.withResolvers<Hono>()
  const fetch = async (request: Request, env: object) => (await app).fetch(request, env)
  const serverOptions = { connectionsCheckingInterval: LATE_EVERY_MS }
  const server = serve({ fetch, hostname: host, port, serverOptions }, resolve)
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE'
    reject(taken ? new KibanError('conflict', 'http.port-taken', http.portTaken(port), { hint: http.takeAnotherPort }) : error)
  })
  const timeouts = { ...TIMEOUTS_MS, ...options.timeoutsMs }
  Object.assign(server, {
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
  })
  const address = await listening
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  const known = {
    publicUrl: options.publicUrl ?? new URL(url),
    metrics: serverMetrics(),
    proxies: options.proxies ?? 0,
    answered,
    failed,
    ending: ending.signal,
  }
  answering(application({ ...options, ...known }))
  return {
    url,
    port: address.port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      ending.abort(new KibanError('unavailable', 'server.ending', http.ending))
      const tooLong = globalThis.setTimeout(
        () => 'closeAllConnections' in server && server.closeAllConnections(),
        CLOSE_WITHIN_MS,
      )
      // Connections become idle one by one, as what they carried ends.
      const sweeping = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), SWEEP_EVERY_MS)
      await closed
      clearTimeout(tooLong)
      clearInterval(sweeping)
    },
  }
}

function application(options: Omit<ServerOptions, 'host' | 'port' | 'proxies' | 'publicUrl'> & Application): Hono {
  const app = new Hono()
  app.use(secureHeaders(headersFor(options.publicUrl)))
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    try {
      await Promise.race([options.ready(), tooLate()])
      return c.text('ready\n')
    } catch (error) {
      options.log('warn', 'not ready', errorFields(error))
      return c.text('not ready\n', 503)
    }
  })
  app.get('/metrics', async (c) => {
    const credential = credentialOf(c.req.raw.headers, options.publicUrl)
    const actor = credential && (await options.identify(credential))
    if (!actor || !can(actor, 'read', { product: '*', environment: '*' }))
      return c.text('A token of a viewer of everything is needed\n', 401)
    const { body, contentType } = await options.metrics.text()
    return c.body(body, 200, { 'content-type': contentType })
  })
  app.get('/api/openapi.json', (c) => c.json(options.openapi))
  app.route('/', apiRoutes(options) as unknown as Hono)
  app.route('/', oidcRoute(options))
  app.route('/', githubRoute(options))
  app.route('/', slackRoute(options))
  app.get('/api/*', (c) => c.notFound())
  const folder = options.consoleFolder
  if (folder) app.get('*', (c) => staticFile(folder, c.req.path, c.req.header('accept-encoding')))
  app.onError((error, c) => {
    if (error instanceof KibanError && error.kind === 'unavailable')
      return c.text(`${error.text.en}\n`, 503, { 'retry-after': String(COME_BACK_SECONDS) })
    const reference = c.req.header('x-request-id') ?? 'none'
    options.failed(error, reference)
    return c.text('Something broke on our side\n', 500)
  })
  return app
}

async function tooLate(): Promise<never> {
  await setTimeout(READY_WITHIN_MS, undefined, { ref: false })
  throw new Error(`No answer within ${READY_WITHIN_MS} ms`)
}

/** Nothing of another origin, nothing inline, nobody's frame. https://www.w3.org/TR/CSP3/ */
const headersFor = (publicUrl: URL): Parameters<typeof secureHeaders>[0] => ({
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    imgSrc: ["'self'", 'data:'],
    objectSrc: ["'none'"],
    // React sets style attributes on elements through the CSSOM, which this allows; style elements it does not.
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
  },
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'same-origin',
  strictTransportSecurity: publicUrl.protocol === 'https:' ? 'max-age=31536000' : false,
  xFrameOptions: 'DENY',
})
