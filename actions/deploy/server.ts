// The kiban server, as a job sees it: comes in by GitHub's token, asks, and follows streams over whatever breaks off.
import { setTimeout } from 'node:timers/promises'
import type { Text } from '../../src/core/text.ts'
import { type Environment, mask } from '../runner.ts'
import type { Wanted } from './inputs.ts'
import { type Message, messagesOf } from './sent-events.ts'

const ANSWER_WITHIN_MS = 30_000
/** The server gives a sign of life every 15 s. */
const SILENT_MS = 60_000
/** Waits before another try: a server that is replaced, or a network that is mended, is back within them. */
const COME_BACK_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000]

/** What the server, or GitHub, said no to. */
export class Refused extends Error {
  readonly code: string
  readonly words: Text
  readonly hint: Text | undefined
  constructor(code: string, words: Text, hint?: Text) {
    super(words.en)
    this.code = code
    this.words = words
    this.hint = hint
  }
}

/** What another try may mend. */
class Passing extends Error {}

export interface Stream {
  path: string
  body: object
  key: string
  signal: AbortSignal
}

export class Server {
  readonly #wanted: Pick<Wanted, 'server' | 'audience' | 'language'>
  readonly #environment: Environment
  #session: string | undefined
  /** Whether the session has counted at all: one that never did is not worth another. */
  #counted = false

  constructor(wanted: Pick<Wanted, 'server' | 'audience' | 'language'>, environment: Environment) {
    this.#wanted = wanted
    this.#environment = environment
  }

  /** Items to the end of the stream, each once. Throws `Refused`. */
  async *follow<Item>({ path, body, key, signal }: Stream): AsyncGenerator<Item> {
    let after: string | undefined
    let tries = 0
    for (;;) {
      try {
        const answer = await this.#post(path, body, { key, after, accept: 'text/event-stream', signal })
        for await (const { event, id, data } of heard(answer, signal)) {
          if (event === 'end') return
          if (event === 'problem') throw problemOf(JSON.parse(data))
          after = id ?? after
          tries = 0
          if (event !== 'begun') yield JSON.parse(data) as Item
        }
        throw new Passing('The stream broke off')
      } catch (error) {
        await this.#beforeAnotherTry(error, tries++, signal)
      }
    }
  }

  /** Asks once for something to be done. Throws `Refused`, `Passing`. */
  async ask({ path, body, key, signal }: Stream): Promise<void> {
    await (await this.#post(path, body, { key, accept: 'application/json', signal })).body?.cancel()
  }

  /** Throws what no other try mends; a session that has ended is mended by a new token. */
  async #beforeAnotherTry(error: unknown, tries: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const over = error instanceof Refused && SESSION_OVER.has(error.code) && this.#counted
    if (over) {
      this.#session = undefined
      this.#counted = false
    }
    const wait = COME_BACK_MS[tries]
    if ((!over && !(error instanceof Passing)) || wait === undefined)
      throw error instanceof Passing ? unreachable(this.#wanted.server, error) : error
    await setTimeout(wait * (0.75 + Math.random() / 2), undefined, { signal })
  }

  async #post(
    path: string,
    body: object,
    { key, after, accept, signal }: { key?: string; after?: string; accept: string; signal: AbortSignal },
  ): Promise<Response> {
    this.#session ??= await this.#comeIn(signal)
    const headers = { accept, authorization: `Bearer ${this.#session}`, ...(key ? { 'idempotency-key': key } : {}) }
    const answer = await this.#send(path, body, { ...headers, ...(after ? { 'last-event-id': after } : {}) }, signal)
    this.#counted = true
    return answer
  }

  async #comeIn(signal: AbortSignal): Promise<string> {
    const token = await idToken(this.#environment, this.#wanted.audience, signal)
    mask(token)
    const answer = await this.#send('/login/job', { token }, { accept: 'application/json' }, signal)
    const { secret } = await answer.json().then(
      (said) => said as { secret: string },
      (cause) => {
        throw new Passing('The answer broke off', { cause })
      },
    )
    mask(secret)
    return secret
  }

  async #send(path: string, body: object, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const { server, language } = this.#wanted
    const url = new URL(`api/v1${path}`, server.href.endsWith('/') ? server : `${server.href}/`)
    const all = { 'content-type': 'application/json', 'accept-language': language, 'user-agent': 'kiban-action', ...headers }
    const answer = await answered(url, { method: 'POST', headers: all, body: JSON.stringify(body) }, signal)
    if (answer.ok) return answer
    throw problemOf(await answer.json().catch(() => undefined), answer.status)
  }
}

const SESSION_OVER = new Set(['session.expired', 'session.ended', 'login.needed'])

/** Signed by GitHub for this job: https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token */
async function idToken(environment: Environment, audience: string, signal: AbortSignal): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = environment
  if (!address || !bearer)
    throw new Refused(
      'action.no-id-token',
      { en: 'GitHub gives this job no token', ja: 'このジョブでは GitHub のトークンを取得できません' },
      {
        en: 'Add to the job: permissions: { id-token: write }',
        ja: 'ジョブに permissions: { id-token: write } を追加してください',
      },
    )
  const url = new URL(address)
  url.searchParams.set('audience', audience)
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' }
  const answer = await answered(url, { headers }, signal)
  const { value } = (await answer.json().catch(() => ({}))) as { value?: unknown }
  if (answer.ok && typeof value === 'string') return value
  if (answer.status >= 500) throw new Passing(`GitHub answered ${answer.status}`)
  throw new Refused('action.no-id-token', {
    en: `GitHub gives this job no token (${answer.status})`,
    ja: `GitHub のトークンを取得できません (${answer.status})`,
  })
}

async function answered(url: URL, request: RequestInit, signal: AbortSignal): Promise<Response> {
  const late = new AbortController()
  const timer = globalThis.setTimeout(() => late.abort(), ANSWER_WITHIN_MS)
  try {
    // A token is sent nowhere else.
    return await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.any([signal, late.signal]) })
  } catch (cause) {
    signal.throwIfAborted()
    throw new Passing(`${url.host} does not answer`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** Messages of a stream; one that is silent for too long has broken off. */
async function* heard(answer: Response, signal: AbortSignal): AsyncGenerator<Message> {
  if (!answer.body) return
  try {
    yield* messagesOf(answer.body, SILENT_MS)
  } catch (cause) {
    signal.throwIfAborted()
    throw new Passing('The stream broke off', { cause })
  }
}

interface Problem {
  code?: string
  kind?: string
  words?: { text?: Text; hint?: Text; details?: Text[] }
}

function problemOf(said: unknown, status = 0): Error {
  const { code, kind, words } = (said ?? {}) as Problem
  if (kind === 'unavailable' || kind === 'throttled' || !words?.text || !code) {
    // A proxy on the way answers in its own words.
    if (status < 400 || status >= 500 || status === 429 || kind)
      return new Passing(words?.text?.en ?? `The server answered ${status}`)
    return new Refused('action.strange-answer', {
      en: `The server answered ${status}, and not as kiban does`,
      ja: `サーバーの応答 (${status}) が kiban のものではありません`,
    })
  }
  const all = [words.text, ...(words.details ?? [])]
  const joined = { en: all.map(({ en }) => en).join('\n'), ja: all.map(({ ja }) => ja).join('\n') }
  return new Refused(code, joined, words.hint)
}

const unreachable = (server: URL, cause: Passing): Refused =>
  new Refused(
    'action.unreachable',
    { en: `${server.host} was lost: ${cause.message}`, ja: `${server.host} に接続できません: ${cause.message}` },
    {
      en: 'What was started goes on there; its timeline shows how it stands',
      ja: '開始済みの処理はサーバー側で続きます。状況はタイムラインで確認できます',
    },
  )
