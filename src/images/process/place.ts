// Paths inside a folder that stands for an image's root. No link leads out of it, as none would after a chroot.
import { lstat, mkdir, readlink } from 'node:fs/promises'
import { isAbsolute, join, posix, relative, sep } from 'node:path'

const MAX_LINKS = 40

/** The parts of a path as the image sees it; `..` at the root stays there. */
export const partsOf = (path: string): string[] => posix.normalize(`/${path}`).split('/').filter(Boolean)

/**
 * Where a path of the image lies on this machine, every link followed inside `root`, the last part's too unless
 * `keepLast`. Parts that do not exist are kept as they are.
 */
export async function placeInRoot(root: string, path: string, options: { keepLast?: boolean } = {}): Promise<string> {
  const waiting = partsOf(path)
  let place: string[] = []
  let links = 0
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const isLast = waiting.length === 0
    const target = isLast && options.keepLast ? undefined : await linkTarget(join(root, ...place, part))
    if (target === undefined) place.push(part)
    else {
      if (++links > MAX_LINKS) throw new Error(`Too many links in ${path}`)
      waiting.unshift(...(isAbsolute(target) ? partsOf(target) : partsOf([...place, target].join('/'))))
      place = []
    }
  }
  return join(root, ...place)
}

/** Makes a folder of the image and those above it, readable for all, as every builder does. */
export async function makeFolder(root: string, path: string): Promise<string> {
  const place = await placeInRoot(root, path)
  let made = root
  for (const part of relative(root, place).split(sep).filter(Boolean)) {
    made = join(made, part)
    await mkdir(made, { mode: 0o755 }).catch(async (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST' || !(await lstat(made)).isDirectory()) throw cause
    })
  }
  return place
}

/** Whether a path lies in a folder, or is it; both absolute, links followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

async function linkTarget(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isSymbolicLink() ? readlink(path) : undefined
}
