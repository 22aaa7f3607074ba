// A way to a port of this machine that can fall silent, as a network does that loses everything: connections stand, and are made,
// and no byte comes through.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SilentProxy {
  port: number
  /** From now on nothing is passed on, and nothing is told of it. */
  silence(): void
  /** New connections are served again; what was lost stays lost. */
  speak(): void
  close(): Promise<void>
}

export async function silentProxy(port: number): Promise<SilentProxy> {
  let silent = false
  const open = new Set<Socket>()
  const server = createServer((near) => {
    open.add(near)
    near.on('error', () => {}).on('close', () => open.delete(near))
    if (silent) {
      near.resume()
      return
    }
    const far = connect(port, '127.0.0.1')
    open.add(far)
    far.on('error', () => {}).on('close', () => open.delete(far))
    // Once it was silent, a connection stays so: its packets are lost, not late.
    let lost = false
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (bytes) => {
        lost ||= silent
        if (!lost) to.write(bytes)
      })
      from.on('close', () => {
        if (!lost && !silent) to.destroy()
      })
    }
    pass(near, far)
    pass(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    silence: () => {
      silent = true
    },
    speak: () => {
      silent = false
    },
    async close() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
