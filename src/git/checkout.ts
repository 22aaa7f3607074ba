import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Commit } from './commit.ts'
import { Mirror, type Repository } from './mirror.ts'
import { resolveIn } from './resolve-ref.ts'

/** Checkouts that nobody has asked for this long make room. */
const KEPT_DAYS = 7
const CHECKOUT_TIMEOUT_MS = 10 * 60_000

export interface Checkout extends Commit {
  /** As it was asked for. */
  ref: string
  /** The files of that commit and nothing else: no `.git`, no submodules. Links are as the repository has them: follow none. */
  folder: string
}

/**
 * The files of the exact commit that a ref names now. The same commit is checked out once; whoever reads the folder
 * leaves it as it is. Throws KibanError `git.*`.
 */
export async function checkout(repository: Repository & { ref: string }): Promise<Checkout> {
  const mirror = await Mirror.open(repository)
  const commit = await resolveIn(mirror, repository.ref)
  const trees = join(dirname(mirror.folder), 'trees')
  const folder = join(trees, commit.commit)
  if (!(await stat(folder).catch(() => undefined))) await write(mirror, commit.commit, folder)
  const now = new Date()
  await utimes(folder, now, now)
  await forgetOld(trees)
  return { ...commit, ref: repository.ref, folder }
}

/** Plumbing instead of `git checkout`: it moves no branch, keeps no state, and runs no hook. */
async function write(mirror: Mirror, commit: string, folder: string): Promise<void> {
  const half = `${folder}.${randomUUID()}`
  const index = `${half}.index`
  await mkdir(half, { recursive: true })
  try {
    const env = { GIT_INDEX_FILE: index }
    await mirror.run(['read-tree', '--end-of-options', commit], { env, timeoutMs: CHECKOUT_TIMEOUT_MS })
    await mirror.run(['--work-tree', half, 'checkout-index', '--all', '--force', '--quiet'], {
      env,
      cwd: half,
      timeoutMs: CHECKOUT_TIMEOUT_MS,
    })
    await rename(half, folder).catch(async (cause: unknown) => {
      // Another process was faster.
      if (!(await stat(folder).catch(() => undefined))) throw cause
    })
  } finally {
    await rm(half, { recursive: true, force: true })
    await rm(index, { force: true })
  }
}

async function forgetOld(trees: string): Promise<void> {
  const before = Date.now() - KEPT_DAYS * 24 * 3_600_000
  for (const name of await readdir(trees)) {
    const found = await stat(join(trees, name)).catch(() => undefined)
    if (found && found.mtimeMs < before) await rm(join(trees, name), { recursive: true, force: true })
  }
}
