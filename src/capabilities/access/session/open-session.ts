// The link of a session: a WebSocket to Session Manager, opened again when it breaks.
import { randomUUID } from 'node:crypto'
import { type RawData, WebSocket } from 'ws'
import type { Timer } from '../../../core/clock.ts'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'
import { version } from '../../../core/version.ts'
import { DataChannel, type DataChannelParts } from './data-channel.ts'

/** What StartSession, ResumeSession and ExecuteCommand give; the token is a secret. */
export interface SessionAccess {
  sessionId: string
  streamUrl: string
  tokenValue: string
}

export interface OpenSessionParts extends Omit<DataChannelParts, 'send'> {
  /** Asks for another token after the connection broke; a session without it ends then. */
  resume?(sessionId: string): Promise<SessionAccess>
  /** The connection broke, or is there again. */
  told?(what: 'broken' | 'resumed'): void
}

/** Load balancers and proxies close what is silent; the plugin pings as often. */
const PING_MS = 5 * 60_000
const WAITS_MS = [0, 500, 1_000, 2_000, 4_000, 8_000]
const MOST_BYTES = 1024 * 1024

/** Opens a session's channel. Its `ended` settles with `channel.unreachable` when the link breaks and cannot be had again. */
export function openSession(access: SessionAccess, { resume, told, ...parts }: OpenSessionParts): DataChannel {
  const { clock } = parts
  let socket: WebSocket
  let over = false
  let ping: Timer | undefined
  const send = (frame: Uint8Array) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(frame)
  }
  const channel = new DataChannel({ ...parts, send })

  const connect = ({ streamUrl, tokenValue }: SessionAccess): Promise<void> =>
    new Promise((resolve, reject) => {
      socket = new WebSocket(streamUrl, { perMessageDeflate: false, maxPayload: MOST_BYTES })
      let opened = false
      socket.on('error', reject)
      socket.on('message', (data: RawData, isBinary: boolean) => {
        if (isBinary) channel.receive(data as Buffer)
      })
      socket.once('open', () => {
        opened = true
        socket.send(
          JSON.stringify({
            MessageSchemaVersion: '1.0',
            RequestId: randomUUID(),
            TokenValue: tokenValue,
            ClientId: randomUUID(),
            ClientVersion: version(),
          }),
        )
        resolve()
      })
      socket.once('close', () => {
        if (opened && !over) void again()
        else reject(new Error('closed'))
      })
    })

  const again = async () => {
    told?.('broken')
    if (!resume) return channel.abandon(unreachable())
    for (const ms of WAITS_MS) {
      await new Promise<void>((go) => void clock.after(ms, go))
      if (over) return
      try {
        await connect(await resume(access.sessionId))
      } catch (error) {
        // The session itself is gone: no further try will find it.
        if (error instanceof KibanError && error.kind === 'not-found') return channel.abandon(error)
        continue
      }
      channel.resume(send)
      told?.('resumed')
      return
    }
    channel.abandon(unreachable())
  }

  const keepAlive = () => {
    ping = clock.after(PING_MS, () => {
      if (socket.readyState === WebSocket.OPEN) socket.ping()
      keepAlive()
    })
  }

  connect(access).catch((cause) => channel.abandon(unreachable(cause)))
  keepAlive()
  void channel.ended.then(() => {
    over = true
    ping?.cancel()
    socket.close()
  })
  return channel
}

const unreachable = (cause?: unknown) =>
  new KibanError('unavailable', 'channel.unreachable', text.channelUnreachable, { hint: text.channelUnreachableHint, cause })
