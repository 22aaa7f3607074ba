// moto's server beside the sandbox, where script/bench could install it: MOTO_SERVER names the program.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'

const START_MS = 30_000

export interface MotoServer {
  pid: number
  client: ClientConfig
  close(): Promise<void>
}

/** Undefined where moto is not here. */
export async function motoServer(): Promise<MotoServer | undefined> {
  const program = process.env.MOTO_SERVER
  if (!program) return undefined
  const port = await freePort()
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const endpoint = `http://127.0.0.1:${port}`
  await answering(`${endpoint}/moto-api/data.json`, child)
  return {
    pid: child.pid ?? 0,
    client: { endpoint, region: 'ap-northeast-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } },
    close: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve())
        child.kill()
      }),
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && child.exitCode === null; await wait(100)) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
  }
  child.kill()
  throw new Error('moto_server did not start')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
