// Where images are built: a folder for each drive of a deployment, below kiban's data folder. A killed process leaves its own
// behind; whoever comes after it removes that.
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Queryable } from '../../database/database.ts'
import type { Deployment } from './deployment.ts'
import { openDeployments } from './deployment-store.ts'
import { openWorkflowRuns } from './workflows/workflow-store.ts'

type Drive = Pick<Deployment, 'id' | 'epoch'>

const home = (dataFolder: string): string => join(dataFolder, 'builds')
const nameOf = ({ id, epoch }: Drive): string => `${id}.${epoch}`

/** Runs `build` in a folder of its own, which is gone afterwards. */
export async function inBuildFolder<Result>(
  dataFolder: string,
  drive: Drive,
  build: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(home(dataFolder), nameOf(drive))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    return await build(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes what earlier drives of a deployment left. */
export const forgetEarlierBuilds = (dataFolder: string, { id, epoch }: Drive): Promise<void> =>
  forget(dataFolder, (drive) => drive.id === id && drive.epoch < epoch)

/** Removes what is left of deployments and workflows that have ended, by whichever machine. */
export async function forgetEndedBuilds(dataFolder: string, database: Queryable): Promise<void> {
  const open = new Set([...(await openDeployments(database)), ...(await openWorkflowRuns(database))])
  await forget(dataFolder, ({ id }) => !open.has(id))
}

async function forget(dataFolder: string, isOver: (drive: Drive) => boolean): Promise<void> {
  const names = await readdir(home(dataFolder)).catch(() => [])
  for (const name of names) {
    const [id = '', epoch] = name.split('.')
    if (isOver({ id, epoch: Number(epoch) })) await rm(join(home(dataFolder), name), { recursive: true, force: true })
  }
}
