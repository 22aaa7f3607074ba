// The HTTP face: a route for each operation. Everything else about an operation (permission, input, audit) is in the operation.
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Hono, type Context as HonoContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Actor } from '../core/actor.ts'
import { realClock } from '../core/clock.ts'
import { KibanError } from '../core/error.ts'
import { type HttpFields, httpFields } from '../core/http-fields.ts'
import { newId } from '../core/ids.ts'
import { errors } from '../core/messages/errors.ts'
import { http } from '../core/messages/http.ts'
import { type Context, fileOf, type Operation } from '../core/operation.ts'
import { PROBLEM_TYPE, type Problem, problemOf } from '../core/problem.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Refused } from '../core/runner.ts'
import type { Language } from '../core/text.ts'
import { Buckets } from './bucket.ts'
import {
  type Caller,
  type Credential,
  cookieName,
  cookieOptions,
  credentialOf,
  flowCookieName,
  refuseCrossSite,
} from './caller.ts'
import { combinedStream, MOST_STREAMS } from './combined-stream.ts'
import { eventStream } from './event-stream.ts'
import { fileAnswer } from './file-answer.ts'
import type { ReceiveGithub } from './github-route.ts'
import type { Metrics } from './metrics.ts'
import { requestInput } from './request-input.ts'
import type { ReceiveSlack } from './slack-route.ts'

export const API_PREFIX = '/api/v1'
/** When to ask again what could not be answered now. */
export const COME_BACK_SECONDS = 2
const REFUSED_WITHIN_MS = 500
/** Whoever asks what is to be seen, and does not follow it, is told so long after there is nothing. */
const NOTHING_AFTER_MS = 5_000
const MAX_BODY_BYTES = 1024 * 1024
/** Of one caller: far above what a person's console asks, far below what hurts. */
const REQUESTS = { rate: 50, burst: 200 }
/** Whoever reads a stream is asked for again so often, beside whenever they have changed. */
const LOOK_AGAIN_MS = 60_000

/** What the face stands on. */
export interface Application {
  operations: readonly Operation[]
  call(name: string, input: unknown, context: Context): Promise<unknown>
  stream(name: string, input: unknown, context: Context): AsyncIterable<unknown>
  /** Puts on record what this face refuses by itself; it never throws. */
  refused?: Refused
  /** Who holds a credential; undefined when it is not, or no longer, good. */
  identify(credential: Credential): Promise<Actor | undefined>
  /** Why a credential that once was good is not any more; undefined for one that never was. */
  whyEnded?(credential: Credential): Promise<KibanError | undefined>
  /** What GitHub's webhook delivers; left out where there is no secret to believe it by. */
  github?: ReceiveGithub
  /** What Slack delivers; left out where kiban is no app of Slack's. */
  slack?: ReceiveSlack
  /** Calls back when something about whoever has this name may have changed; gives the way to stop. */
  whenChanged?(name: string, heard: () => void): () => void
  /** How many proxies stand before this server, each of which adds whom it heard to `X-Forwarded-For`. */
  proxies: number
  /** Where browsers find this server; cookies and the check of where a write comes from go by it. */
  publicUrl: URL
  /** Aborted when the server ends: streams end then, and their readers come back to another. */
  ending: AbortSignal
  metrics: Metrics
  /** Hears each request that was answered. */
  answered(request: {
    operation: string
    method: string
    path: string
    status: number
    ms: number
    actor: string
    requestId: string
  }): void
  /** Hears what broke on our side, with the reference that the caller was given. */
  failed(error: unknown, reference: string): void
}

interface Variables {
  /** Set once it is known. */
  operation?: string
  actor?: string
  requestId: string
  language: Language
  address: string
}
interface Bindings {
  incoming?: { socket?: { remoteAddress?: string } }
  outgoing?: { destroy(): void }
  /** One of several streams over one connection. */
  combined?: boolean
}
type Env = { Variables: Variables; Bindings: Bindings }

export const NOBODY: Actor = { kind: 'nobody', name: 'nobody', grants: [], face: 'http' }

export function apiRoutes(application: Application): Hono<Env> {
  const api = new Hono<Env>().basePath(API_PREFIX)
  const buckets = new Buckets({ ...REQUESTS, clock: realClock })
  api.use(async (c, next) => {
    c.set('requestId', newId('req'))
    c.set('language', languageOf(c.req.header('accept-language')))
    // Whoever still has a connection comes back by a new one, to another server.
    application.ending.throwIfAborted()
    const begun = performance.now()
    await next()
    c.header('x-request-id', c.get('requestId'))
    tell(c, application, performance.now() - begun)
  })
  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError() {
        throw new KibanError('invalid', 'http.too-large', http.tooLarge(MAX_BODY_BYTES))
      },
    }),
  )
  for (const [route, operations] of routesOf(application.operations)) {
    for (const operation of operations) {
      const fields = httpFields(operation)
      api.on(operation.http.method, route, async (c) => {
        c.set('operation', operation.name)
        const caller = await callerOf(c, application)
        c.set('actor', caller?.actor.name)
        if (!caller && operation.permission !== 'public') throw await notLetIn(c, application)
        limit(buckets, caller?.actor.name ?? `address ${addressOf(c, application.proxies)}`)
        if (operation.http.method !== 'GET' && caller?.by !== 'token') await refuseOtherSites(c, application, operation, caller)
        return answer(c, application, operation, fields, caller)
      })
    }
    api.all(route, (c) => {
      throw noMethod(
        c,
        operations.map(({ http: { method } }) => method),
      )
    })
  }
  api.get(STREAMS_PATH, (c) => streams(c, application, (request) => api.fetch(request, { ...c.env, combined: true })))
  api.all(STREAMS_PATH, (c) => {
    throw noMethod(c, ['GET'])
  })
  api.all('*', (c) => {
    throw new KibanError('not-found', 'http.no-route', http.noRoute(c.req.method, c.req.path), { hint: http.noRouteHint })
  })
  api.onError((error, c) => problemAnswer(c, application, error))
  return api
}

/** The operations of each route; a word of a path stands before a field that would take any, so that it is never taken for one. */
function routesOf(operations: readonly Operation[]): [string, Operation[]][] {
  const served = operations.filter(({ local }) => !local)
  const byRoute = Map.groupBy(served, ({ http: { path } }) => path.replace(/\{(\w+)\}/g, ':$1'))
  const fields = (route: string) => route.split(':').length
  return [...byRoute].sort(([a], [b]) => fields(a) - fields(b))
}

const noMethod = (c: HonoContext<Env>, methods: readonly string[]): Headed => {
  const allow = methods.join(', ')
  return new Headed('invalid', 'http.no-method', http.noMethod(c.req.method, c.req.path, allow), { allow })
}

/** The path without its query: what people search for is theirs. */
function tell(c: HonoContext<Env>, application: Application, ms: number): void {
  const { operation = 'none', actor = 'nobody', requestId } = c.var
  application.metrics.answered(operation, c.res.status, ms / 1000)
  application.answered({
    operation,
    actor,
    requestId,
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    ms: Math.round(ms),
  })
}

async function callerOf(c: HonoContext<Env>, application: Application): Promise<Caller | undefined> {
  const credential = credentialOf(c.req.raw.headers, application.publicUrl)
  const actor = credential && (await application.identify(credential))
  return actor && credential ? { actor: { ...actor, face: 'http' }, by: credential.by } : undefined
}

async function notLetIn(c: HonoContext<Env>, application: Application): Promise<KibanError> {
  const credential = credentialOf(c.req.raw.headers, application.publicUrl)
  const ended = credential && (await application.whyEnded?.(credential))
  return ended ?? new KibanError('unauthenticated', 'login.needed', http.loginNeeded, { hint: http.loginNeededHint })
}

/** What another site makes somebody's browser send is on record, as an operation that was refused to them. */
async function refuseOtherSites(c: HonoContext<Env>, application: Application, operation: Operation, caller: Caller | undefined) {
  try {
    refuseCrossSite(c.req.raw.headers, application.publicUrl, { byCookie: caller !== undefined })
  } catch (error) {
    if (caller && isRefusal(error))
      await application.refused?.(caller.actor, { operation: operation.name, place: { product: '*', environment: '*' }, error })
    throw error
  }
}

function limit(buckets: Buckets, who: string): void {
  const taken = buckets.take(who)
  if (!taken.ok)
    throw new Headed('throttled', 'http.too-many', http.tooMany(taken.seconds), { 'retry-after': String(taken.seconds) })
}

/** An error whose answer has headers of its own. */
class Headed extends KibanError {
  readonly headers: Record<string, string>

  constructor(kind: KibanError['kind'], code: KibanError['code'], text: KibanError['text'], headers: Record<string, string>) {
    super(kind, code, text)
    this.headers = headers
  }
}

async function answer(
  c: HonoContext<Env>,
  application: Application,
  operation: Operation,
  fields: HttpFields,
  caller: Caller | undefined,
): Promise<Response> {
  const input = await requestInput(c, fields)
  const gone = new AbortController()
  const after = c.req.header('last-event-id')
  const begun = operation.kind === 'stream' && after === undefined ? await operation.begins?.() : undefined
  const context: Context = {
    actor: caller?.actor ?? NOBODY,
    signal: AbortSignal.any([gone.signal, c.req.raw.signal, application.ending]),
    requestId: requestIdOf(c, caller),
    // A server acts with its own role, never with what a request says.
    environment: undefined,
    after: after ?? begun,
    agent: c.req.header('user-agent'),
    publicUrl: application.publicUrl,
  }
  if (operation.kind === 'call') {
    const output = await application.call(operation.name, input, context)
    return answerOnce(c, operation.session ? sessionAnswer(c, application, operation, output) : output)
  }
  const items = application.stream(operation.name, input, context)[Symbol.asyncIterator]()
  const first = items.next()
  if (!follows(c)) {
    const file = operation.files && fileOf(operation, operation.input.safeParse(input).data)
    if (file) {
      const letIn = caller && whileLetIn(c, application, caller.actor, gone)
      const left = () => {
        letIn?.stop()
        gone.abort()
      }
      const broken = (error: unknown) => {
        if (!context.signal.aborted) asProblem(c, application, error)
        c.env?.outgoing?.destroy()
      }
      return fileAnswer(file, first, items, { left, broken })
    }
    const found = await (operation.http.method === 'GET' ? Promise.race([first, nothingYet()]) : first)
    gone.abort()
    if (found) await items.return?.()
    else first.catch(() => {})
    return c.json(found && !found.done ? (found.value as object) : {}, 202)
  }
  // What is refused is refused with its status, which a stream that has begun could no longer tell. One that has nothing to
  // say yet begins all the same: its reader, and all that stands between, want to hear that it is there.
  await Promise.race([first, setTimeout(REFUSED_WITHIN_MS, undefined, { ref: false })])
  const letIn = caller && whileLetIn(c, application, caller.actor, gone)
  const problem = (error: unknown) => {
    const refusal = letIn?.refusal()
    if (refusal) return asProblem(c, application, refusal)
    // Nothing is wrong with the stream: its reader has left, or comes back with other rights or to another server.
    return context.signal.aborted ? undefined : asProblem(c, application, error)
  }
  const ended = application.metrics.streaming(operation.name)
  const left = () => {
    ended()
    letIn?.stop()
    gone.abort()
  }
  return eventStream(operation, startingWith(first, items, context.signal), { begun, problem, left })
}

const nothingYet = () => setTimeout(NOTHING_AFTER_MS, undefined, { ref: false })

/** Aborts a stream as soon as its reader is no longer let in, or may something else than when it began. */
function whileLetIn(c: HonoContext<Env>, application: Application, { name, grants }: Actor, stream: AbortController) {
  let refusal: KibanError | undefined
  const look = async () => {
    try {
      const now = await callerOf(c, application)
      if (JSON.stringify(now?.actor.grants) === JSON.stringify(grants)) return
      if (!now) refusal = await notLetIn(c, application)
      stream.abort()
    } catch {
      // The database does not answer, so that nothing is to be read either; the next look is soon.
    }
  }
  const stopListening = application.whenChanged?.(name, look)
  const timer = setInterval(look, LOOK_AGAIN_MS)
  return {
    /** Undefined while nothing is wrong with the reader. */
    refusal: () => refusal,
    stop() {
      stopListening?.()
      clearInterval(timer)
    },
  }
}

/** Several streams over one connection: each of `follow` is the address of one, below that of the API. */
const STREAMS_PATH = '/streams'

async function streams(
  c: HonoContext<Env>,
  application: Application,
  answered: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  c.set('operation', 'streams')
  const caller = await callerOf(c, application)
  if (!caller) throw await notLetIn(c, application)
  c.set('actor', caller.actor.name)
  const wanted = c.req.queries('follow') ?? []
  if (c.env?.combined) throw new KibanError('not-found', 'http.no-route', http.noStream(c.req.path))
  if (wanted.length === 0 || wanted.length > MOST_STREAMS)
    throw new KibanError('invalid', 'input.invalid', http.streamCount(MOST_STREAMS))
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, c.req.raw.signal])
  const open = async (path: string, after: string | undefined) => {
    const url = new URL(`${API_PREFIX}${path}`, application.publicUrl)
    const headers = new Headers(c.req.raw.headers)
    headers.set('accept', 'text/event-stream')
    if (after === undefined) headers.delete('last-event-id')
    else headers.set('last-event-id', after)
    const answer = url.pathname.startsWith(`${API_PREFIX}/`) && (await answered(new Request(url, { headers, signal })))
    const type = (answer ? answer.headers.get('content-type') : undefined) ?? ''
    if (answer && (type.startsWith('text/event-stream') || type.startsWith(PROBLEM_TYPE))) return answer
    return problemAnswer(c, application, new KibanError('not-found', 'http.no-route', http.noStream(path)))
  }
  return combinedStream(wanted, { open, left: () => gone.abort() })
}

const follows = (c: HonoContext<Env>): boolean => /text\/event-stream/.test(c.req.header('accept') ?? '')

/** A browser's session rests in a cookie that no script can read; a program that logs in is given the secret. */
function sessionAnswer(c: HonoContext<Env>, application: Application, { session }: Operation, output: unknown): unknown {
  const cookie = cookieOptions(application.publicUrl)
  const name = (session === 'begins' ? flowCookieName : cookieName)(application.publicUrl)
  if (session === 'closes') {
    deleteCookie(c, name, cookie)
    return output
  }
  if (c.req.header('sec-fetch-site') === undefined) return output
  const { secret, ...rest } = output as { secret?: string; expiresAt: number }
  if (secret === undefined) return output
  setCookie(c, name, secret, { ...cookie, expires: new Date(rest.expiresAt) })
  return rest
}

/** With a tag of its content, so that an answer that has not changed is not sent again (RFC 9110 §8.8.3). */
function answerOnce(c: HonoContext<Env>, output: unknown): Response {
  const text = JSON.stringify(output ?? {})
  const headers = { 'content-type': 'application/json', 'cache-control': 'private, no-cache' }
  if (c.req.method !== 'GET') return c.body(text, 200, headers)
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const known = (c.req.header('if-none-match') ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
  return known ? c.body(null, 304, { ...headers, etag: tag }) : c.body(text, 200, { ...headers, etag: tag })
}

/** A request made again with the same key is the same request; keys of two callers never meet. */
function requestIdOf(c: HonoContext<Env>, caller: Caller | undefined): string {
  const key = c.req.header('idempotency-key')
  if (!key) return c.get('requestId')
  return `req_${createHash('sha256')
    .update(JSON.stringify([caller?.actor.kind, caller?.actor.name, c.req.method, c.req.path, key]))
    .digest('hex')
    .slice(0, 40)}`
}

/** Throws when it ends because of the signal, and not by itself. */
async function* startingWith<Item>(
  first: Promise<IteratorResult<Item>>,
  rest: AsyncIterator<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  try {
    for (let next = await first; !next.done; next = await rest.next()) yield next.value
    signal.throwIfAborted()
  } finally {
    await rest.return?.()
  }
}

function problemAnswer(c: HonoContext<Env>, application: Application, error: unknown): Response {
  const { status, kind, code, ...rest } = asProblem(c, application, error)
  const headers: Record<string, string> = {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    'x-request-id': c.get('requestId'),
    ...(error instanceof Headed ? error.headers : {}),
  }
  if (kind === 'unavailable') headers['retry-after'] = String(COME_BACK_SECONDS)
  // The rest of the body is on its way still, and whoever reads it as the next request would be misled.
  if (code === 'http.too-large' || code === 'server.ending') headers.connection = 'close'
  if (kind === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="kiban"'
  return c.body(JSON.stringify({ ...rest, status, kind, code }), status as 400, headers)
}

function asProblem(c: HonoContext<Env>, application: Application, error: unknown): Problem {
  const requestId = c.get('requestId')
  const known = error instanceof KibanError ? error : new KibanError('internal', 'internal', errors.internal(requestId))
  if (known.kind === 'internal') application.failed(error, requestId)
  return problemOf(known, requestId, c.get('language'))
}

/** The first of our languages that the reader prefers; kiban's own clients send exactly one. */
function languageOf(header = ''): Language {
  return /(^|,)\s*ja\b/i.test(header) && !/^\s*en\b/i.test(header) ? 'ja' : 'en'
}

/** Whom the outermost trusted proxy heard; what stands before that in the header anybody may have written. */
function addressOf(c: HonoContext<Env>, proxies: number): string {
  const direct = c.env?.incoming?.socket?.remoteAddress ?? 'unknown'
  const heard = (c.req.header('x-forwarded-for') ?? '').split(',').map((one) => one.trim())
  return proxies > 0 ? (heard.at(-proxies) ?? direct) : direct
}
