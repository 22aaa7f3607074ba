// Brings one request to a target and its answer back.
import { type ClientRequest, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { answer } from './answer.ts'
import type { GroupMetrics } from './group-metrics.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import { originForm } from './route.ts'
import type { LiveTarget, TargetPool } from './target-pool.ts'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const RESPONSE_HEADERS_MAX = 32 * 1024
/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html, HTTP 504 */
const CONNECT_TIMEOUT_MS = 10_000
/** How many targets are tried while each refuses the connection, so that nothing of the request was sent. */
const CONNECT_TRIES = 3

/** Methods that change nothing (RFC 9110 §9.2.1), and may therefore be sent a second time. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface Forward {
  groupArn: string
  loadBalancerArn: string
  listenerPort: number
  attributes: Record<string, string>
  idleMs: number
  pool: TargetPool
  metrics: GroupMetrics
}

/**
 * Forwards with ALB's time-outs and answers. No request fails because a target closes an idle connection: only a
 * request that may be sent twice travels on a kept-alive connection, and it is sent once more, on a new one, when that
 * one closes before the first byte of an answer. Any other request gets a connection of its own. A target that
 * refuses the connection is passed over, since nothing was sent to it.
 */
export function forward(incoming: IncomingMessage, res: ServerResponse, to: Forward): void {
  const hasBody = incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0
  const mayRepeat = SAFE.has(incoming.method ?? '') && !hasBody
  const tried = new Set<LiveTarget>()
  let refused = 0
  let repeated = false
  let current: ClientRequest | undefined
  let clientGone = false

  res.once('close', () => {
    clientGone = true
    if (!res.writableFinished) current?.destroy()
  })

  const fail = (status: number) => {
    to.metrics.own(to.loadBalancerArn, status)
    answer(res, status)
  }

  const attempt = () => {
    const target = to.pool.take(to.groupArn, tried)
    if (!target) return fail(tried.size > 0 ? 502 : 503)
    if (tried.size === 0) to.metrics.chosen(to.loadBalancerArn, to.groupArn)
    tried.add(target)
    const began = performance.now()
    let connected = false
    let timedOut = false
    let answered = false

    const out = opened({
      host: target.connect.host,
      port: target.connect.port,
      method: incoming.method,
      path: originForm(incoming.url ?? '/'),
      agent: mayRepeat && !repeated ? target.kept : target.fresh,
      headers: requestHeaders(incoming, {
        client: { address: incoming.socket.remoteAddress ?? '', port: incoming.socket.remotePort ?? 0 },
        listenerPort: to.listenerPort,
        targetHost: `${target.id}:${target.port}`,
        attributes: to.attributes,
      }),
      setHost: false,
      timeout: to.idleMs,
      maxHeaderSize: RESPONSE_HEADERS_MAX,
    })
    if (!out) {
      to.pool.release(target)
      return fail(400)
    }
    current = out

    out.once('socket', (socket) => {
      const ready = () => {
        connected = true
        // A body is read no sooner, so that it is still whole when another target must be tried.
        if (hasBody) incoming.pipe(out)
      }
      if (!socket.connecting) return ready()
      const deadline = setTimeout(() => {
        timedOut = true
        out.destroy()
      }, CONNECT_TIMEOUT_MS)
      socket.once('connect', ready)
      out.once('close', () => clearTimeout(deadline))
      socket.once('connect', () => clearTimeout(deadline))
    })
    if (!hasBody) out.end()

    out.once('timeout', () => {
      timedOut = true
      out.destroy()
    })

    out.once('response', (back) => {
      answered = true
      to.metrics.answered(to.loadBalancerArn, to.groupArn, back.statusCode ?? 0, (performance.now() - began) / 1000)
      if (clientGone) return void out.destroy()
      res.writeHead(back.statusCode ?? 502, back.statusMessage, responseHeaders(back))
      pipeline(back, res, (error) => {
        // Half an answer must not look like a whole one.
        if (error) res.destroy()
        // What the target did not want to read is not kept for it.
        if (!incoming.readableEnded) {
          incoming.unpipe(out)
          incoming.resume()
        }
      })
    })

    out.on('error', () => {})
    out.once('close', () => {
      to.pool.release(target)
      if (answered || clientGone) return
      incoming.unpipe(out)
      if (timedOut) return fail(connected && !incoming.complete ? 408 : 504)
      if (!connected && ++refused < CONNECT_TRIES) return attempt()
      if (connected && out.reusedSocket && mayRepeat && !repeated) {
        repeated = true
        return attempt()
      }
      fail(502)
    })
  }
  attempt()
}

/** Undefined when the request has characters that Node's client does not send. */
function opened(options: RequestOptions): ClientRequest | undefined {
  try {
    return request(options)
  } catch {
    return undefined
  }
}
