import { posix } from 'node:path'
import { KibanError } from '../core/error.ts'
import { git as messages } from '../core/messages/git.ts'
import { printable } from '../core/program.ts'
import { isCommitHash } from './commit.ts'
import { Mirror, type Repository } from './mirror.ts'
import { resolveIn } from './resolve-ref.ts'

const MAX_BYTES = 4 * 1024 * 1024

/**
 * The text of one file at a commit, without checking it out; undefined when the commit has no such file. Links are
 * followed inside the repository only. Throws KibanError `git.path-missing` when a path or link leads out of it.
 */
export async function readFileAt(repository: Repository & { commit: string; path: string }): Promise<string | undefined> {
  const path = posix.normalize(repository.path).replace(/\/$/, '')
  const outside = () => new KibanError('invalid', 'git.path-missing', messages.pathOutside(printable(repository.path)))
  if (path.startsWith('/') || path.split('/')[0] === '..' || /\p{Cc}/u.test(path)) throw outside()
  const mirror = await Mirror.open(repository)
  const commit = isCommitHash(repository.commit) ? (await resolveIn(mirror, repository.commit)).commit : ''
  if (commit === '') throw new KibanError('invalid', 'git.ref-refused', messages.refRefused(printable(repository.commit)))
  const size = await mirror.run(['cat-file', '--batch-check=%(objecttype) %(objectsize)', '--follow-symlinks'], {
    input: `${commit}:${path}\n`,
  })
  const said = size.stdout.split('\n', 1)[0] ?? ''
  // `symlink` is said of one that leaves the tree (git-cat-file, --follow-symlinks).
  if (said.startsWith('symlink ')) throw outside()
  const [type, bytes] = said.split(' ')
  if (type !== 'blob') return undefined
  if (Number(bytes) > MAX_BYTES) throw new KibanError('invalid', 'git.path-missing', messages.fileTooLarge(path, MAX_BYTES))
  const { stdout } = await mirror.run(['cat-file', '--batch=%(objecttype)', '--follow-symlinks'], {
    input: `${commit}:${path}\n`,
  })
  return stdout.slice('blob\n'.length, -1)
}
