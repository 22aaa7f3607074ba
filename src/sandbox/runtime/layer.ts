/**
 * Unpacks one layer of an image over the layers below it (OCI image-spec, layer.md), trusting nothing in the archive:
 * no entry, link or whiteout reaches out of the root, devices are left out, set-uid bits are dropped and sizes are bounded.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lchown, link, lstat, mkdir, open, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Duplex, PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { linkInside, partsOf, placeInRoot } from './image-path.ts'

export interface UnpackLimits {
  /** Bytes of all files of the image together. */
  bytes: number
  /** Entries of all layers together. */
  entries: number
}

export const UNPACK_LIMITS: UnpackLimits = { bytes: 16 * 1024 ** 3, entries: 1_000_000 }
const MAX_PATH_BYTES = 4096

/** What is left of the limits; one object serves all layers of an image. */
export type UnpackBudget = UnpackLimits

export class HostileArchive extends Error {
  override name = 'HostileArchive'
}

export async function unpackLayer(path: string, root: string, budget: UnpackBudget): Promise<void> {
  const written = new Set<string>()
  const archive = extract()
  const decompressed = await decompression(path)
  const reading = pipeline(createReadStream(path), decompressed, archive)
  // Its rejection is awaited below; a broken archive also ends the loop.
  reading.catch(() => {})
  for await (const entry of archive) await unpackEntry(entry.header, entry, { root, budget, written })
  await reading
}

type Content = AsyncIterable<unknown> & { resume(): unknown; readonly destroyed: boolean }

interface Unpacking {
  root: string
  budget: UnpackBudget
  /** Places this layer has written: its whiteouts hide lower layers only. */
  written: Set<string>
}

async function unpackEntry(header: Header, content: Content, layer: Unpacking): Promise<void> {
  const place = await placeOfEntry(header, layer)
  if (place === undefined) return drain(content)
  const name = basename(place)
  if (name.startsWith('.wh.')) {
    await whiteOut(place, layer)
    return drain(content)
  }
  switch (header.type) {
    case 'directory':
      await makeFolder(place, header, layer)
      break
    case 'file':
    case 'contiguous-file':
      return writeFile(place, header, content, layer)
    case 'symlink':
      await clear(place, layer)
      await symlink(linkInside(layer.root, dirname(place), header.linkname), place)
      await own(place, header)
      break
    case 'link':
      await makeHardLink(place, header, layer)
      break
    // Devices and pipes have no use in a task of this sandbox.
  }
  return drain(content)
}

async function placeOfEntry(header: Header, { root, budget }: Unpacking): Promise<string | undefined> {
  if (--budget.entries < 0) throw new HostileArchive('the image has too many files')
  const name = header.name
  if (name.includes('\0') || Buffer.byteLength(name) > MAX_PATH_BYTES) throw new HostileArchive('a file has an impossible name')
  if (name.split('/').includes('..')) throw new HostileArchive(`${name} leaves the image`)
  const parts = partsOf(name)
  const last = parts.pop()
  if (last === undefined) return undefined
  const folder = await placeInRoot(root, parts.join('/'))
  await mkdir(folder, { recursive: true })
  return join(folder, last)
}

async function whiteOut(place: string, { root, written }: Unpacking): Promise<void> {
  const folder = dirname(place)
  const hidden = basename(place).slice('.wh.'.length)
  if (hidden === '.wh..opq') {
    for (const child of await readdir(folder)) {
      const path = join(folder, child)
      if (!written.has(path)) await rm(path, { recursive: true, force: true })
    }
  } else if (!hidden.startsWith('.wh.')) {
    if (hidden === '' || hidden === '.' || hidden === '..') throw new HostileArchive('a whiteout leaves the image')
    const path = join(folder, hidden)
    if (path !== root && !written.has(path)) await rm(path, { recursive: true, force: true })
  }
}

async function makeFolder(place: string, header: Header, layer: Unpacking): Promise<void> {
  const there = await lstat(place).catch(() => undefined)
  if (!there?.isDirectory()) {
    await clear(place, layer)
    await mkdir(place)
  }
  remember(place, layer)
  await own(place, header)
  // Without these bits its files could not be unpacked, nor removed later, by one who is not root.
  await chmod(place, modeOf(header) | 0o700)
}

async function writeFile(place: string, header: Header, content: Content, layer: Unpacking): Promise<void> {
  layer.budget.bytes -= header.size
  if (layer.budget.bytes < 0) throw new HostileArchive('the image is too large')
  await clear(place, layer)
  const mode = modeOf(header) | 0o400
  // One that broke before it was read would never end.
  if (content.destroyed) throw new Error('the archive is cut off')
  await pipeline(content, createWriteStream(place, { flags: 'wx', mode }))
  await own(place, header)
  // The process's umask has cut the mode that was asked for.
  await chmod(place, mode)
}

async function makeHardLink(place: string, header: Header, layer: Unpacking): Promise<void> {
  const name = header.linkname
  if (name.split('/').includes('..')) throw new HostileArchive(`${header.name} links out of the image`)
  const parts = partsOf(name)
  const last = parts.pop()
  if (last === undefined) throw new HostileArchive(`${header.name} links to the root`)
  const target = join(await placeInRoot(layer.root, parts.join('/')), last)
  const there = await lstat(target).catch(() => undefined)
  if (target === place) return
  if (there?.isSymbolicLink()) {
    // A relative link means another place from another folder, so it is made anew.
    const meant = join(dirname(target), await readlink(target)).slice(layer.root.length)
    await clear(place, layer)
    await symlink(linkInside(layer.root, dirname(place), `/${meant}`), place)
  } else if (there?.isFile()) {
    await clear(place, layer)
    await link(target, place)
  } else throw new HostileArchive(`${header.name} links to ${name}, which is no file of the image`)
}

/** Makes room for an entry; an archive may name a path more than once, and a layer may replace what is below it. */
async function clear(place: string, layer: Unpacking): Promise<void> {
  await rm(place, { recursive: true, force: true })
  remember(place, layer)
}

function remember(place: string, { root, written }: Unpacking): void {
  for (let path = place; path !== root && !written.has(path); path = dirname(path)) written.add(path)
}

const modeOf = (header: Header) => header.mode & 0o777

const isRoot = process.getuid?.() === 0

async function own(place: string, { uid, gid }: Header): Promise<void> {
  if (isRoot) await lchown(place, uid, gid)
}

async function drain(content: Content): Promise<void> {
  content.resume()
}

/** Told by the first bytes, since media types of real images are not always true. */
export async function decompression(path: string): Promise<Duplex> {
  const file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close())
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return createGunzip()
  if (buffer.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress()
  return new PassThrough()
}
