// schemathesis, which knows kiban by openapi.json alone: what it makes up for every operation breaks nothing, answers are as
// they are declared, and nothing is read without a login.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { declared } from '../../src/app.ts'
import { openSession } from '../../src/capabilities/identity/session.ts'
import { findUser } from '../../src/capabilities/identity/user-store.ts'
import { realClock } from '../../src/core/clock.ts'
import { openapi } from '../../src/core/openapi.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../postgres-cluster.ts'
import { type ServerProcess, serverProcess, tokenOf } from '../server-process.ts'
import { testSandbox } from '../support.ts'

const PROGRAM = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kiban/conformance/schemathesis/bin/schemathesis')
const missing = whatIsMissing()
if (missing) console.warn(`SKIPPED: schemathesis (${missing})`)

/** It takes minutes, which only its lane of script/conformance has. */
function whatIsMissing(): string | undefined {
  if (!process.env.SCHEMATHESIS) return 'it runs in script/conformance'
  if (!existsSync(PROGRAM)) return 'it could not be installed'
  return postgresPrograms === undefined ? 'no PostgreSQL 15+ server is here' : undefined
}

/** Below what one caller may ask. */
const RATE = '45/s'
const EXAMPLES = 10
/** A stream that begins never ends by itself, and whoever logs out, or is shut out, may try nothing more. */
const LEFT_OUT = ['streams', 'timeline.follow', 'session.close', 'session.revoke', 'user.disable', 'grant.take']
/** What a schema cannot say, such as that a freeze ends after it begins, is refused with good reason. */
const UNCHECKED = 'positive_data_acceptance'

let cluster: PostgresCluster
let sandbox: Awaited<ReturnType<typeof testSandbox>>
let server: ServerProcess
let session: string
let folder: string

beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'kiban-openapi-'))
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(openapi(declared(), '0')))
  sandbox = await testSandbox()
  cluster = await startPostgres()
  const url = await cluster.createDatabase()
  const database = await openDatabase({ url })
  await tokenOf(database, 'sora', 'sre')
  const user = await findUser(database, { name: 'sora' })
  const identity = { database, clock: realClock, seal: () => Promise.reject(new Error('No password here')) }
  const how = { method: 'invitation', agent: undefined, face: 'http' } as const
  if (user) session = (await database.transaction((tx) => openSession(identity, tx, user, how))).secret
  await database.close()
  const key = Buffer.alloc(32).toString('base64')
  server = await serverProcess('all', { ...sandbox.env, DATABASE_URL: url, KIBAN_SECRET_KEY: key })
}, 120_000)
afterAll(async () => {
  await server?.close()
  await cluster?.stop()
  await sandbox?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** What it found, and its exit code. */
async function schemathesis(...flags: string[]): Promise<string> {
  const all = [
    ...['run', 'openapi.json', '--url', `${server.url}/api/v1`, '--phases', 'examples,coverage,fuzzing', '--no-color'],
    ...['--max-examples', String(EXAMPLES), '--rate-limit', RATE, '--request-timeout', '60', '--continue-on-failure'],
    ...['--exclude-checks', UNCHECKED, ...LEFT_OUT.flatMap((name) => ['--exclude-operation-id', name]), ...flags],
  ]
  const child = spawn(PROGRAM, all, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const found = said.slice(said.search(/^=+ (ERRORS|FAILURES|WARNINGS|SUMMARY)/m))
  return code === 0 ? '' : `${found}${errors}`
}

const requests = () => server.log.filter(({ message }) => message === 'request')

test.skipIf(missing !== undefined)(
  'whoever may everything can break nothing, and is answered as it is declared',
  async () => {
    expect(await schemathesis('--header', `Authorization: Bearer ${session}`)).toBe('')
    expect(requests().filter(({ status }) => status === 500)).toEqual([])
    expect(requests().filter(({ actor, status }) => actor === 'sora' && status === 200).length).toBeGreaterThan(100)
  },
  1_800_000,
)

test.skipIf(missing !== undefined)(
  'without a login nothing but what is public is answered',
  async () => {
    server.log.length = 0
    expect(await schemathesis('--checks', 'not_a_server_error')).toBe('')
    const open = new Set(declared().flatMap(({ name, permission }) => (permission === 'public' ? name : [])))
    const answered = requests().filter(({ actor, status }) => actor === 'nobody' && Number(status) < 400)
    expect(answered.filter(({ operation }) => !open.has(String(operation)))).toEqual([])
    expect(requests().length).toBeGreaterThan(200)
  },
  1_800_000,
)
