// An upload in parts, until it is completed or aborted.
import type { Blob } from './blob-store.ts'
import type { Algorithm, Checksums } from './checksum.ts'
import type { ObjectProperties } from './object.ts'

export interface Upload extends ObjectProperties {
  id: string
  bucket: string
  key: string
  startedAt: Date
  algorithm?: Algorithm
  checksumType?: 'COMPOSITE' | 'FULL_OBJECT'
  /** By part number. */
  parts: Record<number, UploadedPart>
}

export interface UploadedPart extends Blob {
  number: number
  md5: string
  checksums: Checksums
  modifiedAt: Date
}

export function partsOf(upload: Upload): UploadedPart[] {
  return Object.values(upload.parts).sort((a, b) => a.number - b.number)
}
