// A port of this machine that leads through a session to a port that only the other end reaches.
import { type AddressInfo, createServer } from 'node:net'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'
import type { SessionEnd } from './data-channel.ts'
import { Multiplexer } from './multiplexer.ts'
import { type OpenSessionParts, openSession, type SessionAccess } from './open-session.ts'
import { over } from './outgoing.ts'

const LOOPBACK = '127.0.0.1'

export interface Tunnel {
  /** Where programs of this machine connect: this port of 127.0.0.1. */
  port: number
  /** Connections that are open now. */
  connections(): number
  /** Settles once the session is over; connections and port are closed then. */
  ended: Promise<SessionEnd>
  close(): Promise<void>
}

/**
 * Opens the port for a session of type `Port`; 0, the default, picks a free one. Any number of connections share the session.
 * Throws `tunnel.port-taken`, and `tunnel.no-port` when the session is for something else.
 */
export async function openTunnel(
  access: SessionAccess,
  { port = 0, ...parts }: Omit<OpenSessionParts, 'output'> & { port?: number },
): Promise<Tunnel> {
  const many = new Multiplexer((bytes) => channel.write(bytes))
  const channel = openSession(access, { ...parts, output: (_source, bytes) => many.receive(bytes) })
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => many.open(socket))
  const ended = channel.ended.then((how) => {
    many.close()
    if (server.listening) server.close()
    return how
  })
  const { type } = await channel.opened
  try {
    if (type !== 'Port')
      throw new KibanError('internal', 'tunnel.no-port', text.tunnelNoPort(type), { hint: text.tunnelNoPortHint })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new KibanError('conflict', 'tunnel.port-taken', text.tunnelPortTaken(port), { hint: text.tunnelPortTakenHint, cause }),
        ),
      )
      server.listen(port, LOOPBACK, resolve)
    })
  } catch (error) {
    await channel.terminate()
    channel.abandon(error)
    throw error
  }
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => many.size,
    ended,
    async close() {
      await channel.terminate().catch(() => {})
      channel.abandon(over())
      await ended
    },
  }
}
