// Blobs as files, addressed by their SHA-256, below one folder; whatever is being uploaded lies beside them.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** "Maximum layer size" in the ECR service quotas: 52,000 MiB. */
export const MAX_LAYER_BYTES = 52_000 * 1024 * 1024
/** How long a blob may lie unreferenced: long enough for a push that has sent its layers and not yet its manifest. */
const UNREFERENCED_HOURS = 1
const UPLOAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export class BlobFiles {
  readonly #folder: string
  readonly #appending = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  path(digest: string): string {
    const hex = digest.slice('sha256:'.length)
    return join(this.#folder, 'sha256', hex.slice(0, 2), hex)
  }

  async has(digest: string): Promise<boolean> {
    return access(this.path(digest)).then(
      () => true,
      () => false,
    )
  }

  /** Keeps bytes whose digest the caller has computed. */
  async put(digest: string, bytes: Uint8Array): Promise<void> {
    const id = await this.startUpload()
    await writeFile(this.#upload(id), bytes)
    await this.#keep(id, digest)
  }

  async startUpload(): Promise<string> {
    await mkdir(join(this.#folder, 'uploads'), { recursive: true })
    const id = randomUUID()
    await writeFile(this.#upload(id), '')
    return id
  }

  /** Bytes received so far; undefined when there is no such upload. */
  async uploaded(id: string): Promise<number | undefined> {
    if (!UPLOAD_ID.test(id)) return undefined
    return stat(this.#upload(id)).then(
      (file) => file.size,
      () => undefined,
    )
  }

  /**
   * Appends to an upload and gives its new size; undefined when another request is appending to it. What arrived before
   * a connection broke is kept, so that the client can go on from there.
   */
  async append(id: string, source: Readable | Uint8Array): Promise<number | undefined> {
    if (this.#appending.has(id)) return undefined
    this.#appending.add(id)
    try {
      const before = (await this.uploaded(id)) ?? 0
      const stream = source instanceof Readable ? source : Readable.from([source])
      await pipeline(stream, atMost(MAX_LAYER_BYTES - before), createWriteStream(this.#upload(id), { flags: 'a' }))
      return (await this.uploaded(id)) ?? before
    } catch (cause) {
      if (cause instanceof LayerTooLarge) await truncate(this.#upload(id)).catch(() => {})
      throw cause
    } finally {
      this.#appending.delete(id)
    }
  }

  /** Turns an upload into a blob; the digest that was found, and whether it is the one that was promised. */
  async complete(id: string, digest: string): Promise<{ digest: string; size: number; matches: boolean }> {
    const found = await digestOf(this.#upload(id))
    const size = (await this.uploaded(id)) ?? 0
    if (found !== digest) return { digest: found, size, matches: false }
    await this.#keep(id, digest)
    return { digest, size, matches: true }
  }

  async cancel(id: string): Promise<void> {
    await rm(this.#upload(id), { force: true })
  }

  /** Removes blobs that nothing refers to any more, as ECR does, some time after the last reference went. */
  async collect(isReferenced: (digest: string) => boolean): Promise<void> {
    const before = Date.now() - UNREFERENCED_HOURS * 3_600_000
    for (const shard of await readdir(join(this.#folder, 'sha256')).catch(() => [])) {
      for (const hex of await readdir(join(this.#folder, 'sha256', shard))) {
        const digest = `sha256:${hex}`
        if (isReferenced(digest)) continue
        const file = await stat(this.path(digest)).catch(() => undefined)
        if (file && file.mtimeMs < before) await unlink(this.path(digest)).catch(() => {})
      }
    }
  }

  async #keep(id: string, digest: string): Promise<void> {
    const path = this.path(digest)
    await mkdir(join(path, '..'), { recursive: true })
    const file = await open(this.#upload(id), 'r+')
    await file.sync().finally(() => file.close())
    await rename(this.#upload(id), path)
    const now = new Date()
    await utimes(path, now, now)
  }

  #upload(id: string): string {
    return join(this.#folder, 'uploads', id)
  }
}

export class LayerTooLarge extends Error {}

/** The SHA-256 digest of a file, `sha256:…`. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  return `sha256:${hash.digest('hex')}`
}

function atMost(bytes: number): Transform {
  let left = bytes
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length
      if (left < 0) done(new LayerTooLarge())
      else done(null, chunk)
    },
  })
}
