/**
 * The agent's end of a session. Written from the protocol and apart from kiban's client, so that each is a witness of the
 * other; the Session Manager plugin is the third.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../../core/clock.ts'
import { type Frame, readFrame, writeFrame } from './frame.ts'

export interface AgentSession {
  clock: Clock
  /** `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands` or `Port`. */
  type: string
  properties?: object
  /** Where the account encrypts its sessions: its key, and what opens the data key that the client made of it. */
  encryption?: { keyId: string; decrypt(ciphertext: Buffer): Promise<Buffer> | Buffer }
  /** The client is ready: output may flow. */
  ready(): void
  /** While its promise is open, no more than a bounded amount is taken from the client. */
  input(bytes: Buffer): void | Promise<void>
  resized?(columns: number, rows: number): void
  /** The client wants the end, does not know a key, or has been silent for too long. */
  gone(reason: 'terminated' | 'refused' | 'lost'): void
}

export interface AgentChannel {
  /** Hands over a link, the first or another; frames that wait for their acknowledgement go over it again. */
  link(send: (frame: Buffer) => void): void
  receive(bytes: Buffer): void
  /** Resolves when there is room for more. */
  write(bytes: Buffer, source?: 'stdout' | 'stderr'): Promise<void>
  /** Resolves when the client has acknowledged everything, or is gone. */
  flushed(): Promise<void>
  /** Tells the client that it is over. */
  close(sessionId: string, output: string): void
}

const CHUNK = 1024
const ROOM = 512
/** Of input that waits; what is above is not acknowledged, and comes again. */
const MOST_WAITING = 1024 * 1024
const RESEND_MS = 250
const SILENCE_MS = 5 * 60_000
const FIRST_FLAG = 1
const ACKNOWLEDGEMENT_FLAG = 3
const TERMINATE = 2
const PAYLOAD = { output: 1, size: 3, hello: 5, helloBack: 6, complete: 7, challenge: 8, challengeBack: 9, flag: 10, stderr: 11 }

export function agentChannel(session: AgentSession): AgentChannel {
  const { clock } = session
  const started = clock.elapsed()
  let send: ((frame: Buffer) => void) | undefined
  let over = false
  let expected = 0
  const early = new Map<number, Frame>()
  let sequence = 0
  const open = new Map<number, { frame: Buffer; sentAt: number; since: number }>()
  let resending: Timer | undefined
  let changed = Promise.withResolvers<void>()
  let keys: { in: Buffer; out: Buffer } | undefined
  let question: Buffer | undefined
  let handshake: 'waiting' | 'asked' | 'done' = 'waiting'
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const finish = (reason: 'terminated' | 'refused' | 'lost') => {
    if (over) return
    over = true
    resending?.cancel()
    changed.resolve()
    session.gone(reason)
  }

  const resend = () => {
    resending = undefined
    if (over || open.size === 0) return
    for (const each of open.values()) {
      if (clock.elapsed() - each.since > SILENCE_MS) return finish('lost')
      if (clock.elapsed() - each.sentAt < RESEND_MS) continue
      each.sentAt = clock.elapsed()
      send?.(each.frame)
    }
    resending = clock.after(RESEND_MS / 2, resend)
  }

  const emit = (payloadType: number, payload: Buffer) => {
    const own = sequence++
    const flags = own === 0 ? FIRST_FLAG : 0
    const frame = writeFrame({ type: 'output_stream_data', sequence: own, flags, payloadType, payload }, clock.now())
    open.set(own, { frame, sentAt: clock.elapsed(), since: clock.elapsed() })
    send?.(frame)
    resending ??= clock.after(RESEND_MS / 2, resend)
  }

  const acknowledge = ({ type, id, sequence: of }: Frame) => {
    const payload = Buffer.from(
      JSON.stringify({
        AcknowledgedMessageType: type,
        AcknowledgedMessageId: id,
        AcknowledgedMessageSequenceNumber: of,
        IsSequentialMessage: true,
      }),
    )
    send?.(writeFrame({ type: 'acknowledge', sequence: 0, flags: ACKNOWLEDGEMENT_FLAG, payloadType: 0, payload }, clock.now()))
  }

  const complete = () => {
    handshake = 'done'
    const took = Math.round((clock.elapsed() - started) * 1e6)
    emit(
      PAYLOAD.complete,
      json({ HandshakeTimeToComplete: took, CustomerMessage: keys ? 'This session is encrypted using AWS KMS.' : '' }),
    )
    session.ready()
  }

  const helloBack = async (payload: Buffer) => {
    const { ProcessedClientActions: actions = [] } = parsed<{
      ProcessedClientActions?: {
        ActionType: string
        ActionStatus: number
        ActionResult?: { KMSCipherTextKey: string; KMSCipherTextHash: string }
      }[]
    }>(payload)
    const wanted = session.encryption ? ['SessionType', 'KMSEncryption'] : ['SessionType']
    const done = (name: string) => actions.find(({ ActionType, ActionStatus }) => ActionType === name && ActionStatus === 1)
    if (!wanted.every(done)) return finish('refused')
    if (!session.encryption) return complete()
    const { KMSCipherTextKey = '', KMSCipherTextHash } = done('KMSEncryption')?.ActionResult ?? {}
    const ciphertext = Buffer.from(KMSCipherTextKey, 'base64')
    if (createHash('sha256').update(ciphertext).digest('base64') !== KMSCipherTextHash) return finish('refused')
    const key = await session.encryption.decrypt(ciphertext)
    keys = { out: key.subarray(0, 32), in: key.subarray(32) }
    question = randomBytes(64)
    emit(PAYLOAD.challenge, json({ Challenge: seal(question, keys.out).toString('base64') }))
  }

  const take = async ({ payloadType, payload }: Frame) => {
    if (over) return
    if (payloadType === PAYLOAD.helloBack && handshake === 'asked') return helloBack(payload)
    if (payloadType === PAYLOAD.challengeBack && keys && question) {
      const { Challenge = '' } = parsed<{ Challenge?: string }>(payload)
      return unseal(Buffer.from(Challenge, 'base64'), keys.in).equals(question) ? complete() : finish('refused')
    }
    if (payloadType === PAYLOAD.flag && payload.readUInt32BE(0) === TERMINATE) return finish('terminated')
    if (handshake !== 'done') return
    if (payloadType === PAYLOAD.size) {
      const { cols, rows } = parsed<{ cols: number; rows: number }>(payload)
      session.resized?.(cols, rows)
    } else if (payloadType === PAYLOAD.output) await session.input(keys ? unseal(payload, keys.in) : payload)
  }

  return {
    link(to) {
      send = to
      if (handshake === 'waiting') {
        handshake = 'asked'
        const actions: object[] = [
          { ActionType: 'SessionType', ActionParameters: { SessionType: session.type, Properties: session.properties ?? {} } },
        ]
        if (session.encryption)
          actions.push({ ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: session.encryption.keyId } })
        emit(PAYLOAD.hello, json({ AgentVersion: '3.3.0.0', RequestedClientActions: actions }))
      } else for (const { frame } of open.values()) to(frame)
    },

    receive(bytes) {
      if (over) return
      const frame = readFrame(bytes)
      if (!frame) return
      if (frame.type === 'acknowledge') {
        if (!open.delete(acknowledged(frame.payload))) return
        changed.resolve()
        changed = Promise.withResolvers()
        return
      }
      if (frame.type !== 'input_stream_data') return
      if (frame.sequence >= expected) {
        // The one that is next must always find room, or those behind it would wait for it for ever.
        if (waiting > MOST_WAITING || (frame.sequence > expected && early.size > ROOM)) return
        early.set(frame.sequence, frame)
      }
      acknowledge(frame)
      for (let next = early.get(expected); next; next = early.get(expected)) {
        early.delete(expected++)
        const now = next
        waiting += now.payload.byteLength
        turn = turn
          .then(() => take(now))
          .catch(() => finish('refused'))
          .then(() => {
            waiting -= now.payload.byteLength
          })
      }
    },

    async write(bytes, source = 'stdout') {
      for (let at = 0; at < bytes.byteLength; at += CHUNK) {
        while (!over && sequence - (open.keys().next().value ?? sequence) >= ROOM) await changed.promise
        if (over) return
        const part = bytes.subarray(at, at + CHUNK)
        emit(source === 'stdout' ? PAYLOAD.output : PAYLOAD.stderr, keys ? seal(part, keys.out) : part)
      }
    },

    async flushed() {
      while (!over && open.size > 0) await changed.promise
    },

    close(sessionId, output) {
      if (over) return
      over = true
      resending?.cancel()
      changed.resolve()
      const payload = json({ MessageType: 'channel_closed', SchemaVersion: 1, SessionId: sessionId, Output: output })
      send?.(writeFrame({ type: 'channel_closed', sequence: 0, flags: 2, payloadType: 0, payload }, clock.now()))
    },
  }
}

function seal(bytes: Buffer, key: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

function unseal(bytes: Buffer, key: Buffer): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
  cipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()])
}

/** The number of the frame that is acknowledged; one that never was for what is no acknowledgement. */
function acknowledged(payload: Buffer): number {
  try {
    return Number(parsed<{ AcknowledgedMessageSequenceNumber?: unknown } | null>(payload)?.AcknowledgedMessageSequenceNumber)
  } catch {
    return Number.NaN
  }
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const parsed = <Value>(payload: Buffer): Value => JSON.parse(payload.toString('utf8')) as Value
