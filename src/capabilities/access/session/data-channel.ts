/**
 * The client's end of a session: what is written arrives whole and in order however the link loses, doubles and disorders
 * frames, and neither side is given more than it can take. It knows frames, not sockets: a link sends them, and whoever has
 * the link hands what arrives to `receive`. A broken link is replaced by `resume`.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'
import { version } from '../../../core/version.ts'
import { seal, unseal } from './cipher.ts'
import { Incoming } from './incoming.ts'
import { decodeMessage, encodeAcknowledgement, frameBroken, jsonBytes, type Message, objectOf, payloadType } from './message.ts'
import { Outgoing, over } from './outgoing.ts'

export interface DataChannelParts {
  clock: Clock
  /** Sends one frame; what it cannot send is lost, and is sent again. */
  send(frame: Uint8Array): void
  /** Takes output; while its promise is open no more is taken from the agent than a bounded amount. */
  output(source: 'stdout' | 'stderr', bytes: Uint8Array): void | Promise<void>
  /** A new data key of a KMS key, 64 bytes, for accounts that encrypt sessions. Such a session is refused without it. */
  dataKey?(keyId: string): Promise<{ plaintext: Uint8Array; ciphertext: Uint8Array }>
}

export interface SessionOpened {
  /** `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands` or `Port`. */
  type: string
  properties: Record<string, unknown>
}

export type SessionEnd =
  /** The agent closed the channel; `text` is what it says to people, `exitCode` is there where it gave one. */
  { kind: 'closed'; text: string; exitCode?: number } | { kind: 'lost' } | { kind: 'failed'; error: unknown }

/** AWS's agent and plugin send no more in one frame. */
const CHUNK_BYTES = 1024
const TERMINATE = 2
const ActionStatus = { success: 1, failed: 2, unsupported: 3 } as const

export class DataChannel {
  /** Settles when the agent is ready; rejects when the session ends before. */
  readonly opened: Promise<SessionOpened>
  /** Settles once, with how it ended. */
  readonly ended: Promise<SessionEnd>
  readonly #parts: DataChannelParts
  readonly #opening = Promise.withResolvers<SessionOpened>()
  readonly #ending = Promise.withResolvers<SessionEnd>()
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  #session: SessionOpened = { type: 'Standard_Stream', properties: {} }
  #keys: { encryption: Uint8Array; decryption: Uint8Array } | undefined
  #exitCode: number | undefined
  #over = false

  constructor(parts: DataChannelParts) {
    const { clock, send } = parts
    this.#parts = parts
    this.#outgoing = new Outgoing({ clock, send, lost: () => this.#end({ kind: 'lost' }) })
    this.#incoming = new Incoming({
      acknowledge: (message) => this.#outgoing.tell(encodeAcknowledgement(message, clock.now())),
      take: (message) => this.#take(message),
      failed: (error) => this.#end({ kind: 'failed', error }),
    })
    this.opened = this.#opening.promise
    this.ended = this.#ending.promise
    this.opened.catch(() => {})
  }

  /** Takes one frame off the link. Bytes that are no frame are dropped: their sender sends them again. */
  receive(bytes: Uint8Array): void {
    if (this.#over) return
    let message: Message
    try {
      message = decodeMessage(bytes)
    } catch {
      return
    }
    if (message.type === 'acknowledge') this.#outgoing.acknowledged(message)
    else if (message.type === 'output_stream_data') this.#incoming.arrived(message)
    else if (message.type === 'pause_publication') this.#outgoing.pause(true)
    else if (message.type === 'start_publication') this.#outgoing.pause(false)
    else if (message.type === 'channel_closed') this.#incoming.append(message)
  }

  /** Sends input, encrypted where the session is; resolves when all of it is on its way. Throws when the session is over. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.opened
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES)
      await this.#outgoing.put(payloadType.output, this.#keys ? seal(chunk, this.#keys.encryption) : chunk)
    }
  }

  /** Tells the size of the terminal. */
  async resize(size: { columns: number; rows: number }): Promise<void> {
    await this.opened
    await this.#outgoing.put(payloadType.size, jsonBytes({ cols: size.columns, rows: size.rows }))
  }

  /** Asks the agent to end the session. */
  async terminate(): Promise<void> {
    const flag = Buffer.alloc(4)
    flag.writeUInt32BE(TERMINATE)
    await this.#outgoing.put(payloadType.flag, flag)
  }

  /** Goes on over another link: everything that was not acknowledged is sent again, at once. */
  resume(send: (frame: Uint8Array) => void): void {
    this.#outgoing.resume(send)
  }

  /** Ends this side without a word to the other. */
  abandon(error: unknown): void {
    this.#end({ kind: 'failed', error })
  }

  async #take({ type, payloadType: kind, payload }: Message): Promise<void> {
    if (type === 'channel_closed') return this.#closed(payload)
    switch (kind) {
      case payloadType.output:
        // Agents before 2.3 shake no hands: output says that they are ready.
        this.#opening.resolve(this.#session)
        return this.#parts.output('stdout', this.#unsealed(payload))
      case payloadType.stderr:
        return this.#parts.output('stderr', this.#unsealed(payload))
      case payloadType.exitCode:
        this.#exitCode = exitCodeOf(this.#unsealed(payload))
        return
      case payloadType.handshakeRequest:
        return this.#shakeHands(payload)
      case payloadType.challengeRequest:
        return this.#answerChallenge(payload)
      case payloadType.handshakeComplete:
        this.#opening.resolve(this.#session)
    }
  }

  async #shakeHands(payload: Uint8Array): Promise<void> {
    const asked = objectOf(payload)?.RequestedClientActions
    const actions = Array.isArray(asked) ? (asked as { ActionType?: string; ActionParameters?: Record<string, unknown> }[]) : []
    const processed: object[] = []
    let failure: unknown
    for (const { ActionType, ActionParameters: parameters = {} } of actions) {
      try {
        if (ActionType === 'SessionType') {
          const { SessionType, Properties } = parameters
          this.#session = { type: String(SessionType), properties: (Properties ?? {}) as Record<string, unknown> }
          processed.push({ ActionType, ActionStatus: ActionStatus.success, ActionResult: null, Error: '' })
        } else if (ActionType === 'KMSEncryption') {
          const result = await this.#agreeOnKey(String(parameters.KMSKeyId))
          processed.push({ ActionType, ActionStatus: ActionStatus.success, ActionResult: result, Error: '' })
        } else {
          processed.push({ ActionType, ActionStatus: ActionStatus.unsupported, ActionResult: null, Error: 'unsupported' })
        }
      } catch (error) {
        failure = error
        processed.push({ ActionType, ActionStatus: ActionStatus.failed, ActionResult: null, Error: 'failed' })
      }
    }
    const answer = { ClientVersion: version(), ProcessedClientActions: processed, Errors: [] }
    await this.#outgoing.put(payloadType.handshakeResponse, jsonBytes(answer))
    if (failure) this.#end({ kind: 'failed', error: failure })
  }

  async #agreeOnKey(keyId: string): Promise<object> {
    if (!this.#parts.dataKey)
      throw new KibanError('forbidden', 'channel.encrypted', text.sessionEncrypted(keyId), { hint: text.sessionEncryptedHint })
    const { plaintext, ciphertext } = await this.#parts.dataKey(keyId)
    const half = plaintext.byteLength / 2
    this.#keys = { decryption: plaintext.subarray(0, half), encryption: plaintext.subarray(half) }
    return {
      KMSCipherTextKey: Buffer.from(ciphertext).toString('base64'),
      KMSCipherTextHash: createHash('sha256').update(ciphertext).digest('base64'),
    }
  }

  /** Proves that both sides hold the same keys: what was sealed with one comes back sealed with the other. */
  async #answerChallenge(payload: Uint8Array): Promise<void> {
    if (!this.#keys) throw frameBroken()
    const challenge = unseal(Buffer.from(String(objectOf(payload)?.Challenge), 'base64'), this.#keys.decryption)
    const answer = { Challenge: seal(challenge, this.#keys.encryption).toString('base64') }
    await this.#outgoing.put(payloadType.challengeResponse, jsonBytes(answer))
  }

  #unsealed(payload: Uint8Array): Uint8Array {
    return this.#keys ? unseal(payload, this.#keys.decryption) : payload
  }

  #closed(payload: Uint8Array): void {
    const said = objectOf(payload)?.Output
    const exitCode = this.#exitCode
    this.#end({ kind: 'closed', text: typeof said === 'string' ? said : '', ...(exitCode !== undefined && { exitCode }) })
  }

  #end(how: SessionEnd): void {
    if (this.#over) return
    this.#over = true
    this.#outgoing.stop()
    this.#incoming.stop()
    this.#opening.reject(how.kind === 'failed' ? how.error : over())
    this.#ending.resolve(how)
  }
}

/** Undefined for what is no exit code. */
function exitCodeOf(payload: Uint8Array): number | undefined {
  const given = Buffer.from(payload).toString('utf8').trim()
  return /^\d{1,3}$/.test(given) ? Number(given) : undefined
}
