// What an image's command becomes on this machine: programs and paths of the image's root, mapped.
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename, delimiter, dirname, join } from 'node:path'
import type { ImageConfig } from '../cloud.ts'
import { partsOf, placeInRoot } from './image-path.ts'

const SYSTEM_FOLDERS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']

/** ENTRYPOINT and CMD after the definition's overrides; as in Docker, a new entry point drops the image's CMD. */
export function imageCommand(
  config: NonNullable<ImageConfig['config']>,
  override: { entryPoint?: string[]; command?: string[] },
): string[] {
  const entryPoint = override.entryPoint?.length ? override.entryPoint : undefined
  const command = override.command?.length ? override.command : undefined
  return [...(entryPoint ?? config.Entrypoint ?? []), ...(command ?? (entryPoint ? [] : (config.Cmd ?? [])))]
}

/**
 * PATH for a process of the image: this sandbox's Node first (an image's own Node may need a C library that is not
 * here), then folders of the application, this machine's PATH, and the image's system folders last.
 */
export function searchPath(root: string, imagePath: string, hostPath: string): string {
  const folders = imagePath.split(':').filter((folder) => folder.startsWith('/'))
  const mapped = (wanted: boolean) =>
    folders.filter((folder) => SYSTEM_FOLDERS.includes(folder) === wanted).map((folder) => join(root, ...partsOf(folder)))
  return [dirname(process.execPath), ...mapped(false), ...hostPath.split(delimiter), ...mapped(true)]
    .filter(Boolean)
    .join(delimiter)
}

export interface CommandLine {
  program: string
  args: string[]
}

/**
 * The program and arguments to start. `node` is this sandbox's own; another bare name is looked up in `path`; absolute
 * paths that exist in the root are mapped into it, a program that does not may be one of this machine (`/bin/sh`).
 * Undefined when there is no such program.
 */
export async function commandLine(
  command: readonly string[],
  place: { root: string; folder: string; path: string },
): Promise<CommandLine | undefined> {
  const [name = '', ...rest] = command
  const program = await programPlace(name, place)
  if (program === undefined) return undefined
  const args = await Promise.all(
    rest.map(async (arg) => (arg.startsWith('/') ? ((await existing(place.root, arg)) ?? arg) : arg)),
  )
  return { program, args }
}

async function programPlace(name: string, { root, folder, path }: { root: string; folder: string; path: string }) {
  if (isNode(name)) return process.execPath
  if (name.startsWith('/')) {
    const mapped = await existing(root, name)
    if (mapped !== undefined && (await isProgram(mapped))) return mapped
    return (await isProgram(name)) && SYSTEM_FOLDERS.includes(dirname(name)) ? name : undefined
  }
  if (name.includes('/')) {
    const place = join(folder, name)
    return (await isProgram(place)) ? place : undefined
  }
  for (const place of path.split(delimiter)) {
    if (name !== '' && (await isProgram(join(place, name)))) return join(place, name)
  }
  return undefined
}

const isNode = (name: string) => basename(name) === 'node' && (name === 'node' || SYSTEM_FOLDERS.includes(dirname(name)))

/** Where a path of the image lies, when it is there; the root itself is not mapped (`/` is more often an argument). */
async function existing(root: string, path: string): Promise<string | undefined> {
  if (partsOf(path).length === 0) return undefined
  const place = await placeInRoot(root, path).catch(() => undefined)
  return place !== undefined && (await stat(place).catch(() => undefined)) ? place : undefined
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return (
    found?.isFile() === true &&
    (await access(path, constants.X_OK).then(
      () => true,
      () => false,
    ))
  )
}
