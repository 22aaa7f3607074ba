// A bare copy of a repository below kiban's data folder, from which everything is read.
import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KibanError } from '../core/error.ts'
import { type Address, parseAddress } from './address.ts'
import { type GitOptions, git } from './git-program.ts'

const FETCH_TIMEOUT_MS = 10 * 60_000
const FETCH_TRIES = 5
const RETRY_MS = 300
/** Where the repository's HEAD is kept, apart from its branches. */
export const HEAD_REF = 'refs/kiban/head'

/** Where a repository is, where kiban keeps its copies, and with what one gets in. */
export interface Repository {
  /** A local path, `file://`, `ssh://`, `git@host:path` or `https://`. */
  repository: string
  /** kiban's data folder. */
  dataFolder: string
  /** For https only; given to git by its environment, never its command line. A secret: never log it. */
  credentials?: { username: string; password: string }
  signal?: AbortSignal
}

export class Mirror {
  readonly address: Address
  readonly folder: string
  readonly #repository: Repository

  private constructor(address: Address, folder: string, repository: Repository) {
    this.address = address
    this.folder = folder
    this.#repository = repository
  }

  /** Opens the copy, an empty one at first. */
  static async open(repository: Repository): Promise<Mirror> {
    const address = await parseAddress(repository.repository)
    const name = createHash('sha256').update(address.url).digest('hex').slice(0, 32)
    const folder = join(repository.dataFolder, 'git', name)
    const mirror = new Mirror(address, join(folder, 'mirror.git'), repository)
    if (!(await isThere(join(mirror.folder, 'HEAD')))) await mirror.#make(folder)
    return mirror
  }

  /** Runs git on the copy. */
  async run(
    argv: readonly string[],
    options: Omit<GitOptions, 'gitDir' | 'shown'> = {},
  ): Promise<{ code: number; stdout: string }> {
    return git(argv, { signal: this.#repository.signal, ...options, gitDir: this.folder, shown: this.address.shown })
  }

  /** Brings branches and tags up to date, forgetting those that are gone. */
  async fetch(): Promise<void> {
    await this.#fetch(['--prune', '--no-tags'], ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'])
  }

  /** Brings one commit, or HEAD; false when the repository has it not. */
  async fetchOne(what: string): Promise<boolean> {
    try {
      await this.#fetch(['--no-tags'], [what === 'HEAD' ? `+HEAD:${HEAD_REF}` : what])
      return true
    } catch (cause) {
      if (
        cause instanceof KibanError &&
        /couldn't find remote ref|not our ref|no such remote ref|unadvertised object/i.test(String(cause.cause))
      )
        return false
      throw cause
    }
  }

  async #fetch(flags: string[], refs: string[]): Promise<void> {
    const env = await this.#transportEnv()
    const argv = [
      'fetch',
      '--quiet',
      '--force',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      ...flags,
      '--',
      this.address.url,
      ...refs,
    ]
    for (let attempt = 1; ; attempt++) {
      try {
        await this.run(argv, { env, timeoutMs: FETCH_TIMEOUT_MS })
        return
      } catch (cause) {
        // Another process may be fetching into the same copy.
        const isLocked =
          cause instanceof KibanError && /cannot lock ref|unable to create .*\.lock|file exists/i.test(String(cause.cause))
        if (!isLocked || attempt >= FETCH_TRIES) throw cause
        await wait(RETRY_MS * attempt, undefined, { signal: this.#repository.signal })
      }
    }
  }

  async #make(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const half = join(folder, `new-${process.pid}-${Date.now()}.git`)
    await git(['init', '--quiet', '--bare', '--template=', '--', half], { signal: this.#repository.signal })
    await rename(half, this.folder).catch(async (cause: unknown) => {
      await rm(half, { recursive: true, force: true })
      // Another process was faster.
      if (!(await isThere(join(this.folder, 'HEAD')))) throw cause
    })
  }

  async #transportEnv(): Promise<NodeJS.ProcessEnv> {
    if (this.address.path !== undefined) return { GIT_CONFIG_GLOBAL: await this.#configTrusting(this.address.path) }
    const { credentials } = this.#repository
    if (!credentials || !this.address.url.startsWith('https://')) return {}
    const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
    const { origin } = new URL(this.address.url)
    return {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
    }
  }

  /**
   * Git reads no repository of another user, as in a container that mounts one, unless the user's own configuration
   * trusts it. Reading it is all that is done here, and the process at its other end takes no command line setting.
   */
  async #configTrusting(path: string): Promise<string> {
    const own = process.env.GIT_CONFIG_GLOBAL
    const config = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config')
    const included = own === undefined ? [join(config, 'git', 'config'), join(homedir(), '.gitconfig')] : [own]
    const file = join(this.folder, '..', 'trusting.config')
    const trusted = [path, join(path, '.git')]
    const lines = [
      ...included.filter(Boolean).map((one) => `[include]\n\tpath = ${quoted(one)}`),
      ...trusted.map((one) => `[safe]\n\tdirectory = ${quoted(one)}`),
    ]
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    return file
  }
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
