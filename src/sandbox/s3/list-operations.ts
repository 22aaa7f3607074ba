import type { _Object } from '@aws-sdk/client-s3'
import { total } from './blob-store.ts'
import { owner } from './bucket-operations.ts'
import type { BucketStore } from './bucket-store.ts'
import { s3Error } from './error.ts'
import type { StoredObject } from './object.ts'
import type { S3Handlers } from './s3.ts'

const MAXIMUM_KEYS = 1000
const MARK = 'after:'

interface Listing {
  objects: StoredObject[]
  prefixes: string[]
  isTruncated: boolean
  /** The last key or common prefix of this page. */
  last: string | undefined
}

export function listOperations(store: BucketStore): S3Handlers {
  const me = owner(store.cloud.account)

  return {
    ListObjectsV2(input) {
      const { name } = store.bucket(input)
      const most = maximum(input.MaxKeys)
      const after = input.ContinuationToken === undefined ? input.StartAfter : keyFromToken(input.ContinuationToken)
      const listing = listed(store.objects(name), input, after, most)
      const encode = encoder(input.EncodingType)
      return {
        Name: name,
        Prefix: encode(input.Prefix ?? ''),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: most,
        EncodingType: input.EncodingType,
        KeyCount: listing.objects.length + listing.prefixes.length,
        IsTruncated: listing.isTruncated,
        ContinuationToken: input.ContinuationToken,
        NextContinuationToken: listing.isTruncated ? tokenOf(listing.last ?? '') : undefined,
        StartAfter: input.StartAfter && encode(input.StartAfter),
        Contents: contents(listing.objects, encode, input.FetchOwner ? me : undefined),
        CommonPrefixes: listing.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }
    },

    ListObjects(input) {
      const { name } = store.bucket(input)
      const most = maximum(input.MaxKeys)
      const listing = listed(store.objects(name), input, input.Marker, most)
      const encode = encoder(input.EncodingType)
      return {
        Name: name,
        Prefix: encode(input.Prefix ?? ''),
        Marker: encode(input.Marker ?? ''),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: most,
        EncodingType: input.EncodingType,
        IsTruncated: listing.isTruncated,
        // Without a delimiter the last key serves.
        NextMarker: listing.isTruncated && input.Delimiter ? encode(listing.last ?? '') : undefined,
        Contents: contents(listing.objects, encode, me),
        CommonPrefixes: listing.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }
    },
  }
}

/** A page of keys; those that share the part up to the delimiter count as one. */
function listed(
  objects: StoredObject[],
  { Prefix: prefix = '', Delimiter: delimiter = '' }: { Prefix?: string; Delimiter?: string },
  after: string | undefined,
  most: number,
): Listing {
  const page: Listing = { objects: [], prefixes: [], isTruncated: false, last: undefined }
  for (const object of objects) {
    if (!object.key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length)
    const common = end < 0 ? undefined : object.key.slice(0, end + delimiter.length)
    const name = common ?? object.key
    if ((after !== undefined && (name <= after || object.key <= after)) || name === page.last) continue
    if (page.objects.length + page.prefixes.length === most) {
      page.isTruncated = most > 0
      break
    }
    page.last = name
    if (common === undefined) page.objects.push(object)
    else page.prefixes.push(common)
  }
  return page
}

export function maximum(given: number | undefined): number {
  if (given !== undefined && given < 0) {
    throw s3Error('InvalidArgument', { ArgumentName: 'maxKeys' }, 'Argument maxKeys must be an integer between 0 and 2147483647')
  }
  return Math.min(given ?? MAXIMUM_KEYS, MAXIMUM_KEYS)
}

/** Keys may hold characters that XML does not; clients ask for percent-encoding. */
export function encoder(type: string | undefined): (text: string) => string {
  if (type !== 'url') return (text) => text
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/')
}

function contents(objects: StoredObject[], encode: (text: string) => string, owner: { ID: string } | undefined): _Object[] {
  return objects.map((object) => ({
    Key: encode(object.key),
    LastModified: object.modifiedAt,
    ETag: object.etag,
    Size: total(object.blobs),
    StorageClass: object.storageClass as _Object['StorageClass'],
    ...(owner && { Owner: owner }),
    ...(Object.keys(object.checksums).length > 0 && {
      ChecksumAlgorithm: Object.keys(object.checksums) as _Object['ChecksumAlgorithm'],
      ChecksumType: object.checksumType,
    }),
  }))
}

const tokenOf = (key: string) => Buffer.from(MARK + key).toString('base64url')

function keyFromToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (text.startsWith(MARK)) return text.slice(MARK.length)
  throw s3Error('InvalidArgument', { ArgumentName: 'continuation-token' }, 'The continuation token provided is incorrect')
}
