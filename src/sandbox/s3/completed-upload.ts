import { createHash } from 'node:crypto'
import type { CompletedPart } from '@aws-sdk/client-s3'
import type { BucketStore } from './bucket-store.ts'
import { type Checksums, compositeChecksum } from './checksum.ts'
import { s3Error } from './error.ts'
import type { StoredObject } from './object.ts'
import type { Upload, UploadedPart } from './upload.ts'

const MINIMUM_PART_BYTES = 5 * 1024 * 1024

/** The object that the listed parts make. Throws MalformedXML, InvalidPartOrder, InvalidPart or EntityTooSmall. */
export async function completedObject(store: BucketStore, upload: Upload, listed: CompletedPart[]): Promise<StoredObject> {
  const parts = chosenParts(upload, listed)
  const { headers, metadata, tags, storageClass, key, checksumType } = upload
  return {
    headers,
    metadata,
    tags,
    storageClass,
    key,
    blobs: parts.map(({ file, bytes }) => ({ file, bytes })),
    isMultipart: true,
    etag: multipartTag(parts),
    checksums: await checksums(store, upload, parts),
    ...(checksumType && { checksumType }),
    modifiedAt: store.now(),
  }
}

function chosenParts(upload: Upload, listed: CompletedPart[]): UploadedPart[] {
  if (listed.length === 0) throw s3Error('MalformedXML')
  const isOrdered = listed.every(({ PartNumber = 0 }, index) => PartNumber > (listed[index - 1]?.PartNumber ?? 0))
  if (!isOrdered) throw s3Error('InvalidPartOrder', { UploadId: upload.id })
  return listed.map(({ PartNumber: number = 0, ETag: tag = '' }, index) => {
    const part = upload.parts[number]
    if (part?.md5 !== tag.replaceAll('"', '')) {
      throw s3Error('InvalidPart', { UploadId: upload.id, PartNumber: String(number), ETag: tag })
    }
    if (part.bytes < MINIMUM_PART_BYTES && index < listed.length - 1) {
      throw s3Error('EntityTooSmall', {
        ProposedSize: String(part.bytes),
        MinSizeAllowed: String(MINIMUM_PART_BYTES),
        PartNumber: String(number),
      })
    }
    return part
  })
}

/** The digest of the parts' digests, and how many they were. */
function multipartTag(parts: UploadedPart[]): string {
  const hash = createHash('md5')
  for (const { md5 } of parts) hash.update(Buffer.from(md5, 'hex'))
  return `"${hash.digest('hex')}-${parts.length}"`
}

async function checksums(store: BucketStore, { algorithm, checksumType }: Upload, parts: UploadedPart[]): Promise<Checksums> {
  if (!algorithm) return {}
  if (checksumType === 'FULL_OBJECT') return { [algorithm]: await store.blobs.checksum(parts, algorithm) }
  return {
    [algorithm]: compositeChecksum(
      algorithm,
      parts.map((part) => part.checksums[algorithm] ?? ''),
    ),
  }
}
