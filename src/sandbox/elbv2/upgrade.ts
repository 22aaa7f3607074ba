// WebSocket connections: an upgrade asked of a target, then bytes both ways.
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerRaw } from './answer.ts'
import type { Forward } from './forward.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import { originForm } from './route.ts'

/** Tunnels an upgrade to a target; it is in flight until either side closes it or is silent for the idle time-out. */
export function forwardUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, to: Forward): void {
  const target = to.pool.take(to.groupArn, new Set())
  if (!target) {
    to.metrics.own(to.loadBalancerArn, 503)
    answerRaw(socket, 503)
    return
  }
  to.metrics.chosen(to.loadBalancerArn, to.groupArn)
  const began = performance.now()
  const release = () => to.pool.release(target)
  const headers = requestHeaders(incoming, {
    client: { address: incoming.socket.remoteAddress ?? '', port: incoming.socket.remotePort ?? 0 },
    listenerPort: to.listenerPort,
    targetHost: `${target.id}:${target.port}`,
    attributes: to.attributes,
  })
  const out = request({
    host: target.connect.host,
    port: target.connect.port,
    method: incoming.method,
    path: originForm(incoming.url ?? '/'),
    agent: target.fresh,
    headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    setHost: false,
    timeout: to.idleMs,
  })
  let answered = false
  let tunnelled = false
  let timedOut = false
  const measured = (status: number) => {
    answered = true
    to.metrics.answered(to.loadBalancerArn, to.groupArn, status, (performance.now() - began) / 1000)
  }
  socket.on('error', () => {})
  socket.once('close', () => out.destroy())

  out.once('upgrade', (back, upstream, upstreamHead) => {
    measured(101)
    tunnelled = true
    target.tunnels.add(upstream)
    upstream.once('close', () => {
      target.tunnels.delete(upstream)
      socket.destroy()
      release()
    })
    upstream.on('error', () => {})
    socket.once('close', () => upstream.destroy())
    socket.write(`${headText(back)}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`)
    if (upstreamHead.length > 0) socket.write(upstreamHead)
    if (head.length > 0) upstream.write(head)
    upstream.setTimeout(to.idleMs, () => upstream.destroy())
    // The end of one side is the end of both; what is under way is written first.
    upstream.once('end', () => socket.end(() => socket.destroy()))
    socket.once('end', () => upstream.end(() => upstream.destroy()))
    upstream.pipe(socket, { end: false })
    socket.pipe(upstream, { end: false })
  })
  out.once('response', (back) => {
    measured(back.statusCode ?? 0)
    socket.write(`${headText(back)}Connection: close\r\n\r\n`)
    back.pipe(socket)
    back.once('error', () => socket.destroy())
  })
  out.once('timeout', () => {
    timedOut = true
    out.destroy()
  })
  out.on('error', () => {})
  out.once('close', () => {
    if (tunnelled) return
    release()
    if (answered) return
    const status = timedOut ? 504 : 502
    to.metrics.own(to.loadBalancerArn, status)
    answerRaw(socket, status)
  })
  out.end()
}

function headText(back: IncomingMessage): string {
  const headers = responseHeaders(back)
  let text = `HTTP/1.1 ${back.statusCode} ${back.statusMessage}\r\n`
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`
  return text
}
