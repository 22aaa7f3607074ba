// The one place where an exception of the SDK becomes an error of kiban.

import { type ErrorKind, KibanError } from '../core/error.ts'
import type { ErrorCode } from '../core/error-code.ts'
import { aws } from '../core/messages/aws.ts'
import type { Text } from '../core/text.ts'

interface Meaning {
  kind: ErrorKind
  code: ErrorCode
  /** Whoever reads AWS's words is told what to do. */
  hint: Text
}

/** Common errors of all services: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html */
const meanings: [names: RegExp, Meaning][] = [
  [
    /^CredentialsProviderError$|^TokenProviderError$/,
    { kind: 'unauthenticated', code: 'aws.unauthenticated', hint: aws.noCredentials },
  ],
  [
    /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/,
    { kind: 'unauthenticated', code: 'aws.unauthenticated', hint: aws.expired },
  ],
  [
    /^(InvalidIdentityToken|IDPRejectedClaim)/,
    { kind: 'unauthenticated', code: 'aws.unauthenticated', hint: aws.identityRefused },
  ],
  [
    /^(UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidAccessKeyId|AuthFailure)/,
    { kind: 'unauthenticated', code: 'aws.unauthenticated', hint: aws.wrongCredentials },
  ],
  [
    /^(AccessDenied|UnauthorizedOperation|Forbidden|NotAuthorized|OptInRequired)/,
    { kind: 'forbidden', code: 'aws.denied', hint: aws.denied },
  ],
  [
    /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|PriorRequestNotComplete|BandwidthLimitExceeded|LimitExceededException$)/,
    { kind: 'throttled', code: 'aws.throttled', hint: aws.throttled },
  ],
  [/NotFound|NoSuch|NonExist|DoesNotExist|ServiceNotActive/, { kind: 'not-found', code: 'aws.not-found', hint: aws.notFound }],
  [/Conflict|InUse|AlreadyExists|UpdateInProgress|^Idempotent/, { kind: 'conflict', code: 'aws.conflict', hint: aws.conflict }],
]

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** What an exception means; AWS's words are kept, and a hint says what to do. */
export function awsError(error: unknown, service: string): Error {
  if (error instanceof KibanError || !(error instanceof Error)) return error as Error
  const { name, message } = error
  const status = statusOf(error)
  // What the SDK says of a login that is over has the name of one that was never there.
  const known = isOver(error) ? 'ExpiredToken' : name
  const meaning =
    meanings.find(([names]) => names.test(known))?.[1] ?? (status === undefined ? byTransport(error) : byStatus(status))
  if (!meaning) return error
  return new KibanError(meaning.kind, meaning.code, aws.failed(service, name, message), { hint: meaning.hint, cause: error })
}

const isOver = ({ name, message }: Error): boolean =>
  /^(Credentials|Token)ProviderError$/.test(name) && /expired|aws sso login/i.test(message)

/** The name that AWS gave the error, when it was one of AWS's. */
export function awsErrorName(error: unknown): string | undefined {
  return error instanceof KibanError && error.code.startsWith('aws.') && error.cause instanceof Error
    ? error.cause.name
    : undefined
}

function byTransport(error: Error): Meaning | undefined {
  if (/region is missing/i.test(error.message)) return { kind: 'invalid', code: 'aws.no-region', hint: aws.noRegion }
  const code = 'code' in error ? String(error.code) : ''
  if (unreachable.has(code) || error.name === 'TimeoutError')
    return { kind: 'unavailable', code: 'aws.unavailable', hint: aws.unreachable }
  return undefined
}

function byStatus(status: number): Meaning {
  if (status === 429) return { kind: 'throttled', code: 'aws.throttled', hint: aws.throttled }
  if (status === 404) return { kind: 'not-found', code: 'aws.not-found', hint: aws.notFound }
  if (status === 403) return { kind: 'forbidden', code: 'aws.denied', hint: aws.denied }
  if (status === 409) return { kind: 'conflict', code: 'aws.conflict', hint: aws.conflict }
  if (status >= 500) return { kind: 'unavailable', code: 'aws.unavailable', hint: aws.unreachable }
  return { kind: 'invalid', code: 'aws.rejected', hint: aws.rejected }
}

const statusOf = (error: Error): number | undefined =>
  '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined
