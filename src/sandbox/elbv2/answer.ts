// Answers that the balancer gives itself.
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Answers with the balancer's own page; a connection whose request was not read to its end is closed. */
export function answer(res: ServerResponse, status: number): void {
  if (res.headersSent || res.destroyed) return
  const body = errorPage(status)
  res.writeHead(status, { Server: SERVER, 'Content-Type': 'text/html', 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}

/** The same on a bare socket: after a request that could not be parsed, or for an upgrade that failed. */
export function answerRaw(socket: Duplex, status: number): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy()
  const body = errorPage(status)
  socket.end(
    `HTTP/1.1 ${status} ${reason(status)}\r\nServer: ${SERVER}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: text/html\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

export const SERVER = 'awselb/2.0'

const reason = (status: number) => (status === 504 ? 'Gateway Time-out' : (STATUS_CODES[status] ?? 'Error'))

function errorPage(status: number): string {
  const title = `${status} ${reason(status)}`
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
}
