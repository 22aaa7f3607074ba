import { COMMIT_FORMAT, type Commit, isCommitHash, parseCommits } from './commit.ts'
import { Mirror, type Repository } from './mirror.ts'
import { commitOf } from './resolve-ref.ts'

const DEFAULT_LIMIT = 100

export interface CommitsBetween {
  /** Commits that `to` has and `from` has not, newest first, up to the limit. */
  commits: Commit[]
  /** How many there are in all. */
  ahead: number
  /** How many `from` has and `to` has not: above 0 when work is taken back. */
  behind: number
}

/** What changes from one commit to another; undefined when the repository no longer has one of them. */
export async function commitsBetween(
  repository: Repository & { from: string; to: string; limit?: number },
): Promise<CommitsBetween | undefined> {
  const { from, to, limit = DEFAULT_LIMIT } = repository
  const mirror = await Mirror.open(repository)
  for (const commit of [from, to]) if (!(await hasCommit(mirror, commit))) return undefined
  const counts = await mirror.run(['rev-list', '--left-right', '--count', '--end-of-options', `${from}...${to}`, '--'])
  const [behind = 0, ahead = 0] = counts.stdout.trim().split(/\s+/).map(Number)
  const log = await mirror.run([
    'log',
    `--max-count=${limit}`,
    `--format=${COMMIT_FORMAT}`,
    '--end-of-options',
    `${from}..${to}`,
    '--',
  ])
  return { commits: parseCommits(log.stdout), ahead, behind }
}

export async function hasCommit(mirror: Mirror, commit: string): Promise<boolean> {
  if (!isCommitHash(commit)) return false
  if (await commitOf(mirror, commit)) return true
  return (await mirror.fetchOne(commit)) && (await commitOf(mirror, commit)) !== undefined
}
