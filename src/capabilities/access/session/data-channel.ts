/**
 * The client's end of a session: what is written arrives whole and in order however the link loses, doubles and disorders
 * frames, and neither side is given more than it can take. It knows frames, not sockets: a link sends them, and whoever has
 * the link hands what arrives to `receive`. A broken link is replaced by `resume`.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../../../core/clock.ts'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'
import { version } from '../../../core/version.ts'
import { decodeMessage, encodeMessage, flags, type Message, payloadType } from './message.ts'

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

interface Unacknowledged {
  frame: Buffer
  firstSentAt: number
  sentAt: number
  again: boolean
}

/** AWS's agent and plugin send no more in one frame. */
const CHUNK_BYTES = 1024
/** Frames from the oldest that is not acknowledged to the newest: 512 KiB, which fills a line of 4 MiB/s at 128 ms. */
const WINDOW = 512
/** Out of order, and not yet delivered, respectively; what is above is not acknowledged, so that it comes again. */
const MOST_AHEAD = 512
const MOST_QUEUED_BYTES = 1024 * 1024
const FIRST_TIMEOUT_MS = 200
const LONGEST_TIMEOUT_MS = 1_000
const TICK_MS = 50
const LOST_AFTER_MS = 5 * 60_000
const TERMINATE = 2
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ActionStatus = { success: 1, failed: 2, unsupported: 3 } as const

export class DataChannel {
  /** Settles when the agent is ready; rejects when the session ends before. */
  readonly opened: Promise<SessionOpened>
  /** Settles once, with how it ended. */
  readonly ended: Promise<SessionEnd>
  readonly #parts: DataChannelParts
  readonly #opening = Promise.withResolvers<SessionOpened>()
  readonly #ending = Promise.withResolvers<SessionEnd>()
  #send: (frame: Uint8Array) => void
  #over = false
  #exitCode: number | undefined
  #session: SessionOpened = { type: 'Standard_Stream', properties: {} }
  #keys: { encryption: Uint8Array; decryption: Uint8Array } | undefined

  #nextOut = 0
  #unacknowledged = new Map<number, Unacknowledged>()
  #paused = false
  #waiting: (() => void)[] = []
  #timer: Timer | undefined
  #roundTrip: { smoothed: number; variation: number } | undefined

  #nextIn = 0
  #ahead = new Map<number, Message>()
  #queue: Message[] = []
  #queuedBytes = 0
  #delivering = false

  constructor(parts: DataChannelParts) {
    this.#parts = parts
    this.#send = parts.send
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
    if (message.type === 'acknowledge') this.#acknowledged(message)
    else if (message.type === 'output_stream_data') this.#arrived(message)
    else if (message.type === 'pause_publication') this.#paused = true
    else if (message.type === 'start_publication') {
      this.#paused = false
      this.#goOn()
    } else if (message.type === 'channel_closed') this.#closedBy(message)
  }

  /** Sends input, encrypted where the session is; resolves when all of it is on its way. Throws when the session is over. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.opened
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES)
      await this.#put(payloadType.output, this.#keys ? sealed(chunk, this.#keys.encryption) : chunk)
    }
  }

  /** Tells the size of the terminal. */
  async resize(size: { columns: number; rows: number }): Promise<void> {
    await this.opened
    await this.#put(payloadType.size, jsonBytes({ cols: size.columns, rows: size.rows }))
  }

  /** Asks the agent to end the session. */
  async terminate(): Promise<void> {
    const flag = Buffer.alloc(4)
    flag.writeUInt32BE(TERMINATE)
    await this.#put(payloadType.flag, flag)
  }

  /** Goes on over another link: everything that was not acknowledged is sent again, at once. */
  resume(send: (frame: Uint8Array) => void): void {
    this.#send = send
    const now = this.#parts.clock.elapsed()
    for (const each of this.#unacknowledged.values()) this.#sendAgain(each, now)
  }

  /** Ends this side without a word to the other. */
  abandon(error: unknown): void {
    this.#end({ kind: 'failed', error })
  }

  async #put(type: number, payload: Uint8Array): Promise<void> {
    while (!this.#over && (this.#paused || this.#nextOut - this.#oldest >= WINDOW))
      await new Promise<void>((go) => void this.#waiting.push(go))
    if (this.#over) throw new KibanError('unavailable', 'channel.over', text.sessionOver)
    const sequence = this.#nextOut++
    const frame = encodeMessage({
      type: 'input_stream_data',
      sequence,
      flags: sequence === 0 ? flags.first : flags.data,
      payloadType: type,
      payload,
      createdAt: this.#parts.clock.now(),
    })
    const now = this.#parts.clock.elapsed()
    this.#unacknowledged.set(sequence, { frame, firstSentAt: now, sentAt: now, again: false })
    this.#send(frame)
    this.#watch()
  }

  get #oldest(): number {
    return this.#unacknowledged.keys().next().value ?? this.#nextOut
  }

  #goOn(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  #acknowledged({ payload }: Message): void {
    const sequence = objectOf(payload)?.AcknowledgedMessageSequenceNumber
    const sent = typeof sequence === 'number' ? this.#unacknowledged.get(sequence) : undefined
    if (!sent) return
    this.#unacknowledged.delete(sequence as number)
    // Of a frame that was sent twice nobody knows which one was answered (Karn and Partridge, SIGCOMM 1987).
    if (!sent.again) this.#measured(this.#parts.clock.elapsed() - sent.sentAt)
    this.#goOn()
  }

  /** RFC 6298 §2. */
  #measured(took: number): void {
    const before = this.#roundTrip
    this.#roundTrip = before
      ? {
          variation: 0.75 * before.variation + 0.25 * Math.abs(before.smoothed - took),
          smoothed: 0.875 * before.smoothed + 0.125 * took,
        }
      : { smoothed: took, variation: took / 2 }
  }

  get #timeout(): number {
    if (!this.#roundTrip) return FIRST_TIMEOUT_MS
    const { smoothed, variation } = this.#roundTrip
    return Math.min(LONGEST_TIMEOUT_MS, Math.max(FIRST_TIMEOUT_MS, smoothed + 4 * variation))
  }

  #watch(): void {
    this.#timer ??= this.#parts.clock.after(TICK_MS, () => {
      this.#timer = undefined
      if (this.#over || this.#unacknowledged.size === 0) return
      const now = this.#parts.clock.elapsed()
      for (const each of this.#unacknowledged.values()) {
        if (now - each.firstSentAt > LOST_AFTER_MS) return this.#end({ kind: 'lost' })
        if (now - each.sentAt >= this.#timeout) this.#sendAgain(each, now)
      }
      this.#watch()
    })
  }

  #sendAgain(each: Unacknowledged, now: number): void {
    each.sentAt = now
    each.again = true
    this.#send(each.frame)
  }

  #arrived(message: Message): void {
    const { sequence } = message
    if (sequence > this.#nextIn) {
      if (this.#ahead.size >= MOST_AHEAD) return
      this.#ahead.set(sequence, message)
    } else if (sequence === this.#nextIn) {
      if (this.#queuedBytes > MOST_QUEUED_BYTES) return
      this.#enqueue(message)
      for (let next = this.#ahead.get(this.#nextIn); next; next = this.#ahead.get(this.#nextIn)) {
        this.#ahead.delete(next.sequence)
        this.#enqueue(next)
      }
      this.#deliver().catch(() => {})
    }
    // One that came before is acknowledged too: its acknowledgement may have been lost.
    this.#acknowledge(message)
  }

  #enqueue(message: Message): void {
    this.#nextIn++
    this.#queue.push(message)
    this.#queuedBytes += message.payload.byteLength
  }

  #acknowledge({ type, id, sequence }: Message): void {
    const content = {
      AcknowledgedMessageType: type,
      AcknowledgedMessageId: id,
      AcknowledgedMessageSequenceNumber: sequence,
      IsSequentialMessage: true,
    }
    this.#send(
      encodeMessage({
        type: 'acknowledge',
        sequence: 0,
        flags: flags.acknowledgement,
        payloadType: payloadType.none,
        payload: jsonBytes(content),
        createdAt: this.#parts.clock.now(),
      }),
    )
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return
    this.#delivering = true
    try {
      for (let message = this.#queue.shift(); message && !this.#over; message = this.#queue.shift()) {
        await this.#take(message)
        this.#queuedBytes -= message.payload.byteLength
      }
    } catch (error) {
      this.#end({ kind: 'failed', error })
    } finally {
      this.#delivering = false
    }
  }

  async #take({ payloadType: type, payload }: Message): Promise<void> {
    switch (type) {
      case payloadType.output:
        // Agents before 2.3 shake no hands: output says that they are ready.
        this.#opening.resolve(this.#session)
        return this.#parts.output('stdout', this.#unsealed(payload))
      case payloadType.stderr:
        return this.#parts.output('stderr', this.#unsealed(payload))
      case payloadType.exitCode:
        this.#exitCode = Number(Buffer.from(this.#unsealed(payload)).toString('utf8').trim())
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
    await this.#put(payloadType.handshakeResponse, jsonBytes(answer))
    if (failure) this.#end({ kind: 'failed', error: failure })
  }

  async #agreeOnKey(keyId: string): Promise<object> {
    if (!this.#parts.dataKey) throw new KibanError('forbidden', 'channel.encrypted', text.sessionEncrypted(keyId))
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
    if (!this.#keys) throw new KibanError('unavailable', 'channel.frame-broken', text.frameBroken)
    const challenge = opened(Buffer.from(String(objectOf(payload)?.Challenge), 'base64'), this.#keys.decryption)
    const answer = { Challenge: Buffer.from(sealed(challenge, this.#keys.encryption)).toString('base64') }
    await this.#put(payloadType.challengeResponse, jsonBytes(answer))
  }

  #unsealed(payload: Uint8Array): Uint8Array {
    return this.#keys ? opened(payload, this.#keys.decryption) : payload
  }

  /** What came before it is delivered first, even if it was still on its way to whoever takes output. */
  #closedBy({ payload }: Message): void {
    const said = objectOf(payload)?.Output
    const finish = () => {
      const exitCode = this.#exitCode
      this.#end({ kind: 'closed', text: typeof said === 'string' ? said : '', ...(exitCode !== undefined && { exitCode }) })
    }
    const drained = () => {
      if (this.#over) return
      if (this.#delivering || this.#queue.length > 0) this.#parts.clock.after(1, drained)
      else finish()
    }
    drained()
  }

  #end(how: SessionEnd): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.cancel()
    this.#opening.reject(how.kind === 'failed' ? how.error : new KibanError('unavailable', 'channel.over', text.sessionOver))
    this.#ending.resolve(how)
    this.#goOn()
  }
}

/** AES-256-GCM: nonce, ciphertext, tag. */
function sealed(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

function opened(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  cipher.setAuthTag(bytes.subarray(bytes.byteLength - TAG_BYTES))
  return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, bytes.byteLength - TAG_BYTES)), cipher.final()])
}

const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

function objectOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
