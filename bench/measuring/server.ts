// `kiban server` in a process of its own, as benches and pictures need it: on a folder of its own, with somebody logged in.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface LoggedIn {
  /** What a browser must hold. */
  cookie: { name: string; value: string; url: string }
  /** Asks the API for a write. */
  // biome-ignore lint/suspicious/noExplicitAny: what asks knows what is answered
  ask(path: string, body: object): Promise<any>
}

export interface BenchServer {
  url: string
  pid: number
  /** The first administrator. */
  admin: LoggedIn
  /** Whoever has an invitation. */
  login(invitation: string): Promise<LoggedIn>
  close(): Promise<void>
}

export async function benchServer(folder: string, env: Record<string, string>): Promise<BenchServer> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'server', '--port', '0'], {
    cwd: folder,
    env: {
      ...env,
      PATH: process.env.PATH,
      HOME: folder,
      KIBAN_DATA: join(folder, 'data'),
      KIBAN_BUILDER: 'process',
      NODE_COMPILE_CACHE: join(folder, 'compile'),
    },
    // Its log, of which nobody reads more than it says at the start, is not what is measured.
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const invitation = await firstInvitation(child)
  const { origin: url } = new URL(invitation)
  const login = async (link: string): Promise<LoggedIn> => {
    const { secret } = await post(`${url}/api/v1/login/invitation`, { link: new URL(link).hash.slice(1) })
    return {
      cookie: { name: 'kiban', value: secret, url },
      ask: (path, body) => post(`${url}/api/v1${path}`, body, { authorization: `Bearer ${secret}` }),
    }
  }
  return { url, pid: child.pid ?? 0, admin: await login(invitation), login, close: () => ended(child) }
}

async function firstInvitation(child: ChildProcess): Promise<string> {
  if (child.stderr) {
    for await (const line of createInterface(child.stderr)) {
      const link = /https?:\/\/\S+\/welcome#\S+/.exec(line)?.[0]
      if (!link) continue
      child.stderr.resume()
      return link
    }
  }
  throw new Error(`kiban server ended with ${child.exitCode}`)
}

// biome-ignore lint/suspicious/noExplicitAny: see LoggedIn
async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<any> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  await closed
}
