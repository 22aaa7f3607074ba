/**
 * The sandbox's own doors beside AWS's: its health, its faults, how often each API was called and, when it is turned by
 * hand, its clock. All but the first ask for the administrator's access key as HTTP Basic credentials (RFC 7617).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { KibanError } from '../core/error.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { FaultRules, Faults } from './faults.ts'
import type { Credentials } from './identity/administrator.ts'
import { isSameText } from './identity/same-text.ts'

const PREFIX = '/_sandbox/'
const MAX_BODY_BYTES = 1024 * 1024

interface Controlled {
  account: string
  region: string
  clock: Clock
  faults: Faults
  /** Requests by API. */
  calls: Map<string, number>
  credentials: Credentials
}

/** Serves what is below `/_sandbox/`; false for every other path. */
export function control(of: Controlled): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if (!request.url?.startsWith(PREFIX)) return false
    answer(of, request).then(
      ([status, body]) => send(response, status, body),
      (error: unknown) =>
        send(response, error instanceof KibanError || error instanceof SyntaxError ? 400 : 500, { message: String(error) }),
    )
    return true
  }
}

async function answer(of: Controlled, request: IncomingMessage): Promise<[status: number, body: object]> {
  const path = request.url?.slice(PREFIX.length).split('?')[0]
  if (path === 'health' && request.method === 'GET') return [200, { status: 'ok', account: of.account, region: of.region }]
  if (!isAdministrator(of.credentials, request.headers.authorization)) {
    return [
      401,
      { message: "The administrator's access key is needed: Authorization: Basic base64(accessKeyId:secretAccessKey)" },
    ]
  }
  if (path === 'faults') return faults(of.faults, request)
  if (path === 'calls') return counts(of.calls, request)
  if (path === 'throttled') return counts(of.faults.throttled, request)
  if (path === 'clock') return clock(of.clock, request)
  return [404, { message: `Nothing is at ${PREFIX}${path}` }]
}

function isAdministrator({ accessKeyId, secretAccessKey }: Credentials, authorization = ''): boolean {
  const given = /^Basic (\S+)$/i.exec(authorization)?.[1] ?? ''
  return isSameText(Buffer.from(given, 'base64').toString(), `${accessKeyId}:${secretAccessKey}`)
}

/** GET shows the rules, POST adds to them, DELETE takes all away. */
async function faults(rules: Faults, request: IncomingMessage): Promise<[number, object]> {
  if (request.method === 'POST') rules.set((await bodyOf(request)) as FaultRules)
  else if (request.method === 'DELETE') rules.clear()
  else if (request.method !== 'GET') return [405, { message: 'GET, POST or DELETE' }]
  return [200, rules.current()]
}

/** GET tells how often it came for each API, DELETE begins to count anew. */
function counts(counted: Map<string, number>, request: IncomingMessage): [number, object] {
  if (request.method === 'DELETE') counted.clear()
  else if (request.method !== 'GET') return [405, { message: 'GET or DELETE' }]
  return [200, Object.fromEntries(counted)]
}

const Advance = z.strictObject({ advance: z.number().min(0) })

/** GET tells the simulated time; POST `{"advance": ms}` turns a clock that stands still. */
async function clock(of: Clock, request: IncomingMessage): Promise<[number, object]> {
  if (request.method === 'POST') {
    if (!(of instanceof ManualClock)) return [409, { message: 'This clock goes by itself' }]
    const asked = Advance.safeParse(await bodyOf(request))
    if (!asked.success) return [400, { message: '{"advance": milliseconds}' }]
    await of.advance(asked.data.advance)
  }
  return [200, { elapsed: of.elapsed(), now: new Date(of.now()).toISOString() }]
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new SyntaxError('The body is too long')
  return await json(request)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
