/**
 * Requests to an image registry (OCI distribution-spec 1.1) over fetch: credentials, retries, and errors in kiban's
 * words. Plain HTTP is spoken only when the registry's own address says so.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { printable } from '../core/program.ts'

const TRIES = 5
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000
const MAX_ERROR_BYTES = 64 * 1024

/** Where an image lives, and with what one gets in. */
export interface ImageRepository {
  /** `123456789012.dkr.ecr.….amazonaws.com/bookshop/web`, as the registry's owner answers it. */
  uri: string
  /** The registry's address and credentials; left out for a public registry. The password is a secret: never log it. */
  login?: { endpoint: string; username: string; password: string }
}

export type Body = NonNullable<RequestInit['body']>

export interface Asked {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  headers?: Record<string, string>
  /** Made anew for each try. */
  body?: () => Body
  /** Statuses that are an answer; others are errors. */
  expect: readonly number[]
  signal?: AbortSignal
  /** 1 for what must not be sent twice as it is. */
  tries?: number
}

export class RegistrySession {
  readonly registry: string
  readonly repository: string
  readonly #origin: string
  readonly #basic: string | undefined
  #bearer: string | undefined

  constructor({ uri, login }: ImageRepository) {
    const slash = uri.indexOf('/')
    this.registry = uri.slice(0, slash)
    this.repository = uri.slice(slash + 1)
    const endpoint = login && new URL(login.endpoint)
    // Credentials are for the registry that gave them; another one is asked without.
    const isOurs = endpoint?.host === this.registry
    this.#origin = `${isOurs && endpoint.protocol === 'http:' ? 'http' : 'https'}://${this.registry}`
    this.#basic = login && isOurs ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` : undefined
  }

  /** Asks below `/v2/<repository>/`, or a Location that the registry has given. Throws KibanError. */
  async ask(place: string, asked: Asked): Promise<Response> {
    const url = new URL(place, `${this.#origin}/v2/${this.repository}/`)
    const tries = asked.tries ?? TRIES
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(url, asked).catch((cause: unknown) => {
        asked.signal?.throwIfAborted()
        if (attempt >= tries)
          throw new KibanError('unavailable', 'registry.unavailable', images.registryUnreachable(this.registry), {
            hint: images.registryUnreachableHint,
            cause,
          })
        return undefined
      })
      if (answer && asked.expect.includes(answer.status)) return answer
      if (answer && !(isPassing(answer.status) && attempt < tries)) throw await this.#refusal(answer)
      await answer?.body?.cancel()
      await wait(pauseMs(attempt, answer?.headers.get('retry-after')), undefined, { signal: asked.signal })
    }
  }

  async #send(url: URL, asked: Asked): Promise<Response> {
    const send = () => {
      const authorization = url.origin === this.#origin ? (this.#bearer ?? this.#basic) : undefined
      const body = asked.body?.()
      const init: RequestInit & { duplex?: 'half' } = {
        method: asked.method ?? 'GET',
        headers: { ...asked.headers, ...(authorization ? { authorization } : {}) },
        signal: asked.signal,
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      }
      return fetch(url, init)
    }
    const answer = await send()
    const challenge = answer.headers.get('www-authenticate') ?? ''
    if (answer.status !== 401 || !/^bearer /i.test(challenge) || url.origin !== this.#origin) return answer
    await answer.body?.cancel()
    this.#bearer = await this.#token(challenge, asked.signal)
    return send()
  }

  /** https://distribution.github.io/distribution/spec/auth/token/ */
  async #token(challenge: string, signal: AbortSignal | undefined): Promise<string> {
    const said = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
    const realm = URL.canParse(said.realm ?? '') ? new URL(said.realm ?? '') : undefined
    if (!realm || (realm.protocol !== 'https:' && realm.origin !== this.#origin)) throw this.#broken('where to ask for a token')
    if (said.service) realm.searchParams.set('service', said.service)
    realm.searchParams.set('scope', said.scope ?? `repository:${this.repository}:pull`)
    const answer = await fetch(realm, { headers: this.#basic ? { authorization: this.#basic } : {}, signal })
    if (!answer.ok) throw await this.#refusal(answer)
    const body = (await answer.json()) as { token?: unknown; access_token?: unknown }
    const token = body.token ?? body.access_token
    if (typeof token !== 'string') throw this.#broken('a token')
    return `Bearer ${token}`
  }

  #broken(what: string): KibanError {
    return new KibanError('unavailable', 'registry.refused', images.registryBroken(this.registry, what))
  }

  async #refusal(answer: Response): Promise<KibanError> {
    const { code, message } = await firstError(answer)
    const uri = `${this.registry}/${this.repository}`
    const cause = new Error(`${answer.status} ${code}: ${message}`)
    if (answer.status === 401) {
      return new KibanError('unauthenticated', 'registry.unauthenticated', images.registryUnauthenticated(this.registry), {
        hint: images.registryLoginHint,
        cause,
      })
    }
    if (code === 'NAME_UNKNOWN')
      return new KibanError('not-found', 'registry.repository-missing', images.repositoryMissing(uri), {
        hint: images.repositoryMissingHint,
        cause,
      })
    if (answer.status === 403) {
      return new KibanError('forbidden', 'registry.forbidden', images.registryForbidden(this.registry, this.repository), {
        hint: images.registryForbiddenHint,
        cause,
      })
    }
    if (answer.status === 429) {
      return new KibanError('throttled', 'registry.refused', images.registryRefused(this.registry, message || '429'), { cause })
    }
    const kind = answer.status >= 500 ? 'unavailable' : code === 'TAG_INVALID' ? 'conflict' : 'invalid'
    const what = printable(message || code || String(answer.status)).slice(0, 300)
    return new KibanError(kind, 'registry.refused', images.registryRefused(this.registry, what), { cause })
  }
}

/** A tag or digest becomes part of a URL. Throws KibanError `image.missing`, as none has such a name. */
export function requireReference(reference: string): void {
  if (/^(\w[\w.-]{0,127}|sha256:[0-9a-f]{64})$/.test(reference)) return
  throw new KibanError('invalid', 'image.missing', images.imageMissing(printable(reference)), { hint: images.imageMissingHint })
}

const isPassing = (status: number) => status === 429 || status === 408 || status >= 500

/** Doubles from try to try, with chance, so that many who were refused together do not come back together. */
function pauseMs(attempt: number, retryAfter: string | null | undefined): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1000
  const own = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random())
  return Math.min(asked > 0 ? asked : own, LONGEST_PAUSE_MS)
}

async function firstError(answer: Response): Promise<{ code: string; message: string }> {
  const text = (await answer.text().catch(() => '')).slice(0, MAX_ERROR_BYTES)
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] }
    return { code: String(errors?.[0]?.code ?? ''), message: String(errors?.[0]?.message ?? '') }
  } catch {
    return { code: '', message: text.trim() }
  }
}
