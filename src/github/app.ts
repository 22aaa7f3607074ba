// kiban as a GitHub App: proves itself, gets tokens of single repositories, and keeps to GitHub's limits.
import { sign } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { KibanError } from '../core/error.ts'
import { github } from '../core/messages/github.ts'
import { version } from '../core/version.ts'
import type { GithubSettings } from './settings.ts'

const API_VERSION = '2022-11-28'
const ANSWER_WITHIN_MS = 10_000
/** Ten minutes at most; the clocks may differ by one: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
const PROOF_SECONDS = { before: 60, after: 9 * 60 }
/** A token lasts an hour; one that is about to end is not begun with. */
const RENEW_BEFORE_MS = 5 * 60_000
/** Where GitHub asks to wait and says no time: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const WAIT_MS = 60_000

const Installation = z.object({ id: z.int().positive() })
const Token = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) })

export interface Ask {
  method: 'GET' | 'POST'
  /** From the repository on: `/deployments`. */
  path: string
  body?: object
  signal: AbortSignal
}

export class GithubApp {
  readonly #settings: GithubSettings
  readonly #clock: Pick<Clock, 'now'>
  readonly #tokens = new Map<string, { token: string; until: number }>()
  #waitUntil = 0

  constructor(settings: GithubSettings, clock: Pick<Clock, 'now'>) {
    this.#settings = settings
    this.#clock = clock
  }

  get host(): string {
    return this.#settings.host
  }

  /** Epoch milliseconds before which nothing is asked. */
  get waitUntil(): number {
    return this.#waitUntil
  }

  /** Asks something about `owner/name`. Throws `github.refused`, `github.throttled`, `github.failed`. */
  async ask(repository: string, { method, path, body, signal }: Ask): Promise<unknown> {
    const whole = `/repos/${repository}${path}`
    const first = await this.#send(method, whole, `Bearer ${await this.#token(repository, signal)}`, body, signal)
    if (first.status !== 401) return accepted(first, `${method} ${whole}`)
    // Taken back before its time.
    this.#tokens.delete(repository)
    const again = await this.#send(method, whole, `Bearer ${await this.#token(repository, signal)}`, body, signal)
    return accepted(again, `${method} ${whole}`)
  }

  async #token(repository: string, signal: AbortSignal): Promise<string> {
    const known = this.#tokens.get(repository)
    if (known && known.until - RENEW_BEFORE_MS > this.#clock.now()) return known.token
    const proof = `Bearer ${this.#proof()}`
    const path = `/repos/${repository}/installation`
    const { id } = Installation.parse(accepted(await this.#send('GET', path, proof, undefined, signal), `GET ${path}`))
    const wanted = { repositories: [repository.split('/')[1]], permissions: { deployments: 'write', statuses: 'write' } }
    const tokens = `/app/installations/${id}/access_tokens`
    const made = Token.parse(accepted(await this.#send('POST', tokens, proof, wanted, signal), `POST ${tokens}`))
    this.#tokens.set(repository, { token: made.token, until: Date.parse(made.expires_at) })
    return made.token
  }

  #proof(): string {
    const now = Math.floor(this.#clock.now() / 1000)
    const claims = { iat: now - PROOF_SECONDS.before, exp: now + PROOF_SECONDS.after, iss: this.#settings.appId }
    const text = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    const said = text.join('.')
    return `${said}.${sign('RSA-SHA256', Buffer.from(said), this.#settings.privateKey).toString('base64url')}`
  }

  async #send(method: string, path: string, authorization: string, body: object | undefined, signal: AbortSignal) {
    if (this.#clock.now() < this.#waitUntil) throw throttled()
    const headers = {
      accept: 'application/vnd.github+json',
      authorization,
      'user-agent': `kiban/${version()}`,
      'x-github-api-version': API_VERSION,
      ...(body ? { 'content-type': 'application/json' } : {}),
    }
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
    const url = `${this.#settings.apiUrl.href.replace(/\/$/, '')}${path}`
    try {
      // A token is sent nowhere else.
      const options = { method, headers, body: body && JSON.stringify(body), signal: within, redirect: 'error' } as const
      const answer = await fetch(url, options)
      const text = await answer.text()
      this.#heed(answer)
      return { status: answer.status, text }
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof KibanError) throw cause
      throw new KibanError('unavailable', 'github.failed', github.unreachable(`${method} ${path}`), { cause })
    }
  }

  #heed({ status, headers }: Response): void {
    const spent = headers.get('x-ratelimit-remaining') === '0'
    if (status !== 429 && !(status === 403 && (spent || headers.has('retry-after')))) return
    const seconds = Number(headers.get('retry-after'))
    const reset = spent ? Number(headers.get('x-ratelimit-reset')) * 1000 : 0
    this.#waitUntil = Math.max(reset, this.#clock.now() + (seconds > 0 ? seconds * 1000 : spent && reset ? 0 : WAIT_MS))
    throw throttled()
  }
}

function accepted({ status, text }: { status: number; text: string }, what: string): unknown {
  if (status >= 500)
    throw new KibanError('unavailable', 'github.failed', github.unreachable(what), { cause: new Error(String(status)) })
  if (status >= 300)
    throw new KibanError('forbidden', 'github.refused', github.refused(status, what), {
      hint: github.refusedHint,
      cause: new Error(text),
    })
  return JSON.parse(text)
}

const throttled = (): KibanError => new KibanError('throttled', 'github.throttled', github.throttled)
