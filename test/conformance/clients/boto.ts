// The newest botocore, boto3's core: where Debian's CLI speaks Query it speaks JSON, and CBOR when asked to.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Client, Outcome } from '../scenario.ts'
import { cacheFolder } from './cache-folder.ts'
import { lineSession } from './line-session.ts'

const PINNED = `${cacheFolder}/python/bin/python`

/** The Python of `script/conformance`, with the botocore and the moto that it names: any other knows other members. */
export const python: string | undefined = hasBotocore(PINNED) ? PINNED : undefined

export const noPython = 'no Python with boto3 and moto here: script/conformance installs them below the cache folder'

const PROGRAM = fileURLToPath(new URL('botocore-session.py', import.meta.url))

interface Target {
  endpoint: string
  region: string
}

export const botoClient = (target: Target): Client => client(target)

/** The same in RPC v2 CBOR, where the service has it. */
export const cborClient = (target: Target): Client => client(target, 'smithy-rpc-v2-cbor')

function client({ endpoint, region }: Target, ...protocol: string[]): Client {
  if (python === undefined) throw new Error(noPython)
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' }
  const session = lineSession([python, '-W', 'ignore', PROGRAM, endpoint, region, ...protocol], env)
  return {
    async call(service, operation, input, as) {
      const credentials = as === 'nobody' ? null : as
      return (await session.ask({ service, operation, input: marked(input), credentials })) as Outcome
    },
    close: () => session.close(),
  }
}

/** JSON for botocore, which reads times from text. */
function marked(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, marked(entry)]))
}

function hasBotocore(command: string): boolean {
  try {
    execFileSync(command, ['-c', 'import botocore, moto'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
