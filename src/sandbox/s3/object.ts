// An object as it is kept.
import type { Blob } from './blob-store.ts'
import type { Checksums } from './checksum.ts'
import { refuse, s3Error } from './error.ts'

export interface StoredObject extends ObjectProperties {
  key: string
  /** More than one for an object that was uploaded in parts. */
  blobs: Blob[]
  isMultipart: boolean
  /** With its quotes. */
  etag: string
  checksums: Checksums
  checksumType?: 'COMPOSITE' | 'FULL_OBJECT'
  modifiedAt: Date
}

/** What a writer says of an object besides its bytes. */
export interface ObjectProperties {
  headers: ObjectHeaders
  metadata: Record<string, string>
  tags: Record<string, string>
  storageClass: string
}

export interface ObjectHeaders {
  ContentType?: string
  CacheControl?: string
  ContentDisposition?: string
  ContentEncoding?: string
  ContentLanguage?: string
  Expires?: Date
}

export interface GivenProperties extends ObjectHeaders {
  Metadata?: Record<string, string>
  Tagging?: string
  StorageClass?: string
  ACL?: string
  ServerSideEncryption?: string
  SSEKMSKeyId?: unknown
  SSECustomerAlgorithm?: unknown
  ObjectLockMode?: unknown
  ObjectLockLegalHoldStatus?: unknown
  WebsiteRedirectLocation?: unknown
  GrantFullControl?: unknown
  GrantRead?: unknown
}

const MAXIMUM_KEY_BYTES = 1024
const MAXIMUM_TAGS = 10
const OWNERS_ACLS = ['private', 'bucket-owner-full-control', 'bucket-owner-read']

export function newKey(key: string): string {
  if (Buffer.byteLength(key) > MAXIMUM_KEY_BYTES) throw s3Error('KeyTooLongError', { MaxSizeAllowed: String(MAXIMUM_KEY_BYTES) })
  return key
}

export function properties(input: GivenProperties): ObjectProperties {
  refuse(input, ['SSEKMSKeyId', 'SSECustomerAlgorithm', 'ObjectLockMode', 'ObjectLockLegalHoldStatus', 'WebsiteRedirectLocation'])
  if (input.ServerSideEncryption !== undefined && input.ServerSideEncryption !== 'AES256') refuse(input, ['ServerSideEncryption'])
  if ((input.ACL !== undefined && !OWNERS_ACLS.includes(input.ACL)) || input.GrantFullControl || input.GrantRead) {
    throw s3Error('AccessControlListNotSupported')
  }
  return {
    headers: headers(input),
    metadata: input.Metadata ?? {},
    tags: tagsFromHeader(input.Tagging),
    storageClass: input.StorageClass ?? 'STANDARD',
  }
}

function headers(input: ObjectHeaders): ObjectHeaders {
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires } = input
  const given = { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { ContentType: input.ContentType ?? 'binary/octet-stream', ...set }
}

function tagsFromHeader(header: string | undefined): Record<string, string> {
  return checkedTags(Object.fromEntries(new URLSearchParams(header)))
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html, …/tagging.html for the letters */
export function checkedTags(tags: Record<string, string>, most = MAXIMUM_TAGS): Record<string, string> {
  if (Object.keys(tags).length > most) throw s3Error('InvalidTag', {}, `Object tags cannot be greater than ${most}`)
  for (const [key, value] of Object.entries(tags)) {
    if (key.length < 1 || key.length > 128 || !TAG_TEXT.test(key))
      throw s3Error('InvalidTag', { TagKey: key }, 'The TagKey you have provided is invalid')
    if (value.length > 256 || !TAG_TEXT.test(value))
      throw s3Error('InvalidTag', { TagValue: value }, 'The TagValue you have provided is invalid')
  }
  return tags
}

const TAG_TEXT = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u
