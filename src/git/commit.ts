import { printable } from '../core/program.ts'

export interface Commit {
  /** All 40 digits. */
  commit: string
  /** Epoch milliseconds, of the committer. */
  committedAt: number
  /** Epoch milliseconds, of the author. */
  authoredAt: number
  author: { name: string; email: string }
  subject: string
}

export const isCommitHash = (text: string): boolean => /^[0-9a-f]{40}$/.test(text)

/** For `git log --format`; fields are divided by a unit separator, commits by a record separator. */
export const COMMIT_FORMAT = '%H%x1f%ct%x1f%at%x1f%an%x1f%ae%x1f%s%x1e'

export function parseCommits(log: string): Commit[] {
  return log
    .split('\x1e')
    .map((record) => record.trimStart().split('\x1f'))
    .filter((fields) => fields.length >= 6)
    .map(([commit = '', committed, authored, name = '', email = '', ...subject]) => ({
      commit,
      committedAt: Number(committed) * 1000,
      authoredAt: Number(authored) * 1000,
      author: { name: printable(name), email: printable(email) },
      subject: printable(subject.join(' ')),
    }))
}
