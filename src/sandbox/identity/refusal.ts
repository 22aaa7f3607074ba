/**
 * A refusal in the words of each protocol.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { AwsError } from '../cloud.ts'
import type { WireProtocol } from '../wire/protocol.ts'
import type { Refusal } from './authentication.ts'

export function refusalError(refusal: Refusal, protocol: WireProtocol['name']): AwsError {
  if (protocol === 's3') return s3Refusal(refusal)
  if (protocol === 'ec2') return ec2Refusal(refusal)
  const [code, message] = words(refusal)
  if (protocol === 'query') return new AwsError(QUERY_CODES[code], queryMessage(code, message), {}, 403)
  return new AwsError(code, message, {}, protocol === 'rest-json' ? 403 : 400)
}

type JsonCode =
  | 'InvalidSignatureException'
  | 'UnrecognizedClientException'
  | 'ExpiredTokenException'
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'

const QUERY_CODES: Record<JsonCode, string> = {
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ExpiredTokenException: 'ExpiredToken',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
}

const UNKNOWN_TOKEN = 'The security token included in the request is invalid.'
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

function words(refusal: Refusal): [JsonCode, string] {
  switch (refusal.reason) {
    case 'unsigned':
      return ['MissingAuthenticationTokenException', 'Missing Authentication Token']
    case 'malformed':
      return ['IncompleteSignatureException', 'The request signature does not conform to AWS standards.']
    case 'unknown-key':
    case 'key-inactive':
    case 'wrong-token':
      return ['UnrecognizedClientException', UNKNOWN_TOKEN]
    case 'expired-session':
      return ['ExpiredTokenException', 'The security token included in the request is expired']
    case 'unsigned-header':
      return ['InvalidSignatureException', `'${refusal.header}' must be a 'SignedHeader' in the AWS Authorization.`]
    case 'skewed':
      return ['InvalidSignatureException', skewMessage(refusal.signedAt, refusal.now)]
    case 'expired-url':
      return ['InvalidSignatureException', 'Signature expired: the presigned request is past its X-Amz-Expires.']
    case 'wrong-region':
      return ['InvalidSignatureException', `Credential should be scoped to a valid region, not '${refusal.region}'. `]
    case 'wrong-payload-hash':
    case 'wrong-signature':
      return ['InvalidSignatureException', MISMATCH]
  }
}

function skewMessage(signedAt: number, now: number): string {
  const [signed, current] = [basic(signedAt), basic(now)]
  return signedAt < now
    ? `Signature expired: ${signed} is now earlier than ${basic(now - SKEW_MS)} (${current} - 15 min.)`
    : `Signature not yet current: ${signed} is still later than ${basic(now + SKEW_MS)} (${current} + 15 min.)`
}

const SKEW_MS = 15 * 60 * 1000
const basic = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')

const queryMessage = (code: JsonCode, message: string): string =>
  code === 'MissingAuthenticationTokenException' ? 'Request is missing Authentication Token' : message

function ec2Refusal(refusal: Refusal): AwsError {
  if (refusal.reason === 'unsigned') {
    return new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', {}, 403)
  }
  if (refusal.reason === 'expired-session' || refusal.reason === 'skewed')
    return new AwsError('RequestExpired', 'Request has expired.', {}, 400)
  return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', {}, 401)
}

function s3Refusal(refusal: Refusal): AwsError {
  switch (refusal.reason) {
    case 'unsigned':
      return new AwsError('AccessDenied', 'Access Denied', {}, 403)
    case 'malformed':
      return new AwsError('AuthorizationHeaderMalformed', 'The authorization header that you provided is not valid.', {}, 400)
    case 'unknown-key':
    case 'key-inactive':
      return new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {}, 403)
    case 'wrong-token':
      return new AwsError('InvalidToken', 'The provided token is malformed or otherwise not valid.', {}, 400)
    case 'expired-session':
      return new AwsError('ExpiredToken', 'The provided token has expired.', {}, 400)
    case 'expired-url':
      return new AwsError('AccessDenied', 'Request has expired', {}, 403)
    case 'unsigned-header':
      return new AwsError(
        'AccessDenied',
        'There were headers present in the request which were not signed',
        { HeadersNotSigned: refusal.header },
        403,
      )
    case 'skewed':
      return new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {},
        403,
      )
    case 'wrong-payload-hash':
      return new AwsError(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        {},
        400,
      )
    case 'wrong-region':
      return new AwsError(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${refusal.region}' is wrong; expecting '${refusal.expected}'`,
        { Region: refusal.expected },
        400,
      )
    case 'wrong-signature':
      return new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        {},
        403,
      )
  }
}
