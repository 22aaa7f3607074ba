// A moto server: somebody else's simulation of AWS, in Python.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { noPython, python } from './boto.ts'

export interface Moto {
  endpoint: string
  close(): Promise<void>
}

/** Where whatever moto would ask of the outside world ends: nothing listens at the discard port. */
const NOWHERE = 'http://127.0.0.1:9'

export async function startMoto(): Promise<Moto> {
  if (python === undefined) throw new Error(noPython)
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: '/nonexistent', MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
    ...{ AWS_ACCESS_KEY_ID: 'moto', AWS_SECRET_ACCESS_KEY: 'moto', AWS_EC2_METADATA_DISABLED: 'true' },
    ...{ HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: '127.0.0.1' },
  }
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const said: string[] = []
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`moto ended with ${code}: ${said.join('\n')}`)))
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)
      if (found?.[1]) resolve(found[1])
      else if (said.length < 20) said.push(line)
    })
  })
  // Functions would run in Docker, from images that it fetches.
  const answer = await fetch(`${endpoint}/moto-api/config`, { method: 'POST', body: '{"lambda":{"use_docker":false}}' })
  if (!answer.ok) throw new Error(`moto takes no configuration: ${answer.status}`)
  return {
    endpoint,
    async close() {
      child.kill()
      await ended
    },
  }
}
