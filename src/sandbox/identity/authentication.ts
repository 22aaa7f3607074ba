/**
 * Who makes a request. A refusal carries the reason; each protocol words it in its own way (`refusal.ts`).
 */
import type { WireRequest } from '../wire/message.ts'
import type { AccessKey, AccessKeys } from './access-keys.ts'
import { areChunksSigned } from './chunk-signatures.ts'
import { isSameText } from './same-text.ts'
import { isSignedWith, payloadHash, type Signature, signatureOf, signedAt } from './signature.ts'

export type Refusal =
  | { reason: 'unsigned' | 'malformed' | 'unknown-key' | 'wrong-token' | 'expired-session' | 'wrong-signature' }
  | { reason: 'wrong-payload-hash' | 'expired-url' | 'key-inactive' }
  | { reason: 'unsigned-header'; header: string }
  | { reason: 'skewed'; signedAt: number; now: number }
  | { reason: 'wrong-region'; region: string; expected: string }

export type Authentication = { key: AccessKey } | Refusal

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const MAX_SKEW_MS = 15 * 60 * 1000
const MAX_PRESIGNED_SECONDS = 7 * 24 * 60 * 60

/** Services that answer for the whole partition and are signed for us-east-1. */
const GLOBAL_SERVICES = new Set(['iam', 'sts'])

export function authenticate(
  keys: Pick<AccessKeys, 'find'>,
  request: WireRequest,
  region: string,
  now = Date.now(),
): Authentication {
  const signature = signatureOf(request)
  if (!signature) return { reason: 'unsigned' }
  if (signature === 'malformed') return { reason: 'malformed' }
  const key = keys.find(signature.accessKeyId)
  if (!key) return { reason: 'unknown-key' }
  if (key.status !== 'Active') return { reason: 'key-inactive' }
  if (!isSameText(signature.sessionToken ?? '', key.token ?? '')) return { reason: 'wrong-token' }
  const refusal = untimely(signature, now) ?? unsignedParts(signature, request) ?? misplaced(signature, region)
  if (refusal) return refusal
  const hash = payloadHash(request, signature)
  if (hash === undefined) return { reason: 'wrong-payload-hash' }
  if (!isSignedWith(key.secret, request, signature, hash)) return { reason: 'wrong-signature' }
  if (!areChunksSigned(key.secret, request, signature, hash)) return { reason: 'wrong-signature' }
  if (key.expiresAt !== undefined && key.expiresAt <= now) return { reason: 'expired-session' }
  return { key }
}

function untimely(signature: Signature, now: number): Refusal | undefined {
  const at = signedAt(signature)
  if (Number.isNaN(at) || !signature.timestamp.startsWith(signature.date)) return { reason: 'malformed' }
  if (signature.expires === undefined) {
    return Math.abs(now - at) > MAX_SKEW_MS ? { reason: 'skewed', signedAt: at, now } : undefined
  }
  if (signature.expires > MAX_PRESIGNED_SECONDS) return { reason: 'malformed' }
  if (at - now > MAX_SKEW_MS) return { reason: 'skewed', signedAt: at, now }
  return now > at + signature.expires * 1000 ? { reason: 'expired-url' } : undefined
}

/** The host and every x-amz- header must be under the signature, else one could be changed on the way. */
function unsignedParts(signature: Signature, request: WireRequest): Refusal | undefined {
  const signed = new Set(signature.signedHeaders)
  for (const header of Object.keys(request.headers)) {
    if ((header === 'host' || header.startsWith('x-amz-')) && !signed.has(header)) return { reason: 'unsigned-header', header }
  }
  return signed.has('host') ? undefined : { reason: 'unsigned-header', header: 'host' }
}

function misplaced({ region, service }: Signature, expected: string): Refusal | undefined {
  if (region === expected || (GLOBAL_SERVICES.has(service) && region === 'us-east-1')) return undefined
  return { reason: 'wrong-region', region, expected }
}
