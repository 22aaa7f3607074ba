// COPY: files of the build folder, or of an earlier stage, into the image's root.
import { chmod, constants, copyFile, lstat, readdir, readlink, realpath, rm, stat, symlink } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { images } from '../../core/messages/images.ts'
import { globMatcher, hasWildcard } from './glob.ts'
import type { Ignore } from './ignore.ts'
import { isInside, makeFolder, partsOf, placeInRoot } from './place.ts'

const FILES_AT_ONCE = 8

/** Where COPY takes files from. A path is relative to the folder, its parts joined by `/`, `''` for the folder itself. */
export interface CopySource {
  folder: string
  ignore: Ignore | undefined
  /** Where a path lies once its links are followed; undefined when it leads out of the folder or to nothing. */
  resolve(path: string): Promise<{ place: string } | 'missing' | 'outside'>
}

export interface Copying {
  source: CopySource
  patterns: string[]
  /** As the image sees it, absolute; ends with `/` when it must be a folder. */
  destination: string
  root: string
  /** Octal mode of `--chmod`, for everything that is copied. */
  mode: number | undefined
  /** Told each path of the image that was written. */
  wrote: (path: string) => void
}

/** The build folder: a link in it is followed only when what it names lies in it, too. `folder` has no links itself. */
export function contextSource(folder: string, ignore: Ignore): CopySource {
  return {
    folder,
    ignore,
    async resolve(path) {
      if (posix.normalize(path).split('/')[0] === '..') return 'outside'
      const place = await realpath(join(folder, path)).catch(() => undefined)
      if (place === undefined) return 'missing'
      return isInside(folder, place) ? { place } : 'outside'
    },
  }
}

/** The root of an earlier stage: links are followed as that image would. */
export function stageSource(root: string): CopySource {
  return {
    folder: root,
    ignore: undefined,
    async resolve(path) {
      const place = await placeInRoot(root, path)
      return (await lstat(place).catch(() => undefined)) ? { place } : 'missing'
    },
  }
}

export async function copy(copying: Copying): Promise<void> {
  const found = (await Promise.all(copying.patterns.map((pattern) => sourcesOf(copying.source, pattern)))).flat()
  const intoFolder = /(^|\/)\.{0,2}$/.test(copying.destination)
  if (found.length > 1 && !intoFolder) throw refusal(images.copyNeedsFolder(copying.destination))
  const destination = posix.normalize(copying.destination)
  for (const { path, place } of found) {
    const existing = await stat(await placeInRoot(copying.root, destination)).catch(() => undefined)
    if ((await stat(place)).isDirectory()) {
      if (existing?.isFile()) throw refusal(images.copyOntoFolder(destination))
      if (!existing) await intoImageFolder(copying, destination)
      await copyFolder(copying, place, path, destination)
    } else {
      const target = intoFolder || existing?.isDirectory() ? posix.join(destination, basename(path)) : destination
      await makeFolder(copying.root, posix.dirname(target))
      await copyEntry(copying, place, await placeInRoot(copying.root, target), target)
    }
  }
}

/** What a source of COPY stands for: at least one path, each with its place. */
async function sourcesOf(source: CopySource, pattern: string): Promise<{ path: string; place: string }[]> {
  const paths = hasWildcard(pattern) ? await matchingPaths(source, pattern) : [relativePath(pattern)]
  const found: { path: string; place: string }[] = []
  for (const path of paths) {
    const resolved = await source.resolve(path)
    if (resolved === 'outside') throw refusal(images.copyOutside(pattern))
    if (resolved === 'missing' || (path !== '' && source.ignore?.hides(path) && (await lstat(resolved.place)).isFile())) continue
    found.push({ path, place: resolved.place })
  }
  if (found.length === 0) throw refusal(images.copyMissing(pattern))
  return found
}

/** `./a/` and `/a` are `a`; `..` is kept, to be refused. */
const relativePath = (path: string) => posix.join('.', path).replace(/\/$/, '').replace(/^\.$/, '').replace(/^\/+/, '')

async function matchingPaths(source: CopySource, pattern: string): Promise<string[]> {
  if (partsOf(pattern).length === 0 || pattern.split('/').includes('..')) throw refusal(images.copyOutside(pattern))
  const matches = globMatcher(pattern, { below: false })
  const found: string[] = []
  const walk = async (folder: string) => {
    for (const entry of await sortedEntries(join(source.folder, folder))) {
      const path = posix.join(folder, entry.name)
      if (source.ignore?.hidesAllBelow(path)) continue
      if (matches(path)) found.push(path)
      else if (entry.isDirectory()) await walk(path)
    }
  }
  await walk('')
  return found
}

async function copyFolder(copying: Copying, folder: string, path: string, destination: string): Promise<void> {
  const { ignore } = copying.source
  const entries = (await sortedEntries(folder)).filter((entry) => !ignore?.hidesAllBelow(posix.join(path, entry.name)))
  const files = entries.filter((entry) => !entry.isDirectory() && !ignore?.hides(posix.join(path, entry.name)))
  if (files.length > 0) {
    const into = await makeFolder(copying.root, destination)
    const waiting = [...files]
    const work = async () => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
        await copyEntry(copying, join(folder, entry.name), join(into, entry.name), posix.join(destination, entry.name))
      }
    }
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, work))
  }
  for (const entry of entries.filter((entry) => entry.isDirectory())) {
    const inner = posix.join(path, entry.name)
    const target = posix.join(destination, entry.name)
    // A folder that is hidden is made only for what a later pattern brings back.
    if (!ignore?.hides(inner)) await intoImageFolder(copying, target)
    await copyFolder(copying, join(folder, entry.name), inner, target)
  }
}

async function intoImageFolder(copying: Copying, target: string): Promise<void> {
  const place = await placeInRoot(copying.root, target)
  const existing = await lstat(place).catch(() => undefined)
  if (existing && !existing.isDirectory()) throw refusal(images.copyOntoFolder(target))
  await makeFolder(copying.root, target)
  if (copying.mode !== undefined) await chmod(place, copying.mode)
  copying.wrote(target)
}

/** Copies a file or a link to a place whose folder is there. Links are copied as they are; sockets and the like are left out. */
async function copyEntry(copying: Copying, from: string, place: string, target: string): Promise<void> {
  const found = await lstat(from)
  if (!found.isFile() && !found.isSymbolicLink()) return
  const existing = await lstat(place).catch(() => undefined)
  if (existing?.isDirectory()) throw refusal(images.copyOntoFolder(target))
  if (existing) await rm(place)
  if (found.isSymbolicLink()) await symlink(await readlink(from), place)
  else {
    await copyFile(from, place, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    await chmod(place, copying.mode ?? (found.mode & 0o100 ? 0o755 : 0o644))
  }
  copying.wrote(target)
}

async function sortedEntries(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const refusal = (text: { en: string; ja: string }) => new KibanError('invalid', 'build.dockerfile', text)
