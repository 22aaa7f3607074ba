// GitHub's token of a job: who signed it, for whom, and until when. What it may is another question: federation.ts.
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify, type RemoteJWKSet } from 'jose'
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { federation as text } from '../../core/messages/federation.ts'

/** GitHub signs with this alone; what a token says of its own algorithm is not asked. */
const ALGORITHMS = ['RS256']
const ANSWER_WITHIN_MS = 5_000
/** Keys are asked for again after so long; one that is not known at once, but no more often than `cooldown`. */
const KEYS_MS = { cache: 10 * 60_000, cooldown: 30_000 }
/** GitHub's tokens live for five minutes; the clocks may differ by half of one. */
const OLDEST_S = 15 * 60
const CLOCKS_DIFFER_S = 30

const Claims = z.looseObject({
  jti: z.string().min(1).max(500),
  repository: z
    .string()
    .max(300)
    .regex(/^[\w.-]+\/[\w.-]+$/),
  run_id: z.string().regex(/^\d{1,30}$/),
})
export type JobClaims = z.infer<typeof Claims> & JWTPayload

/** Who says to have signed it: to look for rules, and to be proved afterwards. Throws `federation.bad-token`. */
export function issuerSaid(token: string): string {
  try {
    const { iss } = decodeJwt(token)
    if (iss) return iss
  } catch {}
  throw badToken('issuer')
}

/**
 * Proves a token of an issuer whom a rule names, for one of the audiences. Throws `federation.bad-token` with what is wrong
 * and never with what the token holds, `federation.unavailable` when the issuer's keys cannot be had.
 */
export async function proved(token: string, issuer: string, audience: string[], now: number): Promise<JobClaims> {
  const keys = await keysOf(issuer)
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      clockTolerance: CLOCKS_DIFFER_S,
      maxTokenAge: OLDEST_S,
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
      currentDate: new Date(now),
    })
    const read = Claims.safeParse(payload)
    if (!read.success) throw badToken(String(read.error.issues[0]?.path[0] ?? 'claims'))
    return read.data
  } catch (cause) {
    if (cause instanceof KibanError) throw cause
    if (isRefusedByUs(cause)) throw badToken(wrongOf(cause), cause)
    throw unavailable(cause)
  }
}

/** Asked of the issuer once; again after a failure. Only issuers of rules come here, so that there are few. */
const known = new Map<string, Promise<RemoteJWKSet>>()

function keysOf(issuer: string): Promise<RemoteJWKSet> {
  const found = known.get(issuer) ?? discovered(issuer)
  known.set(issuer, found)
  found.catch(() => known.delete(issuer))
  return found
}

const Discovered = z.object({ issuer: z.string(), jwks_uri: z.url() })

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discovered(issuer: string): Promise<RemoteJWKSet> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await fetch(address, { redirect: 'error', signal })
    const said = Discovered.parse(await answer.json())
    const url = new URL(said.jwks_uri)
    if (said.issuer !== issuer || url.protocol !== new URL(issuer).protocol) throw new Error('This is another issuer')
    return createRemoteJWKSet(url, {
      timeoutDuration: ANSWER_WITHIN_MS,
      cacheMaxAge: KEYS_MS.cache,
      cooldownDuration: KEYS_MS.cooldown,
    })
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** What is wrong with the token, beside what is wrong with the way to its issuer. */
const isRefusedByUs = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== errors.JOSEError.code

function wrongOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) return error.claim
  if (error instanceof errors.JOSEAlgNotAllowed) return 'alg'
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  return 'form'
}

/** `claim` is a name and never a value. */
export const badToken = (claim: string, cause?: unknown): KibanError =>
  new KibanError('unauthenticated', 'federation.bad-token', text.badToken(claim), { hint: text.badTokenHint, cause })

const unavailable = (cause: unknown): KibanError =>
  new KibanError('unavailable', 'federation.unavailable', text.unavailable, { hint: text.unavailableHint, cause })
