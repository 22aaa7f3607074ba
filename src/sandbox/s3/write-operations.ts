import { contentCoding } from './aws-chunked.ts'
import { storedBody } from './body.ts'
import type { BucketStore } from './bucket-store.ts'
import { checksumMembers, isAlgorithm } from './checksum.ts'
import { checkRead, checkWrite } from './condition.ts'
import { copySource } from './copy-source.ts'
import { refuse, s3Error } from './error.ts'
import { newKey, properties, type StoredObject } from './object.ts'
import type { S3Handlers } from './s3.ts'

const MAXIMUM_DELETES = 1000

export function writeOperations(store: BucketStore): S3Handlers {
  return {
    async PutObject(input) {
      refuse(input, ['WriteOffsetBytes'])
      const bucket = store.bucket(input)
      const key = newKey(input.Key as string)
      const said = properties({ ...input, ContentEncoding: contentCoding(input.ContentEncoding).rest })
      checkWrite(store.find(bucket.name, key), input, key)
      const blob = await storedBody(store, input)
      // Another request may have written the key meanwhile.
      checkWrite(store.find(bucket.name, key), input, key)
      const object: StoredObject = {
        ...said,
        key,
        blobs: [{ file: blob.file, bytes: blob.bytes }],
        isMultipart: false,
        etag: `"${blob.md5}"`,
        checksums: blob.checksums,
        checksumType: 'FULL_OBJECT',
        modifiedAt: store.now(),
      }
      store.save(bucket.name, object)
      return { ETag: object.etag, ServerSideEncryption: 'AES256', ...checksumMembers(object.checksums), ...checksumType(object) }
    },

    async CopyObject(input) {
      const bucket = store.bucket(input)
      const source = copySource(store, input.CopySource as string)
      checkRead(source.object, {
        IfMatch: input.CopySourceIfMatch,
        IfNoneMatch: input.CopySourceIfNoneMatch,
        IfModifiedSince: input.CopySourceIfModifiedSince,
        IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
      })
      const key = newKey(input.Key as string)
      checkWrite(store.find(bucket.name, key), input, key)
      const replaces = input.MetadataDirective === 'REPLACE'
      if (source.bucket === bucket.name && source.object.key === key && !replaces && input.StorageClass === undefined) {
        throw s3Error(
          'InvalidRequest',
          {},
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, " +
            'storage class, website redirect location or encryption attributes.',
        )
      }
      const said = properties({ ...input })
      const blobs = await Promise.all(source.object.blobs.map((blob) => store.blobs.share(blob)))
      const algorithm = isAlgorithm(input.ChecksumAlgorithm) ? input.ChecksumAlgorithm : undefined
      const object: StoredObject = {
        ...source.object,
        ...(replaces && { headers: said.headers, metadata: said.metadata }),
        tags: input.TaggingDirective === 'REPLACE' ? said.tags : source.object.tags,
        storageClass: said.storageClass,
        key,
        blobs,
        ...(algorithm && { checksums: { [algorithm]: await store.blobs.checksum(blobs, algorithm) } }),
        modifiedAt: store.now(),
      }
      store.save(bucket.name, object)
      const result = { ETag: object.etag, LastModified: object.modifiedAt, ...checksumMembers(object.checksums) }
      return { CopyObjectResult: result, ServerSideEncryption: 'AES256' }
    },

    DeleteObject(input) {
      const bucket = store.bucket(input)
      if (input.VersionId !== undefined && input.VersionId !== 'null') throw s3Error('NoSuchVersion')
      if (input.IfMatch !== undefined) checkWrite(store.find(bucket.name, input.Key as string), input, input.Key as string)
      store.remove(bucket.name, input.Key as string)
      return {}
    },

    DeleteObjects(input) {
      const bucket = store.bucket(input)
      const objects = input.Delete?.Objects ?? []
      if (objects.length === 0 || objects.length > MAXIMUM_DELETES) throw s3Error('MalformedXML')
      for (const { Key } of objects) store.remove(bucket.name, Key as string)
      return { Deleted: input.Delete?.Quiet ? undefined : objects.map(({ Key }) => ({ Key })) }
    },
  }
}

/** Said only beside a checksum. */
export function checksumType({ checksums, checksumType }: StoredObject): { ChecksumType?: 'COMPOSITE' | 'FULL_OBJECT' } {
  return Object.keys(checksums).length > 0 ? { ChecksumType: checksumType } : {}
}
