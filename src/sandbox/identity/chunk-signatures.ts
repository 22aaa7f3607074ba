/**
 * The signatures within a body that is signed chunk by chunk, each over the one before it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, …/sigv4-streaming-trailers.html
 */
import { createHmac, hash as digestOf } from 'node:crypto'
import { chunkedBody } from '../wire/aws-chunked.ts'
import type { WireRequest } from '../wire/message.ts'
import { isSameText } from './same-text.ts'
import { ALGORITHM, SIGNED_CHUNKS, SIGNED_CHUNKS_AND_TRAILER, type Signature, signingKey } from './signature.ts'

/** Whether every chunk, and the trailer where there is one, bears the signature that the secret makes over it. */
export function areChunksSigned(secret: string, request: WireRequest, signature: Signature, hash: string): boolean {
  if (hash !== SIGNED_CHUNKS && hash !== SIGNED_CHUNKS_AND_TRAILER) return true
  const body = chunkedBody(request.body)
  if (!body) return false
  const sign = signer(secret, signature)
  let before = signature.signature
  for (const { data, extension } of body.chunks) {
    const expected = sign(`${ALGORITHM}-PAYLOAD`, before, digestOf('sha256', ''), digestOf('sha256', data))
    if (!isSameText(extension, `chunk-signature=${expected}`)) return false
    before = expected
  }
  return hash === SIGNED_CHUNKS || isTrailerSigned(body.trailer, (digest) => sign(`${ALGORITHM}-TRAILER`, before, digest))
}

function isTrailerSigned(trailer: string, sign: (digest: string) => string): boolean {
  const lines = trailer.split('\r\n').filter((line) => line !== '')
  const given = lines.find((line) => line.startsWith('x-amz-trailer-signature:')) ?? ''
  const signed = lines.filter((line) => line !== given).map((line) => `${line}\n`)
  return isSameText(given, `x-amz-trailer-signature:${sign(digestOf('sha256', signed.join('')))}`)
}

function signer(secret: string, signature: Signature): (...lines: string[]) => string {
  const { date, region, service, timestamp } = signature
  const key = signingKey(secret, signature)
  return (what, ...lines) => {
    const text = [what, timestamp, `${date}/${region}/${service}/aws4_request`, ...lines].join('\n')
    return createHmac('sha256', key).update(text).digest('hex')
  }
}
