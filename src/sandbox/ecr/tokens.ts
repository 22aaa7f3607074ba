// The passwords that GetAuthorizationToken gives out, and the signatures of layer download URLs.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Cloud } from '../cloud.ts'

/** "The authorization token is valid for 12 hours" (API reference, GetAuthorizationToken). */
const TOKEN_HOURS = 12
const DOWNLOAD_URL_MINUTES = 60

export type TokenState = 'valid' | 'expired' | 'unknown'

/** Gives out a password for the registry's user `AWS`; only its hash is kept. */
export function newToken(cloud: Cloud): { token: string; expiresAt: number } {
  const now = cloud.clock.now()
  const tokens = cloud.table<number>('ecr.tokens')
  for (const [key, expiresAt] of [...tokens.entries()]) if (expiresAt + TOKEN_HOURS * 3_600_000 < now) tokens.delete(key)
  const token = randomBytes(48).toString('base64url')
  const expiresAt = now + TOKEN_HOURS * 3_600_000
  tokens.set(hashed(token), expiresAt)
  return { token, expiresAt }
}

/** Judges an Authorization header. Tokens are found by their hash, so that no comparison leaks one by its time. */
export function tokenState(cloud: Cloud, authorization: string | undefined): TokenState {
  const basic = /^basic ([a-z0-9+/]+=*)$/i.exec(authorization ?? '')
  const [user, ...rest] = Buffer.from(basic?.[1] ?? '', 'base64')
    .toString()
    .split(':')
  if (user !== 'AWS' || rest.length === 0) return 'unknown'
  const expiresAt = cloud.table<number>('ecr.tokens').get(hashed(rest.join(':')))
  if (expiresAt === undefined) return 'unknown'
  return cloud.clock.now() < expiresAt ? 'valid' : 'expired'
}

/** The query of a URL under which one blob may be read without credentials for an hour. */
export function downloadQuery(cloud: Cloud, path: string): string {
  const expires = cloud.clock.now() + DOWNLOAD_URL_MINUTES * 60_000
  return new URLSearchParams({ expires: String(expires), signature: signature(cloud, path, String(expires)) }).toString()
}

export function isDownloadAllowed(cloud: Cloud, path: string, query: URLSearchParams): boolean {
  const expires = query.get('expires') ?? ''
  const given = Buffer.from(query.get('signature') ?? '')
  const expected = Buffer.from(signature(cloud, path, expires))
  return given.length === expected.length && timingSafeEqual(given, expected) && cloud.clock.now() < Number(expires)
}

function signature(cloud: Cloud, path: string, expires: string): string {
  const keys = cloud.table<string>('ecr.download-key')
  const key = keys.get('key') ?? randomBytes(32).toString('base64url')
  if (!keys.has('key')) keys.set('key', key)
  return createHmac('sha256', key).update(`${path}\n${expires}`).digest('base64url')
}

const hashed = (token: string) => createHash('sha256').update(token).digest('base64url')
