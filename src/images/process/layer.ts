/**
 * What an instruction changed in the image's root, as a layer of an OCI image (image-spec, layer.md). Entries are
 * sorted, carry one time and no names of users, so that the same tree gives the same bytes on the same kind of machine.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, lstatSync } from 'node:fs'
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Pack, pack } from 'tar-stream'

/** Files up to this size are read at once. */
const WHOLE_BYTES = 1024 * 1024
/** Half the time of the usual level 6, for a few percent more bytes. */
const GZIP_LEVEL = 4

/** What stands at each path of the image (`app/server.js`), so described that a change of it changes the text. */
export type Snapshot = Map<string, string>

export interface Owner {
  uid: number
  gid: number
}

export interface Layer {
  /** Of the compressed file. */
  digest: string
  size: number
  /** Of what is in it. */
  diffId: string
}

export async function snapshot(root: string, owners: ReadonlyMap<string, Owner>): Promise<Snapshot> {
  const found: Snapshot = new Map()
  const walk = async (folder: string) => {
    // Folder by folder: asking for each file through the thread pool takes ten times as long.
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`
      const entry = lstatSync(join(root, path), { bigint: true })
      const owner = owners.get(path)
      const belongs = owner ? ` ${owner.uid}:${owner.gid}` : ''
      if (entry.isDirectory()) {
        found.set(path, `folder ${entry.mode}${belongs}`)
        await walk(path)
      } else if (entry.isSymbolicLink()) found.set(path, `link ${await readlink(join(root, path))}${belongs}`)
      else if (entry.isFile())
        found.set(path, `file ${entry.mode} ${entry.size} ${entry.mtimeNs} ${entry.ctimeNs} ${entry.ino}${belongs}`)
    }
  }
  await walk('')
  return found
}

/** Writes the difference of two snapshots to a file; undefined when there is none. */
export async function writeLayer(
  file: string,
  root: string,
  change: { before: Snapshot; after: Snapshot; owners: ReadonlyMap<string, Owner>; mtime: Date },
): Promise<Layer | undefined> {
  const { before, after } = change
  const changed = [...after.keys()].filter((path) => after.get(path) !== before.get(path))
  const removed = [...before.keys()].filter((path) => !after.has(path) && isThere(dirname(path), after))
  if (changed.length === 0 && removed.length === 0) return undefined
  const entries = [
    ...changed.map((path) => ({ path, removed: false })),
    ...removed.map((path) => ({ path: whiteout(path), removed: true })),
  ]
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  const tar = pack()
  const written = (async () => {
    for (const entry of entries) {
      if (entry.removed) tar.entry({ name: entry.path, size: 0, mode: 0o644, mtime: change.mtime, uid: 0, gid: 0 }, '')
      else await addEntry(tar, root, entry.path, change)
    }
    tar.finalize()
  })()
  written.catch((cause: Error) => tar.destroy(cause))
  const [, layer] = await Promise.all([written, packedLayer(tar, file)])
  return layer
}

/** Packs a tar stream into a file, always to the same bytes. */
export async function packedLayer(tar: Pack | Readable, file: string): Promise<Layer> {
  const diff = createHash('sha256')
  const whole = createHash('sha256')
  await pipeline(
    tar,
    hashing(diff),
    createGzip({ level: GZIP_LEVEL, chunkSize: 256 * 1024 }),
    fixedHeader(),
    hashing(whole),
    createWriteStream(file),
  )
  return { digest: `sha256:${whole.digest('hex')}`, size: (await stat(file)).size, diffId: `sha256:${diff.digest('hex')}` }
}

const isThere = (folder: string, after: Snapshot) => folder === '.' || after.get(folder)?.startsWith('folder ') === true

const whiteout = (path: string) => join(dirname(path), `.wh.${basename(path)}`)

async function addEntry(
  tar: Pack,
  root: string,
  path: string,
  change: { owners: ReadonlyMap<string, Owner>; mtime: Date },
): Promise<void> {
  const place = join(root, path)
  const entry = await lstat(place)
  const header = {
    name: path,
    mode: entry.mode & 0o7777,
    mtime: change.mtime,
    ...(change.owners.get(path) ?? { uid: 0, gid: 0 }),
  }
  if (entry.isDirectory()) tar.entry({ ...header, name: `${path}/`, type: 'directory' })
  else if (entry.isSymbolicLink()) tar.entry({ ...header, mode: 0o777, type: 'symlink', linkname: await readlink(place) })
  else if (entry.size <= WHOLE_BYTES) {
    const bytes = await readFile(place)
    await new Promise<void>((resolve, reject) => {
      tar.entry({ ...header, type: 'file', size: bytes.length }, bytes, (cause) => (cause ? reject(cause) : resolve()))
    })
  } else await pipeline(createReadStream(place), tar.entry({ ...header, type: 'file', size: entry.size }))
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
}

/** zlib writes the operating system into the tenth byte of gzip's header; 255 says unknown (RFC 1952). */
function fixedHeader(): Transform {
  let at = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (at <= 9 && at + chunk.length > 9) chunk[9 - at] = 255
      at += chunk.length
      done(null, chunk)
    },
  })
}
