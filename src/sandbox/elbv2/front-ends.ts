// The listeners as they live: a server on a loopback port for each, and what it does with a request.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Cloud } from '../cloud.ts'
import { answer, answerRaw, SERVER } from './answer.ts'
import { type Forward, forward } from './forward.ts'
import { GroupMetrics } from './group-metrics.ts'
import { listenerAt, type Records, rulesOf } from './records.ts'
import { redirectLocation } from './redirect.ts'
import { type Route, Router, requestFacts } from './route.ts'
import { tag } from './tags.ts'
import type { TargetPool } from './target-pool.ts'
import { forwardUpgrade } from './upgrade.ts'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const REQUEST_HEADERS_MAX = 64 * 1024
const REQUEST_LINE_MAX = 16 * 1024
const REQUEST_HEADER_MAX = 16 * 1024
const FORWARDED_FOR_MAX = 30
/** Ports below need privileges on most systems; a listener that asks for one gets another. */
const PORT_MIN = 1024

/** The tag by which a listener tells where it is reached on this machine. */
export const LISTENER_URL_TAG = 'sandbox:listener-url'

export class FrontEnds {
  readonly #kept: Records
  readonly #pool: TargetPool
  readonly #metrics: GroupMetrics
  readonly #servers = new Map<string, Server>()
  readonly #routers = new Map<string, Router>()

  constructor(cloud: Cloud, kept: Records, pool: TargetPool) {
    this.#kept = kept
    this.#pool = pool
    this.#metrics = new GroupMetrics(cloud)
  }

  /** Opens the listeners that an earlier process of this sandbox kept. */
  async reopen(): Promise<void> {
    for (const listener of [...this.#kept.listeners.values()]) await this.open(listener.arn)
  }

  /** Listens where the listener did before, else on its port, else on a free one; an older server finishes its requests. */
  async open(listenerArn: string): Promise<void> {
    const listener = listenerAt(this.#kept, listenerArn)
    close(this.#servers.get(listenerArn))
    const wanted = [listener.listensOn, listener.port].filter((port) => port >= PORT_MIN)
    const { server, port } = await this.#listen(listenerArn, [...wanted, 0])
    this.#servers.set(listenerArn, server)
    this.#kept.listeners.set(listenerArn, { ...listener, listensOn: port })
    tag(this.#kept, listenerArn, { [LISTENER_URL_TAG]: `http://127.0.0.1:${port}` })
  }

  remove(listenerArn: string): void {
    for (const rule of rulesOf(this.#kept, listenerArn)) {
      this.#kept.rules.delete(rule.arn)
      this.#kept.tags.delete(rule.arn)
    }
    this.#kept.listeners.delete(listenerArn)
    this.#kept.tags.delete(listenerArn)
    close(this.#servers.get(listenerArn))
    this.#servers.delete(listenerArn)
    this.changed()
  }

  /** To be called when rules or attributes have changed. */
  changed(): void {
    this.#routers.clear()
    this.#pool.refresh()
    for (const [arn, server] of this.#servers) server.keepAliveTimeout = this.#idleMs(arn)
  }

  close(): void {
    for (const server of this.#servers.values()) {
      server.close()
      server.closeAllConnections()
    }
    this.#servers.clear()
  }

  async #listen(listenerArn: string, ports: number[]): Promise<{ server: Server; port: number }> {
    for (const port of ports) {
      const server = this.#server(listenerArn)
      const got = await new Promise<number | undefined>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) =>
          port > 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES') ? resolve(undefined) : reject(error),
        )
        server.listen(port, '127.0.0.1', () => {
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : undefined)
        })
      })
      if (got !== undefined) return { server, port: got }
    }
    throw new Error('No port is free on this machine')
  }

  #server(listenerArn: string): Server {
    const idleMs = this.#idleMs(listenerArn)
    const server = createServer({
      maxHeaderSize: REQUEST_HEADERS_MAX,
      insecureHTTPParser: false,
      keepAliveTimeout: idleMs,
      headersTimeout: idleMs,
      // A long upload is no fault: silence is, and the idle time-out of the connection to the target ends it.
      requestTimeout: 0,
      shouldUpgradeCallback: isWebSocket,
    })
    server.on('request', (incoming, res) => this.#serve(listenerArn, incoming, res))
    server.on('upgrade', (incoming, socket, head) => this.#upgrade(listenerArn, incoming, socket, head))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET') return void socket.destroy()
      answerRaw(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400)
    })
    return server
  }

  #serve(listenerArn: string, incoming: IncomingMessage, res: ServerResponse): void {
    const listener = listenerAt(this.#kept, listenerArn)
    const refused = refusal(incoming)
    const facts = requestFacts(incoming)
    const route = facts && this.#router(listenerArn).route(facts)
    if (refused !== undefined || !facts || !route) {
      const status = refused ?? (facts ? 503 : 400)
      this.#metrics.own(listener.loadBalancerArn, status)
      answer(res, status)
      return
    }
    const { action } = route
    if (action.Type === 'fixed-response') {
      const { StatusCode, ContentType = 'text/plain', MessageBody = '' } = action.FixedResponseConfig ?? {}
      const head = {
        Server: SERVER,
        'Content-Type': `${ContentType}; charset=utf-8`,
        'Content-Length': Buffer.byteLength(MessageBody),
      }
      res.writeHead(Number(StatusCode), head).end(MessageBody)
    } else if (action.Type === 'redirect' && action.RedirectConfig) {
      const location = redirectLocation(action.RedirectConfig, facts, listener.port)
      res.writeHead(action.RedirectConfig.StatusCode === 'HTTP_301' ? 301 : 302, {
        Server: SERVER,
        Location: location,
        'Content-Length': 0,
      })
      res.end()
    } else {
      const to = this.#forward(listenerArn, route)
      if (to) {
        forward(incoming, res, to)
      } else {
        this.#metrics.own(listener.loadBalancerArn, 503)
        answer(res, 503)
      }
    }
  }

  #upgrade(listenerArn: string, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = refusal(incoming)
    const facts = requestFacts(incoming)
    const route = facts && this.#router(listenerArn).route(facts)
    const to = route && this.#forward(listenerArn, route)
    if (refused === undefined && to) forwardUpgrade(incoming, socket, head, to)
    else answerRaw(socket, refused ?? (facts ? 503 : 400))
  }

  #forward(listenerArn: string, route: Route): Forward | undefined {
    const groupArn = route.targetGroup()
    if (groupArn === undefined) return undefined
    const listener = listenerAt(this.#kept, listenerArn)
    return {
      groupArn,
      loadBalancerArn: listener.loadBalancerArn,
      listenerPort: listener.port,
      attributes: this.#attributes(listenerArn),
      idleMs: this.#idleMs(listenerArn),
      pool: this.#pool,
      metrics: this.#metrics,
    }
  }

  #router(listenerArn: string): Router {
    let router = this.#routers.get(listenerArn)
    if (!router) {
      router = new Router(this.#kept, listenerArn)
      this.#routers.set(listenerArn, router)
    }
    return router
  }

  #attributes(listenerArn: string): Record<string, string> {
    return this.#kept.loadBalancers.get(listenerAt(this.#kept, listenerArn).loadBalancerArn)?.attributes ?? {}
  }

  #idleMs(listenerArn: string): number {
    return Number(this.#attributes(listenerArn)['idle_timeout.timeout_seconds'] ?? 60) * 1000
  }
}

/** Stops to accept; what is in flight ends, idle connections close at once and the others after their answer. */
function close(server: Server | undefined): void {
  server?.close()
}

const isWebSocket = (incoming: IncomingMessage) => incoming.headers.upgrade?.toLowerCase() === 'websocket'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html */
function refusal(incoming: IncomingMessage): number | undefined {
  if ((incoming.url ?? '').length + (incoming.method ?? '').length > REQUEST_LINE_MAX) return 414
  if (incoming.rawHeaders.some((text) => text.length > REQUEST_HEADER_MAX)) return 400
  if (incoming.method === 'TRACE') return 405
  const coding = incoming.headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 501
  if ((incoming.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',').length > FORWARDED_FOR_MAX) return 463
  return undefined
}
