// The bookshop as a Git repository of its own, and the releases that are committed on top of it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CauseClass } from '../../src/core/messages/causes.ts'

/** What belongs to the product; the rest of this folder is about it. */
const productFiles = ['package.json', '.dockerignore', 'kiban.yml', 'shared', 'store', 'api', 'web', 'worker']

const here = fileURLToPath(new URL('.', import.meta.url))

export interface Release {
  /** `03-crash`. */
  name: string
  title: string
  /** How its deployment ends: a verdict, or `refused` when it is told before anything changes. */
  expect: 'succeeded' | 'rolled-back' | 'failed' | 'timed-out' | 'refused'
  /** The class of its main cause; `none` when nothing goes wrong. */
  cause: CauseClass | 'none'
  /** In a line, what is to be seen. */
  happens: string
}

/** Every release after the first, by name; each is a patch with some lines about it at its head. */
export function releases(): Release[] {
  const patches = readdirSync(join(here, 'releases')).filter((file) => file.endsWith('.patch'))
  return patches.sort().map((file) => {
    const [head = ''] = readFileSync(join(here, 'releases', file), 'utf8').split('\n\n')
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(head)?.[1] ?? ''
    return {
      name: basename(file, '.patch'),
      title: field('Title'),
      expect: field('Expect') as Release['expect'],
      cause: field('Cause') as Release['cause'],
      happens: field('Happens'),
    }
  })
}

/** Makes the repository in an empty folder and commits the first release; gives its commit. */
export function createRepository(folder: string): string {
  mkdirSync(folder, { recursive: true })
  for (const file of productFiles) cpSync(join(here, file), join(folder, file), { recursive: true })
  git(folder, 'init', '--quiet', '--initial-branch=main')
  // For whoever goes on by hand where git does not know them yet.
  git(folder, 'config', 'user.name', 'Haru')
  git(folder, 'config', 'user.email', 'haru@bookshop.example')
  return commitAll(folder, 'Open the bookshop')
}

/** Commits a release on top of what is there; gives its commit. */
export function commitRelease(folder: string, name: string): string {
  const release = releases().find((one) => one.name === name)
  if (!release) throw new Error(`There is no release ${name}`)
  git(folder, 'apply', '--whitespace=nowarn', join(here, 'releases', `${name}.patch`))
  return commitAll(folder, release.title)
}

/** Takes the last commit back by a new one; gives that. */
export function revertRelease(folder: string): string {
  git(folder, 'revert', '--no-edit', 'HEAD')
  return git(folder, 'rev-parse', 'HEAD')
}

/** Commits a release where another may stand that went wrong: that one is taken back first. */
export function tryRelease(folder: string, name: string): string {
  const subject = git(folder, 'log', '-1', '--format=%s')
  if (releases().some(({ title, expect }) => title === subject && expect !== 'succeeded')) revertRelease(folder)
  return commitRelease(folder, name)
}

function commitAll(folder: string, subject: string): string {
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message', subject)
  return git(folder, 'rev-parse', 'HEAD')
}

/** Git without the settings of whoever runs it: their hooks, signatures and ignored files are not the shop's. */
function git(folder: string, ...args: string[]): string {
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Haru',
    GIT_AUTHOR_EMAIL: 'haru@bookshop.example',
    GIT_COMMITTER_NAME: 'Haru',
    GIT_COMMITTER_EMAIL: 'haru@bookshop.example',
  }
  return execFileSync('git', args, { cwd: folder, env, encoding: 'utf8' }).trim()
}

/** `repository.ts create FOLDER`, `repository.ts commit FOLDER RELEASE`; without a release, what there is. */
if (import.meta.main) {
  const [what, folder = '', name] = process.argv.slice(2)
  const release = releases().find((one) => one.name === name)
  if (what === 'create') console.log(createRepository(folder))
  else if (release) console.log(`${tryRelease(folder, release.name).slice(0, 12)}  ${release.title}`)
  else {
    if (name !== undefined) console.error(`There is no release ${name}`)
    for (const { name, expect, title } of releases()) console.log(`${name.padEnd(22)} ${expect.padEnd(12)} ${title}`)
    process.exitCode = name === undefined ? 0 : 2
  }
}
