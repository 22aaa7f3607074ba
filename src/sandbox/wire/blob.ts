// Blobs travel as base64 in every textual protocol.
import { AwsError } from '../cloud.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

export function blobFrom(text: string): Uint8Array {
  if (!BASE64.test(text) || text.length % 4 === 1) throw new AwsError('SerializationException', 'Blob is not valid base64')
  return plainBytes(Buffer.from(text, 'base64'))
}

export function blobText(value: unknown): string {
  if (typeof value === 'string') return Buffer.from(value).toString('base64')
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  throw new TypeError('A blob must be bytes or a string')
}

/** A small Buffer is a window on a shared pool; handlers may keep what they are given. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer)
}
