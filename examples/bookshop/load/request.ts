// One request to the shop, and whether it was answered as it should be.
import { Agent, request } from 'node:http'
import type { Tally } from './tally.ts'

/** Whoever looks at a page has left by then. */
const TIMEOUT_MS = 10_000

export interface Answer {
  status: number
  location: string | undefined
  body: string
}

/** A connection for one request, or those that stay open between requests. */
export type Connection = 'fresh' | Agent

/** A connection that is free is used again; who finds none free opens another, and waits for nobody. */
export const keptConnections = (): Agent => new Agent({ keepAlive: true })

export interface Asked {
  method?: 'GET' | 'POST'
  path: string
  /** A form, or an object that is sent as JSON. */
  body?: URLSearchParams | object
  /** When it should have been sent, on performance.now's clock; a request that had to wait for its turn took that long too. */
  due?: number
}

type Counter = Pick<Tally, 'answered' | 'failed'>

export class Client {
  readonly #url: string
  readonly #tally: Counter
  readonly #timeoutMs: number

  /** Counts every request in `tally`; none is tried twice. */
  constructor(url: string, tally: Counter, timeoutMs = TIMEOUT_MS) {
    this.#url = url
    this.#tally = tally
    this.#timeoutMs = timeoutMs
  }

  /** Gives the answer, or nothing when it was none; anything but a status below 400 and a whole body is a failure. */
  async ask(connection: Connection, { method = 'GET', path, body, due }: Asked): Promise<Answer | undefined> {
    const begun = due ?? performance.now()
    const at = Date.now()
    const name = `${method} ${path}`
    try {
      const answer = await exchange({ url: new URL(path, this.#url), method, body, connection, timeoutMs: this.#timeoutMs })
      const ms = performance.now() - begun
      if (answer.status < 400) this.#tally.answered(ms)
      else this.#tally.failed({ at, request: name, reason: `status ${answer.status}: ${words(answer.body)}` }, ms)
      return answer.status < 400 ? answer : undefined
    } catch (error) {
      this.#tally.failed({ at, request: name, reason: reasonOf(error) }, performance.now() - begun)
      return undefined
    }
  }
}

interface Exchange {
  url: URL
  method: string
  body: URLSearchParams | object | undefined
  connection: Connection
  timeoutMs: number
}

function exchange({ url, method, body, connection, timeoutMs }: Exchange): Promise<Answer> {
  const text = body instanceof URLSearchParams ? body.toString() : body && JSON.stringify(body)
  const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
  const headers = text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(url, { method, headers, agent: connection === 'fresh' ? false : connection })
  const deadline = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  sent.once('close', () => {
    clearTimeout(deadline)
    // Settles nothing that an answer or an error has settled before.
    reject(new Error('the connection was closed'))
  })
  sent.once('error', reject)
  sent.once('response', (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.once('error', reject)
    answer.once('end', () => {
      const { statusCode: status = 0, headers } = answer
      if (answer.complete) resolve({ status, location: headers.location, body: Buffer.concat(chunks).toString('utf8') })
    })
  })
  sent.end(text)
  return promise
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}

const WORDS_LENGTH = 80

/** The words of a page, or the beginning of any other text. */
const words = (body: string): string =>
  body
    .replaceAll(/<style>.*?<\/style>|<[^>]*>/gs, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, WORDS_LENGTH)
