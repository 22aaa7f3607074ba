/**
 * Session Manager: sessions by their identifiers, and the WebSocket through which a client reaches one. A session begins what
 * it is for when its client has shaken hands; a client whose connection broke comes back to the same one.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Timer } from '../../core/clock.ts'
import { AwsError, type Cloud, type SessionOpening, type SessionProcess, type Sessions } from '../cloud.ts'
import { isSameText } from '../identity/same-text.ts'
import { type AgentChannel, agentChannel } from './agent-channel.ts'

const PATH = '/v1/data-channel/'
/** A frame's payload is a thousand bytes; the opening words are about as long. */
const MOST_BYTES = 64 * 1024
/** How long a token is good for before its client comes. */
const TOKEN_MS = 60_000
/** ECS Exec, "Considerations": idle sessions end after 20 minutes. */
const IDLE_MS = 20 * 60_000
/** How long a client may take for its first words. */
const OPENING_MS = 10_000
const POLICY_VIOLATION = 1008
const GOING_AWAY = 1001

interface Live {
  id: string
  token: string
  tokenUntil: number
  channel: AgentChannel
  socket?: WebSocket
  /** What it is for; what the client says before it has begun waits for it. */
  begun: PromiseWithResolvers<SessionProcess>
  idle?: Timer
}

export interface SessionDoor extends Sessions {
  /** Takes a request for a WebSocket; false to decline it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
}

export function sessions(cloud: Cloud): SessionDoor {
  const live = new Map<string, Live>()
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES })
  const url = (id: string) => `${cloud.endpoint.replace(/^http/, 'ws')}${PATH}${id}?role=publish_subscribe`

  const answer = (session: Live): SessionOpening => {
    session.token = randomBytes(32).toString('base64url')
    session.tokenUntil = Date.now() + TOKEN_MS
    return { sessionId: session.id, streamUrl: url(session.id), tokenValue: session.token }
  }
  const known = (id: string): Live => {
    const session = live.get(id)
    if (session) return session
    throw new AwsError('DoesNotExistException', `Session ${id} does not exist`)
  }
  const end = (session: Live, output: string) => {
    if (!live.delete(session.id)) return
    session.idle?.cancel()
    void tell(session, (far) => far.kill())
    session.channel.close(session.id, output)
    session.socket?.close()
  }
  /** What cannot be told any more, because it has ended or never began, is nobody's matter. */
  const tell = (session: Live, what: (far: SessionProcess) => void | Promise<void>): Promise<void> =>
    session.begun.promise.then(what).catch(() => {})
  const busy = (session: Live) => {
    session.idle?.cancel()
    session.idle = cloud.clock.after(IDLE_MS, () => end(session, 'Session timed out due to inactivity.'))
  }

  const begin = async (session: Live, start: () => Promise<SessionProcess>) => {
    busy(session)
    try {
      const terminal = await start()
      session.begun.resolve(terminal)
      if (!live.has(session.id)) return
      terminal.output((bytes) => {
        busy(session)
        return session.channel.write(bytes)
      })
      await terminal.exited
    } catch (cause) {
      session.begun.reject(cause)
      await session.channel.write(Buffer.from(`${(cause as Error).message}\r\n`))
    }
    await session.channel.flushed()
    end(session, '')
  }

  const admit = (session: Live, socket: WebSocket) => {
    const silent = setTimeout(() => socket.terminate(), OPENING_MS)
    socket.once('close', () => clearTimeout(silent))
    socket.once('message', (data, isBinary) => {
      clearTimeout(silent)
      const given = isBinary ? undefined : tokenOf(String(data))
      if (given === undefined || Date.now() > session.tokenUntil || !isSameText(given, session.token))
        return socket.close(POLICY_VIOLATION)
      session.tokenUntil = 0
      session.socket?.close()
      session.socket = socket
      socket.on('message', (frame) => session.channel.receive(frame as Buffer))
      session.channel.link((frame) => {
        if (socket.readyState === socket.OPEN) socket.send(frame)
      })
    })
    socket.on('error', () => socket.terminate())
  }

  cloud.onClose(() => {
    for (const session of [...live.values()]) end(session, '')
    for (const socket of server.clients) {
      socket.close(GOING_AWAY)
      socket.terminate()
    }
  })

  return {
    open(prefix, start, port) {
      const id = `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`
      const begun = Promise.withResolvers<SessionProcess>()
      begun.promise.catch(() => {})
      const session: Live = {
        id,
        begun,
        token: '',
        tokenUntil: 0,
        channel: agentChannel({
          clock: cloud.clock,
          ...(port ? { type: 'Port', properties: port } : { type: 'InteractiveCommands' }),
          ready: () => void begin(session, start),
          input(bytes) {
            busy(session)
            return tell(session, (far) => far.write(bytes))
          },
          resized: (columns, rows) => void tell(session, (far) => far.resize?.(columns, rows)),
          gone: () => end(session, ''),
        }),
      }
      live.set(id, session)
      busy(session)
      return answer(session)
    },
    resume: (id) => answer(known(id)),
    terminate(id) {
      const session = live.get(id)
      if (session) end(session, '')
    },
    upgrade(request, socket, head) {
      const path = request.url?.split('?', 1)[0] ?? ''
      if (!path.startsWith(PATH)) return false
      const session = live.get(decodeURIComponent(path.slice(PATH.length)))
      if (!session) return false
      server.handleUpgrade(request, socket, head, (opened) => admit(session, opened))
      return true
    },
  }
}

function tokenOf(opening: string): string | undefined {
  try {
    const { TokenValue } = JSON.parse(opening) as { TokenValue?: unknown }
    return typeof TokenValue === 'string' ? TokenValue : undefined
  } catch {
    return undefined
  }
}
