import { randomUUID } from 'node:crypto'
import { page, sortedBy } from '../page.ts'
import { total } from './blob-store.ts'
import { storedBody } from './body.ts'
import { owner } from './bucket-operations.ts'
import type { BucketStore } from './bucket-store.ts'
import { checksumMembers, isAlgorithm } from './checksum.ts'
import { completedObject } from './completed-upload.ts'
import { checkRead, checkWrite } from './condition.ts'
import { copySource } from './copy-source.ts'
import { s3Error } from './error.ts'
import { encoder } from './list-operations.ts'
import { newKey, properties } from './object.ts'
import type { S3Handlers } from './s3.ts'
import { partsOf, type Upload, type UploadedPart } from './upload.ts'
import { checksumType } from './write-operations.ts'

const MAXIMUM_PARTS = 10_000
const LIST_PAGE = 1000

export function multipartOperations(store: BucketStore): S3Handlers {
  const existing = (input: { Bucket?: string; Key?: string; UploadId?: string; ExpectedBucketOwner?: string }): Upload => {
    store.bucket(input)
    const upload = store.uploads.get(input.UploadId as string)
    if (upload?.bucket !== input.Bucket || upload?.key !== input.Key)
      throw s3Error('NoSuchUpload', { UploadId: input.UploadId as string })
    return upload as Upload
  }
  const keep = (input: { UploadId?: string } & Parameters<typeof existing>[0], part: UploadedPart) => {
    // Looked up again: other parts may have come in while this one was written.
    const upload = existing(input)
    const old = upload.parts[part.number]
    if (old) store.blobs.removeSoon([old])
    store.uploads.set(upload.id, { ...upload, parts: { ...upload.parts, [part.number]: part } })
  }

  return {
    CreateMultipartUpload(input) {
      const { name } = store.bucket(input)
      const algorithm = isAlgorithm(input.ChecksumAlgorithm) ? input.ChecksumAlgorithm : undefined
      if (input.ChecksumAlgorithm !== undefined && !algorithm) {
        throw s3Error('NotImplemented', {}, `The checksum ${input.ChecksumAlgorithm} is not supported by this sandbox.`)
      }
      const upload: Upload = {
        ...properties(input),
        id: randomUUID().replaceAll('-', ''),
        bucket: name,
        key: newKey(input.Key as string),
        startedAt: store.now(),
        ...(algorithm && {
          algorithm,
          checksumType: input.ChecksumType ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'),
        }),
        parts: {},
      }
      store.uploads.set(upload.id, upload)
      return {
        Bucket: name,
        Key: upload.key,
        UploadId: upload.id,
        ServerSideEncryption: 'AES256',
        ChecksumAlgorithm: algorithm,
        ChecksumType: upload.checksumType,
      }
    },

    async UploadPart(input) {
      const upload = existing(input)
      const number = partNumber(input.PartNumber)
      const blob = await storedBody(store, input, upload.algorithm)
      keep(input, { ...blob, number, modifiedAt: store.now() })
      return { ETag: `"${blob.md5}"`, ServerSideEncryption: 'AES256', ...checksumMembers(blob.checksums) }
    },

    async UploadPartCopy(input) {
      const upload = existing(input)
      const number = partNumber(input.PartNumber)
      const { object } = copySource(store, input.CopySource as string)
      checkRead(object, {
        IfMatch: input.CopySourceIfMatch,
        IfNoneMatch: input.CopySourceIfNoneMatch,
        IfModifiedSince: input.CopySourceIfModifiedSince,
        IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
      })
      const size = total(object.blobs)
      const { start, end } = copyRange(input.CopySourceRange, size)
      const blob = await store.blobs.write(store.blobs.read(object.blobs, start, end), upload.algorithm ? [upload.algorithm] : [])
      const modifiedAt = store.now()
      keep(input, { ...blob, number, modifiedAt })
      const result = { ETag: `"${blob.md5}"`, LastModified: modifiedAt, ...checksumMembers(blob.checksums) }
      return { CopyPartResult: result, ServerSideEncryption: 'AES256' }
    },

    async CompleteMultipartUpload(input, call) {
      const upload = existing(input)
      checkWrite(store.find(upload.bucket, upload.key), input, upload.key)
      const object = await completedObject(store, upload, input.MultipartUpload?.Parts ?? [])
      checkWrite(store.find(upload.bucket, upload.key), input, upload.key)
      store.save(upload.bucket, object)
      store.uploads.delete(upload.id)
      const used = new Set(object.blobs.map(({ file }) => file))
      store.blobs.removeSoon(partsOf(upload).filter(({ file }) => !used.has(file)))
      return {
        Location: `${call.endpoint}/${upload.bucket}/${encodeURIComponent(upload.key)}`,
        Bucket: upload.bucket,
        Key: upload.key,
        ETag: object.etag,
        ServerSideEncryption: 'AES256',
        ...checksumMembers(object.checksums),
        ...checksumType(object),
      }
    },

    AbortMultipartUpload(input) {
      const upload = existing(input)
      store.uploads.delete(upload.id)
      store.blobs.removeSoon(partsOf(upload))
      return {}
    },

    ListParts(input) {
      const upload = existing(input)
      const most = Math.min(input.MaxParts ?? LIST_PAGE, LIST_PAGE)
      const rest = partsOf(upload).filter(({ number }) => number > Number(input.PartNumberMarker ?? 0))
      const parts = rest.slice(0, most)
      return {
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: input.PartNumberMarker ?? '0',
        NextPartNumberMarker: String(parts.at(-1)?.number ?? 0),
        MaxParts: most,
        IsTruncated: rest.length > most,
        Parts: parts.map((part) => ({
          PartNumber: part.number,
          LastModified: part.modifiedAt,
          ETag: `"${part.md5}"`,
          Size: part.bytes,
          ...checksumMembers(part.checksums),
        })),
        Initiator: owner(store.cloud.account),
        Owner: owner(store.cloud.account),
        StorageClass: upload.storageClass as 'STANDARD',
        ChecksumAlgorithm: upload.algorithm,
        ChecksumType: upload.checksumType,
      }
    },

    ListMultipartUploads(input) {
      const { name } = store.bucket(input)
      const keyOf = (upload: Upload) => `${upload.key}\u0000${upload.id}`
      const uploads = [...store.uploads.values()].filter(
        ({ bucket, key }) => bucket === name && key.startsWith(input.Prefix ?? ''),
      )
      const after = input.KeyMarker === undefined ? undefined : `${input.KeyMarker}\u0000${input.UploadIdMarker ?? '\uffff'}`
      const rest = sortedBy(uploads, keyOf).filter((upload) => after === undefined || keyOf(upload) > after)
      const most = Math.min(input.MaxUploads ?? LIST_PAGE, LIST_PAGE)
      const { items } = page(rest, keyOf, {
        token: undefined,
        size: most,
        invalid: () => {
          throw s3Error('InvalidArgument')
        },
      })
      const isTruncated = rest.length > items.length
      const encode = encoder(input.EncodingType)
      return {
        Bucket: name,
        KeyMarker: encode(input.KeyMarker ?? ''),
        UploadIdMarker: input.UploadIdMarker ?? '',
        NextKeyMarker: isTruncated ? encode(items.at(-1)?.key ?? '') : undefined,
        NextUploadIdMarker: isTruncated ? items.at(-1)?.id : undefined,
        Prefix: input.Prefix && encode(input.Prefix),
        EncodingType: input.EncodingType,
        MaxUploads: most,
        IsTruncated: isTruncated,
        Uploads: items.map((upload) => ({
          UploadId: upload.id,
          Key: encode(upload.key),
          Initiated: upload.startedAt,
          StorageClass: upload.storageClass as 'STANDARD',
          Owner: owner(store.cloud.account),
          Initiator: owner(store.cloud.account),
          ChecksumAlgorithm: upload.algorithm,
          ChecksumType: upload.checksumType,
        })),
      }
    },
  }
}

function partNumber(given: number | undefined): number {
  if (given !== undefined && Number.isInteger(given) && given >= 1 && given <= MAXIMUM_PARTS) return given
  throw s3Error(
    'InvalidArgument',
    { ArgumentName: 'partNumber', ArgumentValue: String(given) },
    `Part number must be an integer between 1 and ${MAXIMUM_PARTS}, inclusive`,
  )
}

function copyRange(range: string | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size - 1 }
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  if (start === undefined || end === undefined || Number(start) > Number(end)) {
    throw s3Error('InvalidArgument', {}, 'The x-amz-copy-source-range value must be of the form bytes=first-last')
  }
  if (Number(end) >= size) {
    throw s3Error('InvalidArgument', {}, `Range specified is not valid for source object of size: ${size}`)
  }
  return { start: Number(start), end: Number(end) }
}
