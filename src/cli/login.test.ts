import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Identity } from '../capabilities/identity/identity.ts'
import { firstInvitation } from '../capabilities/identity/invitation.ts'
import { identityOperations } from '../capabilities/identity/operations.ts'
import { identify } from '../capabilities/identity/session.ts'
import { realClock } from '../core/clock.ts'
import type { Operation } from '../core/operation.ts'
import { runner } from '../core/runner.ts'
import { openDatabase } from '../database/open-database.ts'
import { type Server, startServer } from '../server/server.ts'
import { chosenEngine } from './chosen-engine.ts'
import { runCli } from './cli.ts'
import { loginCommand, logoutCommand } from './login-command.ts'
import { currentLogin, serverUrl } from './login-file.ts'

let folder: string
let identity: Identity
let server: Server
let operations: Operation[]
let secret: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-login-'))
  vi.stubEnv('XDG_CONFIG_HOME', folder)
  identity = { database: await openDatabase({}), clock: realClock, seal: () => Promise.reject(new Error('no passwords here')) }
  operations = identityOperations({ identity: async () => identity }, () => operations)
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    operations,
    ...runner(operations),
    identify: ({ secret: given }) => identify(identity, given),
    ready: async () => {},
    log: () => {},
  })
  const link = await firstInvitation(identity)
  secret = ((await (await ask('/login/invitation', { link })).json()) as { secret: string }).secret
})
afterAll(async () => {
  await server.close()
  await identity.database.close()
  await rm(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

const ask = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** One command line, with what it says. */
async function kiban(argv: string[], heard: (text: string) => void = () => {}) {
  let out = ''
  const stream = () => {
    const pipe = new PassThrough()
    pipe.on('data', (chunk) => {
      out += chunk
      heard(out)
    })
    return pipe as never
  }
  const process = {
    stdout: stream(),
    stderr: stream(),
    stdin: new PassThrough() as never,
    env: { TZ: 'UTC' },
  }
  const local = () => {
    throw new Error('nothing is local here')
  }
  const code = await runCli(argv, {
    operations,
    openEngine: () => chosenEngine(operations, () => currentLogin({ XDG_CONFIG_HOME: folder }), local),
    commands: (tools) => ({ login: loginCommand(tools, operations), logout: logoutCommand(tools, operations) }),
    process,
    signal: new AbortController().signal,
  })
  return { code, out }
}

test('a machine is let in by somebody at a browser, works at the server, and goes again', async () => {
  let allowed: Promise<Response> | undefined
  const login = await kiban(['login', server.url], (text) => {
    const code = /\?code=(\S+)/.exec(text)?.[1]
    if (code) allowed ??= ask(`/login/device/${code}/approvals`, {}, { authorization: `Bearer ${secret}` })
  })
  expect((await allowed)?.status).toBe(200)
  expect([login.code, login.out.split('\n').at(-2)]).toEqual([0, `✔ You are admin at ${server.url}/`])
  const file = join(folder, 'kiban', 'login.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(login.out).not.toContain((JSON.parse(await readFile(file, 'utf8')) as { token: string }).token)
  expect(await kiban(['whoami'])).toEqual({ code: 0, out: expect.stringContaining('You are admin') })
  expect((await kiban(['logout'])).code).toBe(0)
  await expect(stat(file)).rejects.toThrow('ENOENT')
  const sessions = await identity.database.query(`select method from identity_sessions where revoked_at is null`)
  expect(sessions).toEqual([{ method: 'invitation' }])
})

test('a code is good for one program and one time, and nobody takes what was not allowed', async () => {
  const begun = (await (await ask('/login/device', { name: 'a laptop' })).json()) as { device: string; code: string }
  expect(await (await ask('/login/device/claims', { device: begun.device })).json()).toEqual({})
  const allow = (code: string) => ask(`/login/device/${code}/approvals`, {}, { authorization: `Bearer ${secret}` })
  expect((await allow('XXXX-XXXX')).status).toBe(404)
  expect((await allow(begun.code.toLowerCase().replace('-', ' '))).status).toBe(200)
  expect((await allow(begun.code)).status).toBe(404)
  expect(await (await ask('/login/device/claims', { device: begun.device })).json()).toMatchObject({ login: { name: 'admin' } })
  expect((await ask('/login/device/claims', { device: begun.device })).status).toBe(401)
})

test('a session is never sent in clear text to another machine', async () => {
  expect(() => serverUrl('http://kiban.example.com')).toThrow('in clear text')
  expect(serverUrl('kiban.example.com').href).toBe('https://kiban.example.com/')
  expect(serverUrl('http://localhost:8300').href).toBe('http://localhost:8300/')
  await expect(currentLogin({ KIBAN_SERVER: 'https://kiban.example.com' })).rejects.toMatchObject({ code: 'login.incomplete' })
  expect(await currentLogin({ KIBAN_SERVER: 'https://kiban.example.com', KIBAN_TOKEN: 'kbt_x' })).toMatchObject({
    token: 'kbt_x',
  })
})
