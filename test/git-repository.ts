// Git repositories for tests, made in a folder of their own with a name and time that do not depend on the machine.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface TestRepository {
  folder: string
  git(...argv: string[]): string
  /** Writes files, commits everything, and gives the commit's hash. */
  commit(subject: string, files: Record<string, string>): string
}

export function makeRepository(folder: string, ...flags: string[]): TestRepository {
  let minutes = 0
  mkdirSync(folder, { recursive: true })
  const git = (...argv: string[]) => {
    const date = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString()
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    }
    const who = ['-c', 'user.name=Aoi Sato', '-c', 'user.email=aoi@example.com', '-c', 'protocol.file.allow=always']
    return execFileSync('git', [...who, ...argv], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  }
  git('init', '--quiet', '--initial-branch=main', ...flags)
  return {
    folder,
    git,
    commit(subject, files) {
      minutes++
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', subject)
      return git('rev-parse', 'HEAD')
    },
  }
}
