import type { Tag } from '@aws-sdk/client-s3'
import type { BucketStore } from './bucket-store.ts'
import { s3Error } from './error.ts'
import { checkedTags } from './object.ts'
import type { S3Handlers } from './s3.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html */
const MAXIMUM_BUCKET_TAGS = 50

export function tagOperations(store: BucketStore): S3Handlers {
  return {
    PutObjectTagging(input) {
      const object = store.object(input)
      store.save(input.Bucket as string, { ...object, tags: checkedTags(record(input.Tagging?.TagSet)) })
      return {}
    },
    GetObjectTagging: (input) => ({ TagSet: list(store.object(input).tags) }),
    DeleteObjectTagging(input) {
      store.save(input.Bucket as string, { ...store.object(input), tags: {} })
      return {}
    },

    PutBucketTagging(input) {
      const bucket = store.bucket(input)
      store.buckets.set(bucket.name, { ...bucket, tags: checkedTags(record(input.Tagging?.TagSet), MAXIMUM_BUCKET_TAGS) })
      return {}
    },
    GetBucketTagging(input) {
      const { tags } = store.bucket(input)
      if (!tags) throw s3Error('NoSuchTagSet', { BucketName: input.Bucket as string })
      return { TagSet: list(tags) }
    },
    DeleteBucketTagging(input) {
      const { tags: _, ...bucket } = store.bucket(input)
      store.buckets.set(bucket.name, bucket)
      return {}
    },
  }
}

const record = (tags: Tag[] | undefined) => Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value ?? '']))
const list = (tags: Record<string, string>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
