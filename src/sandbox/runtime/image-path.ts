// Paths inside an image's root. Nothing here follows a link out of the root, as a chroot would not.
import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, join, posix, relative, resolve, sep } from 'node:path'

const MAX_LINKS = 40

/** The parts of a path seen from the image's root; `..` at the root stays at the root. */
export function partsOf(path: string): string[] {
  return posix.normalize(`/${path}`).split('/').filter(Boolean)
}

/**
 * Where `path` of the image lies on this machine, every link followed inside `root`; parts that do not exist are kept
 * as they are. Throws when links go in a circle.
 */
export async function placeInRoot(root: string, path: string): Promise<string> {
  const waiting = partsOf(path)
  let place: string[] = []
  let links = 0
  while (waiting.length > 0) {
    const part = waiting.shift() as string
    const target = await linkTarget(join(root, ...place, part))
    if (target === undefined) {
      place.push(part)
    } else {
      if (++links > MAX_LINKS) throw new Error(`too many links in ${path}`)
      const whole = isAbsolute(target) ? partsOf(target) : partsOf([...place, target].join('/'))
      waiting.unshift(...whole)
      place = []
    }
  }
  return join(root, ...place)
}

/** What the link at `folder`/… must say so that it points at `target` (as the image says it) and never out of `root`. */
export function linkInside(root: string, folder: string, target: string): string {
  const whole = isAbsolute(target) ? partsOf(target) : partsOf(`${relative(root, folder).split(sep).join('/')}/${target}`)
  return relative(folder, join(root, ...whole)) || '.'
}

export function isInside(root: string, path: string): boolean {
  const way = relative(resolve(root), resolve(path))
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way))
}

async function linkTarget(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isSymbolicLink() ? readlink(path) : undefined
}
