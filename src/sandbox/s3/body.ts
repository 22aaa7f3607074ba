// The body of a request on its way to the disk: unwrapped, stored, and held against its announced digests.
import { contentCoding, unchunked } from './aws-chunked.ts'
import type { StoredBlob } from './blob-store.ts'
import type { BucketStore } from './bucket-store.ts'
import { type Algorithm, checkDigests, givenChecksums } from './checksum.ts'
import { s3Error } from './error.ts'

export interface GivenBody {
  Body?: unknown
  ContentEncoding?: string
  ContentMD5?: string
}

/** `algorithm` is a checksum that is wanted even when the request brings none. */
export async function storedBody(store: BucketStore, input: GivenBody, algorithm?: Algorithm): Promise<StoredBlob> {
  const isChunked = contentCoding(input.ContentEncoding).isChunked && input.Body instanceof Uint8Array
  const { body, trailers } = isChunked ? unchunked(input.Body as Uint8Array) : { body: input.Body, trailers: {} }
  const announced = givenChecksums(input, trailers)
  const algorithms = new Set(Object.keys(announced) as Algorithm[])
  if (algorithm) algorithms.add(algorithm)
  const blob = await store.blobs.write(body, [...algorithms])
  try {
    checkDigests(announced, blob.checksums)
    checkMd5(input.ContentMD5, blob.md5)
  } catch (error) {
    store.blobs.removeSoon([blob])
    throw error
  }
  return blob
}

function checkMd5(announced: string | undefined, actual: string): void {
  if (announced === undefined) return
  const bytes = Buffer.from(announced, 'base64')
  if (bytes.length !== 16) throw s3Error('InvalidDigest')
  if (bytes.toString('hex') !== actual) throw s3Error('BadDigest')
}
