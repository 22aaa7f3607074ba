import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holder, permissionCells } from '../script/permission-table.ts'
import { declared } from '../src/app.ts'
import { runCli } from '../src/cli/cli.ts'
import { remoteEngine } from '../src/cli/remote-engine.ts'
import type { Actor } from '../src/core/actor.ts'
import { KibanError } from '../src/core/error.ts'
import { httpFields } from '../src/core/http-fields.ts'
import type { Operation } from '../src/core/operation.ts'
import { runner } from '../src/core/runner.ts'
import { type Server, startServer } from '../src/server/server.ts'

/** Nothing is behind these operations: whatever is let in breaks there, and whatever is refused is refused before. */
const operations = declared()
const run = runner(operations)
const cells = permissionCells(operations)
const tokens = new Map<string, Actor>()
let server: Server

beforeAll(async () => {
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    operations,
    ...run,
    identify: async ({ secret }) => tokens.get(secret),
    ready: async () => {},
    log: () => {},
  })
})
afterAll(() => server.close())

const titleOf = ({ operation, permission, role, where }: (typeof cells)[number]) =>
  `${operation.name} (${permission}) by ${role} of ${where}`

/** How an operation answers in this process: a code, or `done`. */
async function inProcess(operation: Operation, input: object, actor: Actor): Promise<string> {
  const context = { actor, signal: AbortSignal.timeout(10_000), requestId: 'req_1', environment: undefined }
  try {
    if (operation.kind === 'call') await run.call(operation.name, input, context)
    else await run.stream(operation.name, input, context).next()
    return 'done'
  } catch (error) {
    return error instanceof KibanError ? error.code : 'broken'
  }
}

/** How it answers over HTTP: the status with the code. */
async function overHttp(operation: Operation, input: Record<string, unknown>, token: string | undefined): Promise<string> {
  const { method, path } = operation.http
  const names = httpFields(operation).path
  const url = new URL(`/api/v1${path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(input[name])))}`, server.url)
  const rest = Object.entries(input).filter(([name]) => !names.includes(name))
  if (method === 'GET') for (const [name, value] of rest) url.searchParams.set(name, String(value))
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: method === 'GET' ? undefined : JSON.stringify(Object.fromEntries(rest)),
  })
  const { code = 'done' } = (await answer.json()) as { code?: string }
  return `${answer.status} ${code}`
}

/** How it answers on the command line that is logged in there: the code of its error, or `done`. */
async function onCommandLine(operation: Operation, input: Record<string, unknown>, token: string): Promise<string> {
  let said = ''
  const stream = () => new PassThrough().on('data', (chunk) => (said += chunk)) as never
  const exit = await runCli(argvOf(operation, input), {
    operations,
    openEngine: () =>
      remoteEngine(operations, { url: new URL(server.url), token }, () => {
        throw new Error('nothing is local here')
      }),
    process: { stdout: stream(), stderr: stream(), stdin: new PassThrough() as never, env: {} },
    signal: new AbortController().signal,
  })
  const code = /"code":\s*"([a-z.-]+)"/.exec(said)?.[1]
  return code ?? (exit === 0 ? 'done' : `exit ${exit}: ${said}`)
}

function argvOf({ name, cli, risk }: Operation, input: Record<string, unknown>): string[] {
  const positional = cli?.positional ?? []
  const words = (value: unknown) => (Array.isArray(value) ? value : [value]).map(String)
  const flags = Object.entries(input).flatMap(([field, value]) => {
    if (positional.includes(field) || value === false) return []
    const flag = `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return value === true ? [flag] : [flag, words(value).join(',')]
  })
  const listed = positional.flatMap((field) => (input[field] === undefined ? [] : words(input[field])))
  return [...name.split('.'), ...flags, '--json', ...(risk > 0 ? ['--yes'] : []), ...listed]
}

test('every role at every place may in process exactly what the table says', async () => {
  expect(cells.length).toBeGreaterThan(500)
  const wrong: string[] = []
  for (const cell of cells) {
    const code = await inProcess(cell.operation, cell.input, holder(cell.role, cell.where))
    if ((code === 'permission.denied') === cell.allowed || code === 'input.invalid') wrong.push(`${titleOf(cell)}: ${code}`)
  }
  expect(wrong).toEqual([])
})

test('genova 9.17: people in Slack and machines by webhooks may exactly what the table says', async () => {
  const wrong: string[] = []
  for (const cell of cells) {
    for (const [kind, face] of [
      ['user', 'slack'],
      ['machine', 'webhook'],
    ] as const) {
      const code = await inProcess(cell.operation, cell.input, { ...holder(cell.role, cell.where), kind, face })
      // Some things are for people, wherever they are.
      const isPeoples = kind === 'machine' && cell.permission === 'signed-in' && code === 'permission.denied'
      if ((code === 'permission.denied') === cell.allowed && !isPeoples) wrong.push(`${titleOf(cell)} by ${face}: ${code}`)
    }
  }
  expect(wrong).toEqual([])
})

test('every role at every place may over HTTP exactly what the table says', async () => {
  const wrong: string[] = []
  for (const [number, cell] of cells.entries()) {
    const token = `t${number}`
    // A caller of its own for each, which no limit of requests holds up.
    tokens.set(token, { ...holder(cell.role, cell.where), name: token })
    const answer = await overHttp(cell.operation, cell.input, token)
    const denied = answer === '403 permission.denied'
    if (denied === cell.allowed || /^401|^429|input\.invalid|http\./.test(answer)) wrong.push(`${titleOf(cell)}: ${answer}`)
  }
  expect(wrong).toEqual([])
})

test('every role at every place may on the command line of a server exactly what the table says', async () => {
  const wrong: string[] = []
  const commands = cells.filter(({ operation }) => !operation.hidden)
  for (const [number, cell] of commands.entries()) {
    const token = `c${number}`
    tokens.set(token, { ...holder(cell.role, cell.where), name: token })
    const code = await onCommandLine(cell.operation, cell.input, token)
    const denied = code === 'permission.denied'
    if (denied === cell.allowed || /^exit|^http\.|^login\.|input\.invalid|confirmation/.test(code))
      wrong.push(`${titleOf(cell)}: ${code}`)
  }
  expect(wrong).toEqual([])
}, 240_000)

test('genova 9.15: without a login only what is public is open', async () => {
  const nobody = new Map(cells.map(({ operation, input }) => [operation, input]))
  const open: string[] = []
  for (const [operation, input] of nobody) {
    const answer = await overHttp(operation, input, undefined)
    if (!/^401/.test(answer)) open.push(operation.name)
  }
  expect(open.sort()).toEqual(
    operations
      .filter(({ permission }) => permission === 'public')
      .map(({ name }) => name)
      .sort(),
  )
})
