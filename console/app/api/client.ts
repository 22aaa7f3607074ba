// The API as functions: `call` answers once, `begin` starts what goes on by itself; streams.ts follows it.
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { language } from '../words/language.ts'
import { type Calls, type Problem, routes, type Streams } from './operations.generated.ts'

type Route = keyof typeof routes
export type CallName = keyof Calls & Route
export type StreamName = keyof Streams & Route

/** What the server said no with; its words are for the reader. */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Nothing answered, or not as kiban does. */
export class Offline extends Error {}

export async function call<Name extends CallName>(
  name: Name,
  input: Calls[Name]['input'],
  { signal }: { signal?: AbortSignal } = {},
): Promise<Calls[Name]['output']> {
  const { path, ...request } = requestOf(name, input)
  return (await open(path, { ...request, signal })).json()
}

const COME_BACK_MS = { first: 500, most: 10_000 }

/**
 * Begins what goes on by itself, and gives the first that is heard of it; whoever wants to see more follows it. A broken
 * connection is taken up again: what was begun is not begun twice.
 */
export async function begin<Name extends StreamName>(
  name: Name,
  input: Streams[Name]['input'],
): Promise<Streams[Name]['output']> {
  const { path, headers, ...request } = requestOf(name, input)
  const once = { ...headers, 'idempotency-key': crypto.randomUUID() }
  for (let wait = COME_BACK_MS.first; ; wait *= 2) {
    try {
      return await (await open(path, { ...request, headers: once })).json()
    } catch (error) {
      if (!passing(error) || wait > COME_BACK_MS.most) throw error
      await pause(wait)
    }
  }
}

/** What may be well in a moment. */
export const passing = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.problem.kind === 'unavailable' || error.problem.kind === 'throttled'

export async function* messagesOf(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value
  } finally {
    await reader?.cancel().catch(() => {})
  }
}

/** The request of an operation: its path below the API, with the input in it, in the query or in the body. */
export function requestOf(name: Route, input: object) {
  const [method, template] = routes[name] as readonly [string, string, number]
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  const inPath = (field: string) => template.includes(`{${field}}`)
  const path = given
    .filter(([field]) => inPath(field))
    .reduce((before, [field, value]) => before.replace(`{${field}}`, encodeURIComponent(String(value))), template)
  const others = given.filter(([field]) => !inPath(field))
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET' && method !== 'DELETE') {
    headers['content-type'] = 'application/json'
    return { method, path, headers, body: JSON.stringify(Object.fromEntries(others)) }
  }
  const query = new URLSearchParams(
    others.flatMap(([field, value]) => (Array.isArray(value) ? value : [value]).map((one) => [field, String(one)])),
  )
  return { method, path: query.size > 0 ? `${path}?${query}` : path, headers }
}

/** An answer of the API that is none of its refusals. Throws `ApiError`, or `Offline`. */
export async function open(path: string, request: RequestInit & { headers: Record<string, string> }): Promise<Response> {
  let response: Response
  try {
    response = await fetch(`/api/v1${path}`, { ...request, headers: { ...request.headers, 'accept-language': language() } })
  } catch (error) {
    request.signal?.throwIfAborted()
    throw new Offline(String(error))
  }
  if (response.ok) return response
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) throw new Offline(String(response.status))
  throw new ApiError((await response.json()) as Problem)
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
