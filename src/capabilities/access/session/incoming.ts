// What the client is sent: put in order, acknowledged, and taken one after the other, never more than there is room for.
import type { Message } from './message.ts'

export interface IncomingParts {
  acknowledge(message: Message): void
  /** Takes a message; while its promise is open no other is taken. */
  take(message: Message): Promise<void>
  /** A message could not be taken. */
  failed(error: unknown): void
}

/** Frames out of order, and bytes that wait to be taken; what is above is not acknowledged, so that it comes again. */
const MOST_AHEAD = 512
const MOST_QUEUED_BYTES = 1024 * 1024

export class Incoming {
  readonly #parts: IncomingParts
  #next = 0
  #ahead = new Map<number, Message>()
  #queue: Message[] = []
  #queuedBytes = 0
  #taking = false
  #over = false

  constructor(parts: IncomingParts) {
    this.#parts = parts
  }

  /** Takes a frame of the stream off the link. */
  arrived(message: Message): void {
    const { sequence } = message
    if (sequence > this.#next) {
      if (this.#ahead.size >= MOST_AHEAD) return
      this.#ahead.set(sequence, message)
    } else if (sequence === this.#next) {
      if (this.#queuedBytes > MOST_QUEUED_BYTES) return
      for (let next: Message | undefined = message; next; next = this.#ahead.get(this.#next)) {
        this.#ahead.delete(next.sequence)
        this.#next++
        this.append(next)
      }
    }
    // One that came before is acknowledged too: its acknowledgement may have been lost.
    this.#parts.acknowledge(message)
  }

  /** Has a message taken behind all that have come, numbered or not. */
  append(message: Message): void {
    this.#queue.push(message)
    this.#queuedBytes += message.payload.byteLength
    void this.#takeAll()
  }

  stop(): void {
    this.#over = true
  }

  async #takeAll(): Promise<void> {
    if (this.#taking) return
    this.#taking = true
    try {
      for (let message = this.#queue.shift(); message && !this.#over; message = this.#queue.shift()) {
        await this.#parts.take(message)
        this.#queuedBytes -= message.payload.byteLength
      }
    } catch (error) {
      this.#parts.failed(error)
    } finally {
      this.#taking = false
    }
  }
}
