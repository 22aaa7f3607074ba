// What S3 answers of a bucket on which nothing was ever configured; the operations that configure it are not there.

import { owner } from './bucket-operations.ts'
import type { BucketStore } from './bucket-store.ts'
import { s3Error } from './error.ts'
import type { S3Handlers } from './s3.ts'

type Named = { Bucket: string | undefined; ExpectedBucketOwner?: string }

export function bucketDefaults(store: BucketStore): S3Handlers {
  const answer =
    <Output>(output: Output) =>
    (input: Named): Output => {
      store.bucket(input)
      return output
    }
  const absent = (code: Parameters<typeof s3Error>[0]) => (input: Named) => {
    throw s3Error(code, { BucketName: store.bucket(input).name })
  }
  const me = owner(store.cloud.account)
  const acl = { Owner: me, Grants: [{ Grantee: { ...me, Type: 'CanonicalUser' as const }, Permission: 'FULL_CONTROL' as const }] }
  const encryption = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const }, BucketKeyEnabled: false }

  return {
    GetBucketVersioning: answer({}),
    GetBucketAccelerateConfiguration: answer({}),
    GetBucketLogging: answer({}),
    GetBucketNotificationConfiguration: answer({}),
    GetBucketRequestPayment: answer({ Payer: 'BucketOwner' as const }),
    GetBucketAcl: answer(acl),
    GetObjectAcl(input) {
      store.object(input)
      return acl
    },
    GetBucketEncryption: answer({ ServerSideEncryptionConfiguration: { Rules: [encryption] } }),
    GetBucketOwnershipControls: answer({ OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] } }),
    GetPublicAccessBlock: answer({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    }),
    GetBucketPolicy: absent('NoSuchBucketPolicy'),
    GetBucketCors: absent('NoSuchCORSConfiguration'),
    GetBucketLifecycleConfiguration: absent('NoSuchLifecycleConfiguration'),
    GetBucketWebsite: absent('NoSuchWebsiteConfiguration'),
    GetBucketReplication: absent('ReplicationConfigurationNotFoundError'),
    GetObjectLockConfiguration: absent('ObjectLockConfigurationNotFoundError'),
  }
}
