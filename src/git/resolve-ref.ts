import { KibanError } from '../core/error.ts'
import { git as messages } from '../core/messages/git.ts'
import { printable } from '../core/program.ts'
import { COMMIT_FORMAT, type Commit, isCommitHash, parseCommits } from './commit.ts'
import { HEAD_REF, Mirror, type Repository } from './mirror.ts'
import { nearestNames } from './nearest-names.ts'

/** What git check-ref-format allows, without anything that rev-parse would read as more than a name. */
const NAME = /^(?![-./])(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)))[^\p{Cc}\s~^:?*[\\]+(?<![./])$/u

/**
 * The commit that a branch, a tag, a commit (at least 7 digits) or `HEAD` names in the repository now. A full hash that
 * is known already asks nobody. As in git, a tag goes before a branch of its name.
 * Throws KibanError: `git.ref-refused`, `git.ref-unknown` with the nearest names, or what fetching throws.
 */
export async function resolveRef(repository: Repository & { ref: string }): Promise<Commit> {
  return resolveIn(await Mirror.open(repository), repository.ref)
}

export const isName = (ref: string): boolean => NAME.test(ref)

export async function resolveIn(mirror: Mirror, ref: string): Promise<Commit> {
  if (!isName(ref))
    throw new KibanError('invalid', 'git.ref-refused', messages.refRefused(printable(ref)), { hint: messages.refHint })
  const known = isCommitHash(ref) ? await commitOf(mirror, ref) : undefined
  if (known) return known
  if (ref === 'HEAD') {
    const found = (await mirror.fetchOne('HEAD')) ? await commitOf(mirror, HEAD_REF) : undefined
    if (found) return found
    throw new KibanError('not-found', 'git.ref-unknown', messages.noCommits(mirror.address.shown), {
      hint: messages.noCommitsHint,
    })
  }
  await mirror.fetch()
  const found = await firstCommit(mirror, namesFor(ref))
  if (found) return found
  if (isCommitHash(ref) && (await mirror.fetchOne(ref))) {
    const apart = await commitOf(mirror, ref)
    if (apart) return apart
  }
  if (isCommitHash(ref)) {
    throw new KibanError('not-found', 'git.ref-unknown', messages.commitUnknown(ref.slice(0, 12), mirror.address.shown), {
      hint: messages.pushFirst,
    })
  }
  throw await unknown(mirror, ref)
}

function namesFor(ref: string): string[] {
  if (ref.startsWith('refs/heads/') || ref.startsWith('refs/tags/')) return [ref]
  const isHash = /^[0-9a-f]{7,40}$/.test(ref)
  return [`refs/tags/${ref}`, `refs/heads/${ref}`, ...(isHash ? [ref] : [])]
}

async function firstCommit(mirror: Mirror, names: string[]): Promise<Commit | undefined> {
  for (const name of names) {
    const found = await commitOf(mirror, name)
    if (found) return found
  }
  return undefined
}

/** Undefined when the copy has no such commit. */
export async function commitOf(mirror: Mirror, name: string): Promise<Commit | undefined> {
  const { code, stdout } = await mirror.run(['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`], {
    expect: [0, 1, 128],
  })
  if (code !== 0) return undefined
  const log = await mirror.run(['log', '--max-count=1', `--format=${COMMIT_FORMAT}`, '--end-of-options', stdout.trim(), '--'])
  return parseCommits(log.stdout)[0]
}

async function unknown(mirror: Mirror, ref: string): Promise<KibanError> {
  const { stdout } = await mirror.run(['for-each-ref', '--format=%(refname)', '--', 'refs/heads', 'refs/tags'])
  const names = stdout
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
  if (names.length === 0)
    return new KibanError('not-found', 'git.ref-unknown', messages.noCommits(mirror.address.shown), {
      hint: messages.noCommitsHint,
    })
  const near = nearestNames(ref, names)
  const hint = near.length > 0 ? messages.nearest(near.map(printable).join(', ')) : messages.refHint
  return new KibanError('not-found', 'git.ref-unknown', messages.refUnknown(ref, mirror.address.shown), { hint })
}
