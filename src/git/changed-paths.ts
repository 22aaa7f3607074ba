import { hasCommit } from './commits-between.ts'
import { Mirror, type Repository } from './mirror.ts'

/** The paths that differ between two commits, both names of a renamed one; undefined when the repository no longer has one of them. */
export async function changedPaths(repository: Repository & { from: string; to: string }): Promise<string[] | undefined> {
  const { from, to } = repository
  const mirror = await Mirror.open(repository)
  for (const commit of [from, to]) if (!(await hasCommit(mirror, commit))) return undefined
  const argv = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-commit-id', '--end-of-options', from, to, '--']
  const { stdout } = await mirror.run(argv)
  return stdout.split('\0').filter((path) => path !== '')
}
