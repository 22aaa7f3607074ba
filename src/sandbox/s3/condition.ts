// Conditions of a request on the state of an object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
import { s3Error } from './error.ts'
import type { StoredObject } from './object.ts'

interface Conditions {
  IfMatch?: string
  IfNoneMatch?: string
  IfModifiedSince?: Date
  IfUnmodifiedSince?: Date
}

/** Throws PreconditionFailed or NotModified; in the order of RFC 9110, 13.2.2. */
export function checkRead(object: StoredObject, { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }: Conditions): void {
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, object.etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' })
  } else if (IfUnmodifiedSince !== undefined && object.modifiedAt > IfUnmodifiedSince) {
    throw s3Error('PreconditionFailed', { Condition: 'If-Unmodified-Since' })
  }
  if (IfNoneMatch !== undefined) {
    if (matches(IfNoneMatch, object.etag)) throw s3Error('NotModified')
  } else if (IfModifiedSince !== undefined && object.modifiedAt <= IfModifiedSince) {
    throw s3Error('NotModified')
  }
}

/** Throws PreconditionFailed, or NoSuchKey when nothing is there to match. */
export function checkWrite(old: StoredObject | undefined, { IfMatch, IfNoneMatch }: Conditions, key: string): void {
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw s3Error('NotImplemented', { Header: 'If-None-Match' })
    if (old) throw s3Error('PreconditionFailed', { Condition: 'If-None-Match' })
  }
  if (IfMatch === undefined) return
  if (!old) throw s3Error('NoSuchKey', { Key: key })
  if (!matches(IfMatch, old.etag)) throw s3Error('PreconditionFailed', { Condition: 'If-Match' })
}

function matches(list: string, etag: string): boolean {
  const plain = etag.replaceAll('"', '')
  return list.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '').replaceAll('"', '') === plain)
}
