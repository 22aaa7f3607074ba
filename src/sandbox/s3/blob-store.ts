// Bodies of objects and parts: files that are written once, read in ranges, shared by copies and swept when nobody refers to them.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Cloud } from '../cloud.ts'
import { type Algorithm, type Checksums, runningChecksum } from './checksum.ts'

export interface Blob {
  file: string
  bytes: number
}

export interface StoredBlob extends Blob {
  /** Hexadecimal. */
  md5: string
  checksums: Checksums
}

/** A removed file stays for as long, so that what refers to it is off the disk before it is. */
const REMOVAL_DELAY_MS = 5_000

export class BlobStore {
  readonly #folder: string

  constructor(cloud: Cloud) {
    this.#folder = join(cloud.folder, 's3')
    mkdirSync(this.#folder, { recursive: true })
  }

  async write(body: unknown, algorithms: Algorithm[]): Promise<StoredBlob> {
    const file = randomUUID()
    const md5 = createHash('md5')
    const running = algorithms.map((algorithm) => ({ algorithm, sum: runningChecksum(algorithm) }))
    let bytes = 0
    const handle = await open(join(this.#folder, file), 'wx')
    try {
      for await (const chunk of chunksOf(body)) {
        md5.update(chunk)
        for (const { sum } of running) sum.update(chunk)
        await handle.writeFile(chunk)
        bytes += chunk.length
      }
    } finally {
      await handle.close()
    }
    const checksums = Object.fromEntries(running.map(({ algorithm, sum }) => [algorithm, sum.digest().toString('base64')]))
    return { file, bytes, md5: md5.digest('hex'), checksums }
  }

  /** Another name for the same bytes. */
  async share(blob: Blob): Promise<Blob> {
    const file = randomUUID()
    await link(join(this.#folder, blob.file), join(this.#folder, file))
    return { file, bytes: blob.bytes }
  }

  /** The bytes from `start` up to and including `end` of blobs in a row. */
  read(blobs: Blob[], start: number, end: number): Readable {
    return Readable.from(this.#chunks(blobs, start, end), { objectMode: false })
  }

  async checksum(blobs: Blob[], algorithm: Algorithm): Promise<string> {
    const sum = runningChecksum(algorithm)
    for await (const chunk of this.#chunks(blobs, 0, total(blobs) - 1)) sum.update(chunk)
    return sum.digest().toString('base64')
  }

  removeSoon(blobs: Blob[]): void {
    if (blobs.length === 0) return
    setTimeout(() => {
      for (const { file } of blobs) rm(join(this.#folder, file), { force: true }).catch(() => {})
    }, REMOVAL_DELAY_MS).unref()
  }

  /** Removes every file but these. */
  sweep(kept: Set<string>): void {
    for (const file of readdirSync(this.#folder)) if (!kept.has(file)) rmSync(join(this.#folder, file), { force: true })
  }

  async *#chunks(blobs: Blob[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0
    for (const { file, bytes } of blobs) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, bytes - 1)]
      if (from <= to) yield* createReadStream(join(this.#folder, file), { start: from, end: to }) as AsyncIterable<Buffer>
      offset += bytes
    }
  }
}

export const total = (blobs: Blob[]) => blobs.reduce((sum, { bytes }) => sum + bytes, 0)

async function* chunksOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (body === undefined || body === null) return
  if (body instanceof Uint8Array) yield body
  else if (typeof body === 'string') yield Buffer.from(body)
  else if (body instanceof Readable) yield* body as AsyncIterable<Uint8Array>
  else throw new TypeError('An object body must be bytes, a string or a stream')
}
