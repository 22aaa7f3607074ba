// Unpacked images, one tree per digest, and the working copies that tasks get of them.

import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ResolvedImage } from '../cloud.ts'
import { UNPACK_LIMITS, type UnpackLimits, unpackLayer } from './layer.ts'

export interface ImageCache {
  /** The unpacked tree of an image; unpacked once, however many tasks ask for it. Never written to by a task. */
  tree(image: ResolvedImage): Promise<string>
  /** A copy of the tree that belongs to one container. */
  copy(image: ResolvedImage, place: string): Promise<void>
}

export function imageCache(folder: string, limits: UnpackLimits = UNPACK_LIMITS): ImageCache {
  const unpacking = new Map<string, Promise<string>>()
  const tree = (image: ResolvedImage) => {
    // The digest may be that of an index, which holds an image for each architecture.
    const key = `${image.digest}-${image.config.architecture}`.replace(/[^A-Za-z0-9]/g, '-')
    const known = unpacking.get(key)
    if (known) return known
    const coming = unpacked(image, join(folder, key), limits)
    unpacking.set(key, coming)
    coming.catch(() => unpacking.delete(key))
    return coming
  }
  return {
    tree,
    async copy(image, place) {
      await copyTree(await tree(image), place)
    },
  }
}

async function unpacked(image: ResolvedImage, place: string, limits: UnpackLimits): Promise<string> {
  if (await stat(place).catch(() => undefined)) return place
  const half = `${place}.${randomUUID()}`
  await mkdir(half, { recursive: true })
  const budget = { ...limits }
  try {
    for (const layer of image.layers) await unpackLayer(layer.path, half, budget)
    await rename(half, place)
  } catch (cause) {
    await rm(half, { recursive: true, force: true })
    throw cause
  }
  return place
}

/**
 * Copies a tree, links as they are (an unpacked tree has only links that stay inside). Files are copied and not linked:
 * a task that writes into a hard-linked file would change the image of every other. The system's own program does it
 * faster than Node, and shares blocks until they are written where the file system can (Btrfs, XFS, APFS).
 */
async function copyTree(from: string, to: string): Promise<void> {
  const share = process.platform === 'darwin' ? 'c' : ''
  await promisify(execFile)('cp', [`-RPp${share}`, '--', from, to])
}
