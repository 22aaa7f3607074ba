import type { Actor } from '../core/actor.ts'
import { KibanError } from '../core/error.ts'
import { http } from '../core/messages/http.ts'

/** Whoever a request comes from, and how they proved it. */
export interface Caller {
  actor: Actor
  /** A browser sends its cookie along with whatever page asks, so that writes by cookie must prove where they come from. */
  by: 'cookie' | 'token'
}

/** What a request says of its sender: a session's cookie, or a bearer token. */
export type Credential = { by: 'cookie' | 'token'; secret: string }

/** `__Host-`: only over HTTPS, only for this host and path (RFC 6265bis §4.1.3.2); plain HTTP on loopback has no such cookies. */
export const cookieName = (publicUrl: URL): string => (publicUrl.protocol === 'https:' ? '__Host-kiban' : 'kiban')

/** That of the secret of a login under way. */
export const flowCookieName = (publicUrl: URL): string => `${cookieName(publicUrl)}-login`

/** For this host alone, for no script, and not for what other sites send. */
export const cookieOptions = (publicUrl: URL) =>
  ({ httpOnly: true, sameSite: 'Lax', path: '/', secure: publicUrl.protocol === 'https:' }) as const

/** Undefined when nothing is offered. A token counts before a cookie: whoever sends one means it. */
export function credentialOf(headers: Headers, publicUrl: URL): Credential | undefined {
  const token = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (token) return { by: 'token', secret: token }
  const wanted = cookieName(publicUrl)
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === wanted && value) return { by: 'cookie', secret: value }
  }
  return undefined
}

/**
 * Refuses what another site made a browser send. Browsers say where a request comes from in `Sec-Fetch-Site`
 * (https://www.w3.org/TR/fetch-metadata/), older ones in `Origin`. A cookie that comes with neither is refused; a program
 * that has not logged in yet says neither, and has nothing that another site could misuse.
 */
export function refuseCrossSite(headers: Headers, publicUrl: URL, { byCookie }: { byCookie: boolean }): void {
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (site === null && origin === null && !byCookie) return
  const same = site === 'same-origin' || (site === null && origin === publicUrl.origin)
  if (!same || (origin !== null && origin !== publicUrl.origin)) {
    throw new KibanError('forbidden', 'http.cross-site', http.crossSite, { hint: http.crossSiteHint })
  }
}
