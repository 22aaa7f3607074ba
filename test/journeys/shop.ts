// The bookshop in a repository of its own, its cloud in a sandbox whose tasks really run, and terminals to work in.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRepository } from '../../examples/bookshop/repository.ts'
import { scaledClock } from '../../src/core/clock.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { quickTimings } from '../deploy-stage.ts'
import { testSandbox } from '../support.ts'
import { type Terminal, terminalIn } from './terminal.ts'

const CLOUD = fileURLToPath(new URL('../../examples/bookshop/cloud.ts', import.meta.url))

export interface Shop {
  sandbox: Sandbox
  /** Holds everything of this shop. */
  folder: string
  repository: string
  /** What a terminal of this shop needs in its environment. */
  env: Record<string, string>
  /** A terminal in the repository. */
  terminal(env?: Record<string, string>): Terminal
  /** Where the shop is to be seen, by environment. */
  url: Record<string, string>
  close(): Promise<void>
}

/** How fast the simulated services wait; probes of health keep a second and more. */
const FACTOR = 5

export async function openShop(environments: readonly string[] = ['staging'], options: SandboxOptions = {}): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-shop-'))
  const sandbox = await testSandbox({ clock: scaledClock(FACTOR), tasks: { timings: quickTimings }, ...options })
  const repository = join(folder, 'bookshop')
  await mkdir(repository)
  createRepository(repository)
  const env = {
    ...sandbox.env,
    HOME: folder,
    KIBAN_DATA: join(folder, 'data'),
    KIBAN_ACTOR: 'aoi',
    KIBAN_BUILDER: 'process',
    LANG: 'C.UTF-8',
  }
  const url: Record<string, string> = {}
  for (const environment of environments) url[environment] = await makeCloud(environment, join(folder, 'books'), env)
  const terminals: Terminal[] = []
  return {
    sandbox,
    folder,
    repository,
    env,
    url,
    terminal(more = {}) {
      const terminal = terminalIn(repository, { ...env, ...more })
      terminals.push(terminal)
      return terminal
    },
    async close() {
      await Promise.all(terminals.map((terminal) => terminal.close()))
      await sandbox.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** What infrastructure makes before the first deployment; gives the address of the load balancer. */
export async function makeCloud(environment: string, data: string, env: Record<string, string>): Promise<string> {
  const argv = ['--disable-warning=ExperimentalWarning', CLOUD, environment, '--data', data, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env: { PATH: process.env.PATH, ...env } })
  return JSON.parse(stdout).url
}
