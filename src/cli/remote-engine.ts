// A kiban server as an engine: the same commands and output, with the work done there.
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Engine } from '../core/engine.ts'
import { KibanError } from '../core/error.ts'
import { type HttpFields, httpFields, LEFT_OUT } from '../core/http-fields.ts'
import { newToken } from '../core/ids.ts'
import { remote as text } from '../core/messages/remote.ts'
import type { Operation } from '../core/operation.ts'
import { errorOfProblem } from '../core/problem.ts'

export interface RemoteServer {
  url: URL
  /** Undefined before logging in. */
  token: string | undefined
}

/** Waits between attempts to come back to a stream that broke off, in ms; a server that restarts is back within them. */
const COME_BACK_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]

/** The operations of a server. `local` gives the engine of those that work on the caller's own files. */
export function remoteEngine(operations: readonly Operation[], server: RemoteServer, local: () => Engine): Engine {
  const found = (name: string): Operation => {
    const operation = operations.find((candidate) => candidate.name === name)
    if (!operation) throw new Error(`No operation ${name}`)
    return operation
  }
  return {
    operations,
    async call(name, input, signal) {
      const operation = found(name)
      if (operation.local) return local().call(name, input, signal)
      const response = await ask(server, operation, input, { signal, key: newToken() })
      return response.json()
    },
    async *stream(name, input, signal) {
      const operation = found(name)
      if (operation.local) yield* local().stream(name, input, signal)
      else yield* followed(server, operation, input, signal)
    },
    async close() {},
  }
}

/** Follows a stream over broken connections: the same request again, from the last item on. */
async function* followed(
  server: RemoteServer,
  operation: Operation,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const key = newToken()
  let after: string | undefined
  let attempt = 0
  for (;;) {
    try {
      const response = await ask(server, operation, input, { signal, key, after, stream: true })
      for await (const { event, id, data } of messagesOf(response)) {
        if (event === 'end') return
        if (event === 'problem') throw errorOfProblem(JSON.parse(data)) ?? new BrokenOff(data)
        after = id ?? after
        attempt = 0
        if (event === 'begun') continue
        yield JSON.parse(data)
      }
      throw new BrokenOff('The stream ended early')
    } catch (error) {
      signal.throwIfAborted()
      const passing = error instanceof BrokenOff || (error instanceof KibanError && error.kind === 'unavailable')
      const wait = COME_BACK_MS[attempt++]
      if (!passing || wait === undefined) throw error instanceof BrokenOff ? unreachable(server, error) : error
      await new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2)))
    }
  }
}

class BrokenOff extends Error {}

async function* messagesOf(response: Response) {
  if (!response.body) return
  const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  try {
    yield* messages
  } catch (error) {
    throw error instanceof KibanError ? error : new BrokenOff(String(error))
  }
}

async function ask(
  server: RemoteServer,
  operation: Operation,
  input: unknown,
  options: { signal: AbortSignal; key: string; after?: string; stream?: boolean },
): Promise<Response> {
  const { path, body } = requestOf(httpFields(operation), operation, (input ?? {}) as Record<string, unknown>)
  const headers: Record<string, string> = {
    accept: options.stream ? 'text/event-stream' : 'application/json',
    ...(server.token === undefined ? {} : { authorization: `Bearer ${server.token}` }),
    'idempotency-key': options.key,
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (options.after !== undefined) headers['last-event-id'] = options.after
  let response: Response
  try {
    const url = new URL(`api/v1${path}`, server.url.href.endsWith('/') ? server.url : `${server.url.href}/`)
    response = await fetch(url, { method: operation.http.method, headers, body, signal: options.signal, redirect: 'error' })
  } catch (error) {
    options.signal.throwIfAborted()
    throw unreachable(server, error)
  }
  if (response.ok) return response
  const problem = errorOfProblem(await response.json().catch(() => undefined))
  if (problem) throw problem
  // A proxy on the way answers in its own words.
  throw new KibanError('unavailable', 'server.unreachable', text.strangeAnswer(server.url.href, response.status), {
    hint: text.unreachableHint,
  })
}

/** The other way round of what the server does with a request. */
export function requestOf(
  fields: HttpFields,
  { http }: Pick<Operation, 'http'>,
  input: Record<string, unknown>,
): { path: string; body: string | undefined } {
  const path = http.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name] ?? LEFT_OUT)))
  const others = Object.entries(input).filter(([name, value]) => !fields.path.includes(name) && value !== undefined)
  if (fields.others === 'body') return { path, body: JSON.stringify(Object.fromEntries(others)) }
  const query = new URLSearchParams()
  for (const [name, value] of others) for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one))
  return { path: query.size > 0 ? `${path}?${query}` : path, body: undefined }
}

const unreachable = (server: RemoteServer, cause: unknown): KibanError =>
  new KibanError('unavailable', 'server.unreachable', text.unreachable(server.url.href), { hint: text.unreachableHint, cause })
