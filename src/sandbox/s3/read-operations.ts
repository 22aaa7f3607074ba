import type { GetObjectCommandInput, GetObjectOutput } from '@aws-sdk/client-s3'
import { AwsError } from '../cloud.ts'
import { total } from './blob-store.ts'
import type { BucketStore } from './bucket-store.ts'
import { checksumMembers } from './checksum.ts'
import { checkRead } from './condition.ts'
import { refuse, s3Error } from './error.ts'
import type { StoredObject } from './object.ts'
import type { S3Handlers } from './s3.ts'
import { checksumType } from './write-operations.ts'

type ReadInput = Omit<GetObjectCommandInput, 'Bucket'> & { Bucket: string | undefined }

interface Part {
  /** First and last byte, both included; undefined when the whole object was asked for. */
  range: { start: number; end: number } | undefined
  size: number
}

export function readOperations(store: BucketStore): S3Handlers {
  return {
    GetObject(input) {
      const object = readable(store, input)
      const part = chosenPart(object, input)
      const { start, end } = part.range ?? { start: 0, end: part.size - 1 }
      return {
        ...described(object, part, input),
        Body: part.size === 0 ? new Uint8Array() : store.blobs.read(object.blobs, start, end),
      } as never
    },

    HeadObject(input) {
      try {
        const object = readable(store, input)
        return described(object, chosenPart(object, input), input)
      } catch (error) {
        // Without a body the status is all that a client sees.
        if (error instanceof AwsError && error.status === 404) throw s3Error('NotFound')
        throw error
      }
    },
  }
}

function readable(store: BucketStore, input: ReadInput): StoredObject {
  refuse(input, ['SSECustomerAlgorithm'])
  const object = store.object(input)
  checkRead(object, input)
  return object
}

function chosenPart(object: StoredObject, { Range: range, PartNumber: number }: ReadInput): Part {
  const size = total(object.blobs)
  if (number !== undefined) return numberedPart(object, number, size)
  const found = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (!found || (found[1] === '' && found[2] === '')) return { range: undefined, size }
  const [, from = '', to = ''] = found
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return { range: undefined, size }
  if (start >= size || (from === '' && Number(to) === 0)) {
    throw s3Error('InvalidRange', { RangeRequested: range ?? '', ActualObjectSize: String(size) })
  }
  return { range: { start, end }, size }
}

function numberedPart(object: StoredObject, number: number, size: number): Part {
  const blob = object.blobs[number - 1]
  if (!blob) throw s3Error('InvalidRange', { PartNumber: String(number) })
  if (!object.isMultipart) return { range: undefined, size }
  const start = total(object.blobs.slice(0, number - 1))
  return { range: { start, end: start + blob.bytes - 1 }, size }
}

function described(object: StoredObject, { range, size }: Part, input: ReadInput): GetObjectOutput {
  const tags = Object.keys(object.tags).length
  return {
    AcceptRanges: 'bytes',
    LastModified: object.modifiedAt,
    ContentLength: range ? range.end - range.start + 1 : size,
    ...(range && { ContentRange: `bytes ${range.start}-${range.end}/${size}` }),
    ETag: object.etag,
    ...object.headers,
    ...overrides(input),
    Metadata: object.metadata,
    ServerSideEncryption: 'AES256',
    ...(object.storageClass !== 'STANDARD' && { StorageClass: object.storageClass as 'STANDARD_IA' }),
    ...(tags > 0 && { TagCount: tags }),
    ...(input.PartNumber !== undefined && object.isMultipart && { PartsCount: object.blobs.length }),
    ...(input.ChecksumMode === 'ENABLED' && !range && { ...checksumMembers(object.checksums), ...checksumType(object) }),
  }
}

/** Headers that a presigned URL may set anew. */
function overrides(input: ReadInput): GetObjectOutput {
  const set = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  }
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined))
}
