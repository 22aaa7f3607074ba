// What the demo stands on: a folder for everything, kiban's engine, the shop's cloud and its repository.
import { mkdir, statfs } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEngine } from '../../../src/app.ts'
import type { DeploymentShape } from '../../../src/capabilities/deploy/shapes.ts'
import type { Engine } from '../../../src/core/engine.ts'
import type { Language } from '../../../src/core/text.ts'
import { bookshopEnvironments, type MadeEnvironment, makeEnvironment } from '../cloud.ts'
import { DemoError } from './trouble.ts'
import { words } from './words.ts'

/** For the database, the images and the tasks. */
const NEEDED_MB = 200
const BIN = fileURLToPath(new URL('../../../bin', import.meta.url))

export interface Stage {
  engine: Engine
  folder: string
  repository: string
  /** For the commands that run on it. */
  env: NodeJS.ProcessEnv
  makeCloud(): Promise<MadeEnvironment[]>
  /** Settles when commands need not wait for the database any more. */
  warm: Promise<unknown>
  newestDeployment(): Promise<DeploymentShape | undefined>
  close(): Promise<void>
}

/**
 * Opens the embedded database in this process: the visitor's commands are its clients, and start at once. Nothing outside
 * `folder` is written. Throws when the AWS variables do not lead to this machine: no account of anybody's is ever touched.
 */
export async function openStage(folder: string, language: Language): Promise<Stage> {
  const { hostname } = new URL(process.env.AWS_ENDPOINT_URL ?? 'http://unset')
  if (hostname !== '127.0.0.1') throw new DemoError(words.notInSandbox, words.notInSandboxHint)
  await checkSpace(folder)
  const repository = join(folder, 'bookshop')
  await mkdir(repository)
  const env = hermetic(process.env, folder, language)
  Object.assign(process.env, env)
  const engine = openEngine(env, () => {})
  const signal = new AbortController().signal
  const list = async () => {
    const answer = await engine.call('deployment.list', { product: 'bookshop', limit: 1 }, signal)
    return (answer as { deployments: DeploymentShape[] }).deployments
  }
  const warm = list()
  warm.catch(() => {})
  return {
    engine,
    folder,
    repository,
    env,
    warm,
    async makeCloud() {
      const made: MadeEnvironment[] = []
      for (const name of bookshopEnvironments()) made.push(await makeEnvironment(name, join(folder, 'data')))
      return made
    },
    newestDeployment: async () => (await list())[0],
    async close() {
      await warm.catch(() => {})
      await engine.close()
    },
  }
}

async function checkSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  if (free < NEEDED_MB) throw new DemoError(words.littleSpace(folder, free, NEEDED_MB), words.diskFullHint)
}

/** The caller's environment without the settings of kiban and AWS that are theirs. */
function hermetic(given: NodeJS.ProcessEnv, folder: string, language: Language): NodeJS.ProcessEnv {
  const theirs = /^(KIBAN_(?!BUILDER$).*|DATABASE_URL)$/
  const kept = Object.entries(given).filter(([name]) => !theirs.test(name))
  return {
    ...Object.fromEntries(kept),
    PATH: `${BIN}${delimiter}${given.PATH ?? ''}`,
    KIBAN_DATA: join(folder, 'kiban'),
    KIBAN_LANG: language,
    AWS_CONFIG_FILE: join(folder, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-aws-credentials'),
  }
}
