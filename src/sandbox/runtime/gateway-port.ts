// How containers reach the sandbox, which listens on loopback only.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Cloud } from '../cloud.ts'
import { type EngineProgram, runEngine } from './container-engine.ts'

const LOOPBACK = '127.0.0.1'

/**
 * The address of this machine in the engine's default network. Where the engine runs in a virtual machine (Docker Desktop,
 * podman machine) it forwards `host.docker.internal` to this machine's loopback.
 */
export async function gatewayAddress(program: EngineProgram): Promise<string> {
  if (process.platform !== 'linux' || program === 'podman') return LOOPBACK
  const gateway = await runEngine(program, [
    'network',
    'inspect',
    'bridge',
    '--format',
    '{{(index .IPAM.Config 0).Gateway}}',
  ]).catch(() => '')
  return gateway.trim() || LOOPBACK
}

export interface ForwardedPort {
  open(address: string): Promise<void>
  url(host: string): string
  close(): Promise<void>
}

/** Hands connections to an address of this machine on to the sandbox's own port, unless that is loopback already. */
export function forwardPort(cloud: Cloud): ForwardedPort {
  const server = createServer((client) => {
    const { hostname, port } = new URL(cloud.endpoint)
    const sandbox = connect(Number(port), hostname)
    client.pipe(sandbox).pipe(client)
    client.on('error', () => sandbox.destroy())
    sandbox.on('error', () => client.destroy())
  })
  server.unref()
  return {
    async open(address) {
      if (address !== LOOPBACK) await once(server.listen(0, address), 'listening')
    },
    url(host) {
      const port = server.listening ? (server.address() as AddressInfo).port : new URL(cloud.endpoint).port
      return `http://${host}:${port}`
    },
    async close() {
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
