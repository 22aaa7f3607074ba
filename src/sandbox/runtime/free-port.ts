import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the ports that Linux (32768-60999) and macOS (49152-65535) give to outgoing connections, so that none of those
// can take a port between its choice here and the task's own bind.
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

/** Ports that tasks of this process hold, from their choice to the end of their container. */
const held = new Set<number>()

/** A port that nothing on this machine listens on, held until `releasePort`. */
export async function holdFreePort(): Promise<number> {
  const start = randomInt(FIRST_PORT, LAST_PORT)
  for (let i = 0; i <= LAST_PORT - FIRST_PORT; i++) {
    const port = FIRST_PORT + ((start - FIRST_PORT + i) % (LAST_PORT - FIRST_PORT + 1))
    if (held.has(port)) continue
    held.add(port)
    if ((await canBind(port, '0.0.0.0')) && (await canBind(port, '::'))) return port
    held.delete(port)
  }
  throw new Error(`No port between ${FIRST_PORT} and ${LAST_PORT} is free`)
}

/** Holds a port again whose last holder has just released it. */
export function holdPort(port: number): void {
  held.add(port)
}

export function releasePort(port: number): void {
  held.delete(port)
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    // A machine without IPv6 has nothing to collide with there.
    server.once('error', (cause: NodeJS.ErrnoException) =>
      resolve(cause.code === 'EAFNOSUPPORT' || cause.code === 'EADDRNOTAVAIL'),
    )
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
