// `kiban server` in a process of its own, which may be killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { insertToken } from '../src/capabilities/identity/session.ts'
import { insertGrant, insertUser } from '../src/capabilities/identity/user-store.ts'
import { realClock } from '../src/core/clock.ts'
import type { Role } from '../src/core/permission.ts'
import type { Database } from '../src/database/database.ts'

const PROGRAM = join(import.meta.dirname, '../bin/kiban')
const DAY_MS = 86_400_000

export interface ServerProcess {
  url: string
  pid: number
  /** Each line of its log. */
  log: Record<string, unknown>[]
  /** Its exit code; null when it was killed. */
  ended: Promise<number | null>
  end(signal: 'SIGKILL' | 'SIGTERM'): void
  /** SIGKILL where it still runs; removes its data folder. */
  close(): Promise<void>
}

/** Starts one with a data folder of its own, as on a machine of its own; resolves once it listens. */
export async function serverProcess(
  role: 'all' | 'api' | 'worker',
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-server-'))
  const child = spawn(PROGRAM, ['server', '--role', role, '--port', '0', ...flags], {
    env: { ...process.env, KIBAN_DATA: folder, KIBAN_BUILDER: 'process', TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: ServerProcess['log'] = []
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const said = text(child.stderr)
  return {
    url: await listening(child.stdout, log, ended, said),
    pid: child.pid ?? 0,
    log,
    ended,
    end: (signal) => void child.kill(signal),
    async close() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const listening = (
  stdout: Readable,
  log: ServerProcess['log'],
  ended: Promise<number | null>,
  said: Promise<string>,
): Promise<string> =>
  new Promise((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const record = JSON.parse(line) as Record<string, unknown>
      log.push(record)
      if (record.message === 'listening') resolve(String(record.url))
    })
    ended.then(async (code) => reject(new Error(`The server ended with ${code} before it listened: ${await said}`)))
  })

/** The secret of a token with a role everywhere, and of somebody with that role who made it. */
export async function tokenOf(database: Database, name: string, role: Role): Promise<string> {
  const [now, place] = [Date.now(), { product: '*', environment: '*' }]
  return database.transaction(async (tx) => {
    const user = await insertUser(tx, { name, displayName: name, email: undefined }, now)
    const grant = { userId: user.id, role, ...place, grantedBy: name, reason: undefined, grantedAt: now, expiresAt: undefined }
    await insertGrant(tx, grant)
    const identity = { database, clock: realClock, seal: () => Promise.reject(new Error('No password here')) }
    const fresh = { name: `${name}-token`, userId: user.id, grants: [{ role, ...place }], expiresAt: now + DAY_MS }
    return (await insertToken(identity, tx, fresh)).secret
  })
}
