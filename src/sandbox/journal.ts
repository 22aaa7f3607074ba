/**
 * A journal of changes on disk. One file holds everything: first all entries, then batches of changes as they come.
 * When changes outweigh the entries the file is written anew beside the old one and takes its place. A batch is whole
 * or not there: a torn one at the end, which nobody was told is safe, is cut off when the journal is opened.
 */
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import { KibanError } from '../core/error.ts'
import { sandbox } from '../core/messages/sandbox.ts'

/** A change sets a value, or removes the key when it has none. Values are structured-cloneable. */
export type Change = { table: string; key: string; value: unknown } | { table: string; key: string }

export interface Journal {
  /** Resolves when the changes are on disk. One call at a time. */
  append(changes: Iterable<Change>): Promise<void>
  close(): Promise<void>
}

interface Memory {
  apply(change: Change): void
  everything(): Iterable<Change>
}

const FILE = /^tables\.(\d+)\.journal$/
/** Length and CRC-32 of the batch that follows, both 32 bits, big-endian. */
const FRAME_BYTES = 8
const MAX_FRAME_BYTES = 1024 * 1024 * 1024
const COMPACT_ABOVE_BYTES = 8 * 1024 * 1024
const COMPACT_FACTOR = 4

/** Reads the journal of a folder into memory and goes on with it. */
export async function openJournal(folder: string, memory: Memory): Promise<Journal> {
  const generation = await latestGeneration(folder)
  if (generation !== undefined) await replay(join(folder, fileName(generation)), memory)
  return FileJournal.rewritten(folder, (generation ?? 0) + 1, memory)
}

const fileName = (generation: number): string => `tables.${generation}.journal`

async function generations(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => FILE.exec(name)?.[1] ?? []).map(Number)
}

async function latestGeneration(folder: string): Promise<number | undefined> {
  const all = await generations(folder)
  return all.length === 0 ? undefined : Math.max(...all)
}

async function replay(path: string, memory: Memory): Promise<void> {
  const bytes = await readFile(path)
  let at = 0
  while (at + FRAME_BYTES <= bytes.byteLength) {
    const length = bytes.readUInt32BE(at)
    const end = at + FRAME_BYTES + length
    // No batch is empty: zeros are what some file systems leave where a write did not come through.
    if (length === 0 || length > MAX_FRAME_BYTES || end > bytes.byteLength) return
    const payload = bytes.subarray(at + FRAME_BYTES, end)
    if (crc32(payload) !== bytes.readUInt32BE(at + 4)) {
      // Only the last batch can be torn; a wrong one before others means that the disk lied.
      if (end < bytes.byteLength) throw new KibanError('internal', 'sandbox.state-broken', sandbox.stateBroken(path))
      return
    }
    for (const change of deserialize(payload) as Change[]) memory.apply(change)
    at = end
  }
}

class FileJournal implements Journal {
  readonly #folder: string
  readonly #memory: Memory
  #generation: number
  #file: FileHandle
  #entryBytes: number
  #bytes: number
  /** Part of a batch that failed stands behind the last whole one. */
  #torn = false

  static async rewritten(folder: string, generation: number, memory: Memory): Promise<FileJournal> {
    const { file, bytes } = await rewrite(folder, generation, memory)
    return new FileJournal(folder, memory, generation, file, bytes)
  }

  private constructor(folder: string, memory: Memory, generation: number, file: FileHandle, bytes: number) {
    this.#folder = folder
    this.#memory = memory
    this.#generation = generation
    this.#file = file
    this.#entryBytes = bytes
    this.#bytes = bytes
  }

  async append(changes: Iterable<Change>): Promise<void> {
    const bytes = frame(changes)
    if (this.#torn) await this.#cutOff()
    try {
      await writeWhole(this.#file, bytes, this.#bytes)
      await this.#file.datasync()
    } catch (error) {
      this.#torn = true
      await this.#cutOff().catch(() => {})
      throw error
    }
    this.#bytes += bytes.byteLength
    // What was written stays good where there is no room to write it anew.
    if (this.#bytes > COMPACT_ABOVE_BYTES && this.#bytes > COMPACT_FACTOR * this.#entryBytes)
      await this.#compact().catch(() => {})
  }

  /** A shorter batch over it would leave its end standing, to be read as another. */
  async #cutOff(): Promise<void> {
    await this.#file.truncate(this.#bytes)
    this.#torn = false
  }

  async #compact(): Promise<void> {
    const { file, bytes } = await rewrite(this.#folder, this.#generation + 1, this.#memory)
    await this.#file.close()
    this.#generation++
    this.#file = file
    this.#entryBytes = bytes
    this.#bytes = bytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** Writes all entries into a file of the next generation and removes the older ones. */
async function rewrite(folder: string, generation: number, memory: Memory): Promise<{ file: FileHandle; bytes: number }> {
  const path = join(folder, fileName(generation))
  const bytes = frame(memory.everything())
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await writeWhole(file, bytes, 0)
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(`${path}.new`, { force: true })
    throw error
  }
  await rename(`${path}.new`, path)
  const directory = await open(folder)
  await directory.sync()
  await directory.close()
  for (const older of await generations(folder)) if (older < generation) await rm(join(folder, fileName(older)))
  return { file, bytes: bytes.byteLength }
}

function frame(changes: Iterable<Change>): Buffer {
  const payload = serialize([...changes])
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeUInt32BE(payload.byteLength, 0)
  head.writeUInt32BE(crc32(payload), 4)
  return Buffer.concat([head, payload])
}

/** Every batch is written at its own offset. */
async function writeWhole(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written, at + written)
    written += bytesWritten
  }
}
