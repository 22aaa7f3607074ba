// Many connections over one session: version 1 of smux, which AWS's agent and plugin put inside the data channel of a port.
// A frame is a version, a command, a length and a stream, little-endian, then its bytes. https://github.com/xtaci/smux
import type { Socket } from 'node:net'

const VERSION = 1
const HEADER_BYTES = 8
const MOST_BYTES = 32 * 1024
/** Bytes that one connection's reader may be behind before the whole session waits for it. */
const MOST_BEHIND_BYTES = 4 * 1024 * 1024
const Command = { open: 0, end: 1, data: 2 } as const

interface Stream {
  socket: Socket
  /** This side has said that it writes no more, and the other one has. */
  ended: { here: boolean; there: boolean }
}

export class Multiplexer {
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #streams = new Map<number, Stream>()
  #next = 1
  /** Frames of different connections must not mix: one after the other. */
  #last: Promise<void> = Promise.resolve()
  #rest: Buffer = Buffer.alloc(0)

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  /** Connections that are open. */
  get size(): number {
    return this.#streams.size
  }

  /** Carries a connection until both sides have ended it. */
  open(socket: Socket): void {
    const id = this.#next
    this.#next += 2
    const stream = { socket, ended: { here: false, there: false } }
    this.#streams.set(id, stream)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#streams.delete(id))
    this.#carry(id, stream).catch(() => socket.destroy())
  }

  /** Takes bytes of the session; the promise is open while a connection's reader is too far behind. */
  async receive(bytes: Uint8Array): Promise<void> {
    this.#rest = this.#rest.byteLength === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    while (this.#rest.byteLength >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#rest.readUInt16LE(2)
      if (this.#rest.byteLength < end) return
      const frame = this.#rest.subarray(0, end)
      this.#rest = this.#rest.subarray(end)
      await this.#take(frame.readUInt8(1), frame.readUInt32LE(4), frame.subarray(HEADER_BYTES))
    }
  }

  close(): void {
    for (const { socket } of this.#streams.values()) socket.destroy()
  }

  async #carry(id: number, stream: Stream): Promise<void> {
    await this.#send(Command.open, id)
    try {
      for await (const chunk of stream.socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
        for (let at = 0; at < chunk.byteLength; at += MOST_BYTES)
          await this.#send(Command.data, id, chunk.subarray(at, at + MOST_BYTES))
    } finally {
      await this.#send(Command.end, id)
      stream.ended.here = true
      this.#forget(id, stream)
    }
  }

  #send(command: number, id: number, bytes: Uint8Array = new Uint8Array()): Promise<void> {
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt8(VERSION, 0)
    header.writeUInt8(command, 1)
    header.writeUInt16LE(bytes.byteLength, 2)
    header.writeUInt32LE(id, 4)
    const sent = this.#last.then(() => this.#write(Buffer.concat([header, bytes])))
    this.#last = sent.catch(() => {})
    return sent
  }

  async #take(command: number, id: number, bytes: Buffer): Promise<void> {
    const stream = this.#streams.get(id)
    // Bytes for a connection that was closed here meanwhile.
    if (!stream) return
    const { socket } = stream
    if (command === Command.data) {
      socket.write(bytes)
      if (socket.writableLength > MOST_BEHIND_BYTES) await drained(socket)
    } else if (command === Command.end) {
      stream.ended.there = true
      socket.end()
      this.#forget(id, stream)
    }
  }

  #forget(id: number, { ended }: Stream): void {
    if (ended.here && ended.there) this.#streams.delete(id)
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
    if (socket.destroyed) done()
  })
