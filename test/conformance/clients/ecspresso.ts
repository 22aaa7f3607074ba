// ecspresso: somebody else's tool that deploys to ECS, on the AWS SDK for Go.
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'

/** That of `script/conformance`, or one on PATH. */
export const ecspresso: string | undefined = [join(cacheFolder, 'bin', 'ecspresso'), 'ecspresso'].find(runs)

export const noEcspresso = 'no ecspresso here: script/conformance installs it, where Go and its module can be had'

export interface Ran {
  code: number
  /** What it printed and logged. */
  said: string
}

/**
 * Runs it in the folder of its configuration, with nothing of the caller's. The SDK for Go closes a request's body as soon
 * as its answer begins, by which on a busy machine the connection ends under the answer: then it runs once more.
 */
export async function runEcspresso(folder: string, env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const ran = await runOnce(folder, env, args)
  return ran.code !== 0 && ran.said.includes('use of closed network connection') ? runOnce(folder, env, args) : ran
}

function runOnce(folder: string, env: Record<string, string>, args: string[]): Promise<Ran> {
  const bare = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' }
  return new Promise((resolve, reject) => {
    if (ecspresso === undefined) return reject(new Error(noEcspresso))
    execFile(ecspresso, args, { cwd: folder, env: { ...bare, ...env } }, (failure, out, logged) => {
      if (failure && typeof failure.code !== 'number') return reject(failure)
      resolve({ code: Number(failure?.code ?? 0), said: `${out}${logged}` })
    })
  })
}

function runs(command: string): boolean {
  try {
    execFileSync(command, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
