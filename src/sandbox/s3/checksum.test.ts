import { expect, test } from 'vitest'
import { unchunked } from './aws-chunked.ts'
import { type Algorithm, compositeChecksum, runningChecksum } from './checksum.ts'

// The check values of the CRC catalogue, https://reveng.sourceforge.io/crc-catalogue/, over "123456789".
test.each<[Algorithm, string]>([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
])('%s of 123456789 is %s, in one piece or several', (algorithm, expected) => {
  const whole = runningChecksum(algorithm)
  whole.update(Buffer.from('123456789'))
  const pieces = runningChecksum(algorithm)
  for (const piece of ['1234', '', '56789']) pieces.update(Buffer.from(piece))
  expect([whole.digest().toString('hex'), pieces.digest().toString('hex')]).toEqual([expected, expected])
})

test('a composite checksum names the number of parts', () => {
  const part = Buffer.from('cbf43926', 'hex').toString('base64')
  expect(compositeChecksum('CRC32', [part, part])).toMatch(/^[A-Za-z0-9+/]{6}==-2$/)
})

test('aws-chunked bodies give their bytes and trailers', () => {
  const wire = '5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n'
  const { body, trailers } = unchunked(Buffer.from(wire))
  expect([Buffer.from(body).toString(), trailers]).toEqual(['hello world', { 'x-amz-checksum-crc32': 'DUoRhQ==' }])
})

test.each(['', 'zz\r\n', '5\r\nhel', '5\r\nhello\r\n'])('an aws-chunked body that ends early is refused: %j', (wire) => {
  expect(() => unchunked(Buffer.from(wire))).toThrow(expect.objectContaining({ code: 'InvalidRequest' }))
})
