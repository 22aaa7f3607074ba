import { Mirror, type Repository } from './mirror.ts'

/** The paths of all files at a commit, without checking it out. */
export async function listFilesAt(repository: Repository & { commit: string }): Promise<string[]> {
  const mirror = await Mirror.open(repository)
  const { stdout } = await mirror.run([
    'ls-tree',
    '-r',
    '-z',
    '--name-only',
    '--full-tree',
    '--end-of-options',
    repository.commit,
  ])
  return stdout.split('\0').filter((path) => path !== '')
}
