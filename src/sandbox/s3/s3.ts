import type { Cloud, Handlers, Service } from '../cloud.ts'
import { bucketDefaults } from './bucket-defaults.ts'
import { bucketOperations } from './bucket-operations.ts'
import { BucketStore } from './bucket-store.ts'
import { listOperations } from './list-operations.ts'
import { multipartOperations } from './multipart-operations.ts'
import { readOperations } from './read-operations.ts'
import { tagOperations } from './tag-operations.ts'
import { writeOperations } from './write-operations.ts'

export type S3Handlers = Handlers<typeof import('@aws-sdk/client-s3')>

/** S3 with path-style addresses and unversioned buckets. */
export function s3(cloud: Cloud): Service {
  const store = new BucketStore(cloud)
  const handlers: S3Handlers = {
    ...bucketDefaults(store),
    ...bucketOperations(store),
    ...listOperations(store),
    ...readOperations(store),
    ...writeOperations(store),
    ...multipartOperations(store),
    ...tagOperations(store),
  }
  return { client: () => import('@aws-sdk/client-s3'), signingName: 's3', handlers }
}
