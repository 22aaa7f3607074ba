// A small file system in memory, to be filled. Only root may mount one.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  /** Takes all the room. */
  fill(): void
  /** Gives it back. */
  free(): void
  unmount(): void
}

/** Mounts a disk of so many MiB on a folder; undefined where that is not allowed. */
export function smallDisk(folder: string, mebibytes: number): SmallDisk | undefined {
  if (process.platform !== 'linux') return undefined
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'none', folder])
  if (mounted.status !== 0) return undefined
  const ballast = ballastOf(folder)
  return {
    fill: () => fillBy(ballast),
    free: () => rmSync(ballast, { force: true }),
    unmount: () => void spawnSync('umount', ['-l', folder]),
  }
}

export const ballastOf = (folder: string): string => join(folder, 'ballast')

/** Writes a file until no room is left. */
export function fillBy(path: string): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 1)
  try {
    for (;;) writeSync(file, block)
  } catch {
    // That was the last of it.
  }
  closeSync(file)
}
