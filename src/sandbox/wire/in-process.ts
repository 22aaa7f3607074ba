// A request handler for SDK clients that reaches the sandbox without a socket, for benches and the round trip.

import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { buildQueryString, type HttpRequest, HttpResponse } from '@smithy/core/protocols'
import type { WireAnswer, WireRequest } from './message.ts'

export interface InProcessHandler {
  handle(request: HttpRequest): Promise<{ response: HttpResponse }>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): object
  destroy(): void
}

export function inProcessHandler(answer: (request: WireRequest) => Promise<WireAnswer>): InProcessHandler {
  return {
    async handle(request) {
      const { status, headers, body } = await answer(await wireRequest(request))
      const stream = body instanceof Readable ? body : Readable.from([Buffer.from(body as Uint8Array)])
      return { response: new HttpResponse({ statusCode: status, headers: { ...headers }, body: stream }) }
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  }
}

async function wireRequest(request: HttpRequest): Promise<WireRequest> {
  return {
    method: request.method,
    path: request.path,
    query: buildQueryString(request.query),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: await bytesOf(request.body),
    signal: new AbortController().signal,
  }
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  if (body instanceof Readable) return await buffer(body)
  throw new TypeError('A request body must be a string, bytes or a stream')
}
