// What lies in a repository, as far as it is worth reading: small text files near the top.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const MAX_DEPTH = 4
const MAX_FILES = 4000
const MAX_FILE_KB = 256
const SKIPPED = new Set(['node_modules', 'vendor', 'dist', 'build', 'target', 'tmp', 'log', 'coverage', 'venv', '__pycache__'])

export interface Repository {
  /** Paths from the root, with slashes, sorted. */
  files: readonly string[]
  /** Text of a small file; undefined when there is none. */
  read(path: string): Promise<string | undefined>
}

export async function openRepository(root: string): Promise<Repository> {
  const files: string[] = []
  let folders = ['']
  for (let depth = 0; depth < MAX_DEPTH && folders.length > 0 && files.length < MAX_FILES; depth++) {
    const next: string[] = []
    for (const folder of folders) {
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
      for (const entry of entries) {
        const path = folder ? `${folder}/${entry.name}` : entry.name
        // Links are not followed: they may lead out of the repository.
        if (entry.isFile()) files.push(path)
        else if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) next.push(path)
      }
    }
    folders = next
  }
  const known = new Set(files)
  return {
    files: files.sort(),
    async read(path) {
      const plain = path.replace(/^(\.\/)+/, '')
      if (!known.has(plain)) return undefined
      const { size } = await stat(join(root, plain))
      return size > MAX_FILE_KB * 1024 ? undefined : readFile(join(root, plain), 'utf8')
    },
  }
}

/** `a/b/Dockerfile` is in `a/b`, `Dockerfile` in `.`. */
export const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')

/** A path below a folder: `under('.', 'package.json')` is `package.json`. */
export const under = (folder: string, path: string): string => (folder === '.' ? path : `${folder}/${path}`)
