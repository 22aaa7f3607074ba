import type { Cloud, Table } from '../cloud.ts'
import { sortedBy } from '../page.ts'
import { BlobStore } from './blob-store.ts'
import { s3Error } from './error.ts'
import type { StoredObject } from './object.ts'
import type { Upload } from './upload.ts'

export interface Bucket {
  name: string
  createdAt: Date
  tags?: Record<string, string>
}

export class BucketStore {
  readonly buckets: Table<Bucket>
  readonly uploads: Table<Upload>
  readonly blobs: BlobStore
  readonly cloud: Cloud
  /** Sorted keys by bucket, until an object comes or goes. */
  readonly #sorted = new Map<string, StoredObject[]>()

  constructor(cloud: Cloud) {
    this.cloud = cloud
    this.buckets = cloud.table<Bucket>('s3.buckets')
    this.uploads = cloud.table<Upload>('s3.uploads')
    this.blobs = new BlobStore(cloud)
    this.blobs.sweep(this.#referred())
  }

  /** Throws NoSuchBucket, or AccessDenied when the request expects another owner. */
  bucket(input: { Bucket?: string; ExpectedBucketOwner?: string }): Bucket {
    const bucket = this.buckets.get(input.Bucket as string)
    if (!bucket) throw s3Error('NoSuchBucket', { BucketName: input.Bucket as string })
    if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== this.cloud.account) throw s3Error('AccessDenied')
    return bucket
  }

  /** Throws NoSuchKey; `versionId` can only be that of an unversioned bucket. */
  object(input: { Bucket?: string; ExpectedBucketOwner?: string; Key?: string; VersionId?: string }): StoredObject {
    const object = this.#objects(this.bucket(input).name).get(input.Key as string)
    if (input.VersionId !== undefined && input.VersionId !== 'null') throw s3Error('NoSuchVersion', { Key: input.Key as string })
    if (!object) throw s3Error('NoSuchKey', { Key: input.Key as string })
    return object
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.#objects(bucket).get(key)
  }

  /** In the order of their keys. */
  objects(bucket: string): StoredObject[] {
    const sorted = this.#sorted.get(bucket) ?? sortedBy(this.#objects(bucket).values(), ({ key }) => key)
    this.#sorted.set(bucket, sorted)
    return sorted
  }

  save(bucket: string, object: StoredObject): void {
    const old = this.find(bucket, object.key)
    this.#objects(bucket).set(object.key, object)
    this.#sorted.delete(bucket)
    const kept = new Set(object.blobs.map(({ file }) => file))
    this.blobs.removeSoon(old?.blobs.filter(({ file }) => !kept.has(file)) ?? [])
  }

  remove(bucket: string, key: string): void {
    const old = this.find(bucket, key)
    if (!old) return
    this.#objects(bucket).delete(key)
    this.#sorted.delete(bucket)
    this.blobs.removeSoon(old.blobs)
  }

  now(): Date {
    // Whole seconds, as Last-Modified has them.
    return new Date(Math.floor(this.cloud.clock.now() / 1000) * 1000)
  }

  #objects(bucket: string): Table<StoredObject> {
    return this.cloud.table<StoredObject>(`s3.objects.${bucket}`)
  }

  #referred(): Set<string> {
    const files = new Set<string>()
    for (const { name } of this.buckets.values()) {
      for (const { blobs } of this.#objects(name).values()) for (const { file } of blobs) files.add(file)
    }
    for (const { parts } of this.uploads.values()) for (const { file } of Object.values(parts)) files.add(file)
    return files
  }
}
