import { stat } from 'node:fs/promises'
import { KibanError } from '../core/error.ts'
import { printable } from '../core/program.ts'
import { git } from './git-program.ts'

export interface WorkingTree {
  /** The repository's topmost folder. */
  root: string
  /** Undefined before the first commit. */
  commit: string | undefined
  /** Undefined when HEAD stands on a commit. */
  branch: string | undefined
  /** Files that differ from the commit, or are in none: what a deployment of the commit would leave out. */
  changed: string[]
}

/** How the working tree around a folder stands; undefined when the folder is in none. */
export async function workingTree(folder: string, signal?: AbortSignal): Promise<WorkingTree | undefined> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) return undefined
  try {
    const { stdout: root } = await git(['rev-parse', '--show-toplevel'], { cwd: folder, shown: folder, signal })
    const argv = ['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=normal', '--ignore-submodules=all']
    const { stdout } = await git(argv, { cwd: folder, shown: folder, signal })
    return { root: root.replace(/\n$/, ''), ...parseStatus(stdout) }
  } catch (cause) {
    if (cause instanceof KibanError && cause.code !== 'git.missing') return undefined
    throw cause
  }
}

/** https://git-scm.com/docs/git-status#_porcelain_format_version_2 */
function parseStatus(status: string): Omit<WorkingTree, 'root'> {
  const found: Omit<WorkingTree, 'root'> = { commit: undefined, branch: undefined, changed: [] }
  const records = status.split('\0')
  for (let at = 0; at < records.length; at++) {
    const record = records[at] ?? ''
    const [, name, value = ''] = /^# branch\.(oid|head) (.*)$/.exec(record) ?? []
    if (name === 'oid' && value !== '(initial)') found.commit = value
    if (name === 'head' && value !== '(detached)') found.branch = value
    const fields = { '1': 8, '2': 9, u: 10, '?': 1 }[record[0] ?? '']
    if (fields === undefined) continue
    found.changed.push(printable(record.split(' ').slice(fields).join(' ')))
    // A renamed file is followed by its old name.
    if (record.startsWith('2 ')) at++
  }
  return found
}
