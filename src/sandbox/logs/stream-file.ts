/**
 * The events of one stream: an append-only file, and in memory a sparse index of its blocks. A write is in the
 * operating system's hands when it returns, so that it outlives this process; a record that was cut off by the
 * machine's own end is dropped when the file is opened again.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Place } from './event-place.ts'
import { eventsIn, HEADER_BYTES, headerAt, type LogEvent, type RecordHeader, recorded } from './record.ts'

/** A run of records, in the order of their arrival. */
export interface Block {
  offset: number
  bytes: number
  /** No event of the block comes before the one place or after the other. */
  from: Place
  to: Place
}

const BLOCK_BYTES = 64 * 1024
const SCAN_BYTES = 1024 * 1024

export class StreamFile {
  readonly path: string
  readonly blocks: Block[] = []
  firstTimestamp: number | undefined
  lastTimestamp: number | undefined
  lastIngestionTime: number | undefined
  #descriptor: number | undefined
  #size = 0

  constructor(path: string) {
    this.path = path
    this.#load()
  }

  get isOpen(): boolean {
    return this.#descriptor !== undefined
  }

  append(events: LogEvent[]): void {
    const bytes = recorded(events)
    this.#descriptor ??= openSync(this.path, 'a')
    writeFully(this.#descriptor, bytes)
    for (let at = 0; at < bytes.length; ) at += this.#index(headerAt(bytes, at) as RecordHeader)
  }

  /** Gives the descriptor back to the system; the next append opens it again. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  /** For `read`; the caller closes it. */
  reader(): Promise<FileHandle> {
    return open(this.path, 'r')
  }

  async read(file: FileHandle, block: Block): Promise<LogEvent[]> {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(block.bytes), 0, block.bytes, block.offset)
    return eventsIn(buffer.subarray(0, bytesRead))
  }

  #load(): void {
    const descriptor = openSync(this.path, 'a+')
    const size = fstatSync(descriptor).size
    let chunk = Buffer.alloc(0)
    let start = 0
    while (this.#size < size) {
      const header = headerAt(chunk, this.#size - start)
      if (header && this.#size + HEADER_BYTES + header.messageBytes <= size) {
        this.#index(header)
      } else if (!header && this.#size + HEADER_BYTES <= size) {
        start = this.#size
        chunk = Buffer.alloc(Math.min(SCAN_BYTES, size - start))
        chunk = chunk.subarray(0, readSync(descriptor, chunk, 0, chunk.length, start))
      } else {
        ftruncateSync(descriptor, this.#size)
        break
      }
    }
    closeSync(descriptor)
  }

  #index(header: RecordHeader): number {
    const bytes = HEADER_BYTES + header.messageBytes
    const { timestamp, sequence } = header
    const block = this.blocks.at(-1)
    if (!block || block.bytes >= BLOCK_BYTES) {
      this.blocks.push({ offset: this.#size, bytes, from: { timestamp, sequence }, to: { timestamp, sequence } })
    } else {
      block.bytes += bytes
      block.from = { timestamp: Math.min(block.from.timestamp, timestamp), sequence: block.from.sequence }
      block.to = { timestamp: Math.max(block.to.timestamp, timestamp), sequence }
    }
    this.#size += bytes
    this.firstTimestamp = Math.min(this.firstTimestamp ?? timestamp, timestamp)
    this.lastTimestamp = Math.max(this.lastTimestamp ?? timestamp, timestamp)
    this.lastIngestionTime = Math.max(this.lastIngestionTime ?? 0, header.ingestionTime)
    return bytes
  }
}

function writeFully(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}
