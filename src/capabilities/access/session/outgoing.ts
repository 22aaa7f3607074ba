// What the client sends: numbered, kept until it is acknowledged, and sent again when that takes too long.
import type { Clock, Timer } from '../../../core/clock.ts'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'
import { encodeMessage, flags, type Message, objectOf } from './message.ts'

export interface OutgoingParts {
  clock: Clock
  /** Sends one frame; what it cannot send is lost, and is sent again. */
  send(frame: Uint8Array): void
  /** Nothing was acknowledged for five minutes. */
  lost(): void
}

interface Unacknowledged {
  frame: Buffer
  firstSentAt: number
  sentAt: number
}

/** Frames from the oldest that is not acknowledged to the newest: 512 KiB, which fills a line of 4 MiB/s at 128 ms. */
const WINDOW = 512
const FIRST_TIMEOUT_MS = 200
const LONGEST_TIMEOUT_MS = 10_000
const TICK_MS = 50
const LOST_AFTER_MS = 5 * 60_000

/** What is asked of a session that has ended. */
export const over = () => new KibanError('unavailable', 'channel.over', text.sessionOver, { hint: text.sessionOverHint })

export class Outgoing {
  readonly #parts: OutgoingParts
  #send: (frame: Uint8Array) => void
  #next = 0
  #unacknowledged = new Map<number, Unacknowledged>()
  #paused = false
  #over = false
  #waiting: (() => void)[] = []
  #timer: Timer | undefined
  #roundTrip: { smoothed: number; variation: number } | undefined

  constructor(parts: OutgoingParts) {
    this.#parts = parts
    this.#send = parts.send
  }

  /** Sends a frame of the stream once there is room for it. Throws `channel.over`. */
  async put(payloadType: number, payload: Uint8Array): Promise<void> {
    while (!this.#over && (this.#paused || this.#next - this.#oldest >= WINDOW))
      await new Promise<void>((go) => void this.#waiting.push(go))
    if (this.#over) throw over()
    const { clock } = this.#parts
    const sequence = this.#next++
    const frame = encodeMessage({
      type: 'input_stream_data',
      sequence,
      flags: sequence === 0 ? flags.first : flags.data,
      payloadType,
      payload,
      createdAt: clock.now(),
    })
    const now = clock.elapsed()
    this.#unacknowledged.set(sequence, { frame, firstSentAt: now, sentAt: now })
    this.#send(frame)
    this.#watch()
  }

  /** Sends a frame that is not of the stream: it is not numbered, and never sent again. */
  tell(frame: Uint8Array): void {
    this.#send(frame)
  }

  acknowledged({ payload }: Message): void {
    const sequence = Number(objectOf(payload)?.AcknowledgedMessageSequenceNumber)
    const sent = this.#unacknowledged.get(sequence)
    if (!sent) return
    this.#unacknowledged.delete(sequence)
    // Which sending was answered nobody knows (Karn and Partridge, SIGCOMM 1987). Counted from the first, a line that is slower
    // than the time-out shows itself; and what is lost now and then makes the time-out a little long, never short.
    this.#measured(this.#parts.clock.elapsed() - sent.firstSentAt)
    this.#goOn()
  }

  /** The agent asks for silence, or takes that back. */
  pause(isPaused: boolean): void {
    this.#paused = isPaused
    this.#goOn()
  }

  /** Goes on over another link: everything that was not acknowledged is sent again at once, as if for the first time. */
  resume(send: (frame: Uint8Array) => void): void {
    this.#send = send
    const now = this.#parts.clock.elapsed()
    for (const each of this.#unacknowledged.values()) {
      each.firstSentAt = now
      this.#sendAgain(each, now)
    }
  }

  stop(): void {
    this.#over = true
    this.#timer?.cancel()
    this.#goOn()
  }

  get #oldest(): number {
    return this.#unacknowledged.keys().next().value ?? this.#next
  }

  #goOn(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
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
        if (now - each.firstSentAt > LOST_AFTER_MS) return this.#parts.lost()
        if (now - each.sentAt >= this.#timeout) this.#sendAgain(each, now)
      }
      this.#watch()
    })
  }

  #sendAgain(each: Unacknowledged, now: number): void {
    each.sentAt = now
    this.#send(each.frame)
  }
}
