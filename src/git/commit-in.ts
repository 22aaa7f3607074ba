import { KibanError } from '../core/error.ts'
import { git } from './git-program.ts'
import { isName } from './resolve-ref.ts'

/** The commit that a name has in somebody's own clone, as it stands there; undefined where it names none. */
export async function commitIn(folder: string, name: string, signal?: AbortSignal): Promise<string | undefined> {
  if (!isName(name)) return undefined
  const argv = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`]
  try {
    const { code, stdout } = await git(argv, { cwd: folder, shown: folder, signal, expect: [0, 1, 128] })
    return code === 0 ? stdout.trim() : undefined
  } catch (cause) {
    if (cause instanceof KibanError && cause.code !== 'git.missing') return undefined
    throw cause
  }
}
