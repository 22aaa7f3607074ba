import { describe, expect, test } from 'vitest'
import type { WireRequest } from '../wire/message.ts'
import { authenticate } from './authentication.ts'

/** The key of AWS's examples. */
const keys = {
  find: () => ({
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    status: 'Active' as const,
    createdAt: 0,
    principal: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      arn: 'arn:aws:iam::123456789012:root',
      account: '123456789012',
      userId: '1',
    },
  }),
}
const NOW = Date.parse('2013-05-24T00:00:00Z')

/**
 * 65 kB of `a` in two chunks, "Example: PUT Object" of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * and …/sigv4-streaming-trailers.html.
 */
function example(body: string, signature: string, more: Record<string, string>): WireRequest {
  const headers: Record<string, string> = {
    ...{ host: 's3.amazonaws.com', 'x-amz-date': '20130524T000000Z', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    ...{ 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '66560' },
    ...more,
  }
  const fields = [
    'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
    `SignedHeaders=${Object.keys(headers).sort().join(';')}`,
    `Signature=${signature}`,
  ]
  return {
    ...{ method: 'PUT', path: '/examplebucket/chunkObject.txt', query: '' },
    headers: { ...headers, authorization: `AWS4-HMAC-SHA256 ${fields.join(',')}` },
    body: Buffer.from(body),
    signal: new AbortController().signal,
  }
}

const reasonOf = (request: WireRequest): string => {
  const found = authenticate(keys, request, 'us-east-1', NOW)
  return 'reason' in found ? found.reason : 'let in'
}
const chunk = (size: number, signature: string, letter = 'a') =>
  `${size.toString(16)};chunk-signature=${signature}\r\n${letter.repeat(size)}${size > 0 ? '\r\n' : ''}`

describe('A body that is signed chunk by chunk', () => {
  const first = 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'
  const second = '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'
  const last = `${chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9')}\r\n`
  const reasonFor = (body: string) =>
    reasonOf(
      example(body, '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9', {
        ...{ 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'content-length': '66824' },
      }),
    )

  test('is let in as AWS signs it in its documentation', () => {
    expect(reasonFor(chunk(65_536, first) + chunk(1024, second) + last)).toBe('let in')
  })

  test('is refused with another letter in a chunk, a chunk too few, chunks in another order, or no signatures', () => {
    expect(reasonFor(chunk(65_536, first) + chunk(1024, second, 'b') + last)).toBe('wrong-signature')
    expect(reasonFor(chunk(65_536, first) + last)).toBe('wrong-signature')
    expect(reasonFor(chunk(1024, second) + chunk(65_536, first) + last)).toBe('wrong-signature')
    expect(reasonFor(`10000\r\n${'a'.repeat(65_536)}\r\n0\r\n\r\n`)).toBe('wrong-signature')
    expect(reasonFor(chunk(65_536, first))).toBe('wrong-signature')
  })
})

describe('A body whose trailer is signed too', () => {
  const chunks =
    chunk(65_536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2') +
    chunk(1024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7') +
    chunk(0, '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992')
  const signed = 'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'
  const reasonFor = (body: string) =>
    reasonOf(
      example(body, '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e', {
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32c',
      }),
    )

  test('is let in as AWS signs it in its documentation', () => {
    expect(reasonFor(`${chunks}x-amz-checksum-crc32c:sOO8/Q==\r\n${signed}`)).toBe('let in')
  })

  test('is refused with another checksum, or without a signature of it', () => {
    expect(reasonFor(`${chunks}x-amz-checksum-crc32c:sOO9/Q==\r\n${signed}`)).toBe('wrong-signature')
    expect(reasonFor(`${chunks}x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n`)).toBe('wrong-signature')
  })
})
