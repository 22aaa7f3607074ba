import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { type Scenario, type Step, step } from '../scenario.ts'

const Bucket = 'play-bucket'
const Key = 'folder/the object+1 & <more> 日本語'
const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, place) => place % 251))
const PART = Buffer.alloc(5 * 1024 * 1024, 'part')
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')

/** What a bucket answers of what it was never told: a default, or an error that says so. */
const unset: Step[] = [
  step('s3:GetBucketVersioning', { Bucket }),
  step('s3:GetBucketAccelerateConfiguration', { Bucket }),
  step('s3:GetBucketLogging', { Bucket }),
  step('s3:GetBucketNotificationConfiguration', { Bucket }),
  step('s3:GetBucketRequestPayment', { Bucket }, { answer: { Payer: 'BucketOwner' } }),
  step('s3:GetBucketAcl', { Bucket }, { answer: { Grants: [{ Permission: 'FULL_CONTROL' }] } }),
  step('s3:GetObjectAcl', { Bucket, Key }, { answer: { Grants: [{ Permission: 'FULL_CONTROL' }] } }),
  step('s3:GetBucketEncryption', { Bucket }, { answer: { ServerSideEncryptionConfiguration: expect.anything() } }),
  step('s3:GetBucketOwnershipControls', { Bucket }, { answer: { OwnershipControls: expect.anything() } }),
  step('s3:GetPublicAccessBlock', { Bucket }, { answer: { PublicAccessBlockConfiguration: { BlockPublicAcls: true } } }),
  step('s3:GetBucketPolicy', { Bucket }, { fails: 'NoSuchBucketPolicy' }),
  step('s3:GetBucketCors', { Bucket }, { fails: 'NoSuchCORSConfiguration' }),
  step('s3:GetBucketLifecycleConfiguration', { Bucket }, { fails: 'NoSuchLifecycleConfiguration' }),
  step('s3:GetBucketWebsite', { Bucket }, { fails: 'NoSuchWebsiteConfiguration' }),
  step('s3:GetBucketReplication', { Bucket }, { fails: 'ReplicationConfigurationNotFoundError' }),
  step('s3:GetObjectLockConfiguration', { Bucket }, { fails: 'ObjectLockConfigurationNotFoundError' }),
]

const objects: Step[] = [
  step(
    's3:PutObject',
    { Bucket, Key, Body: BYTES, ContentType: 'text/plain; charset=utf-8', Metadata: { colour: 'blue' } },
    {
      answer: { ETag: `"${md5(BYTES)}"` },
    },
  ),
  step(
    's3:GetObject',
    { Bucket, Key },
    {
      answer: { Body: BYTES.toString('base64'), ContentType: 'text/plain; charset=utf-8', Metadata: { colour: 'blue' } },
    },
  ),
  step(
    's3:GetObject',
    { Bucket, Key, Range: 'bytes=10-19' },
    {
      answer: { Body: BYTES.subarray(10, 20).toString('base64'), ContentRange: 'bytes 10-19/70000' },
    },
  ),
  step('s3:GetObject', { Bucket, Key: 'none' }, { fails: 'NoSuchKey' }),
  step('s3:GetObject', { Bucket: 'play-none', Key: 'none' }, { fails: 'NoSuchBucket' }),
  step('s3:HeadObject', { Bucket, Key }, { answer: { ContentLength: 70_000, ETag: `"${md5(BYTES)}"` } }),
  step('s3:HeadObject', { Bucket, Key: 'none' }, { fails: ['404', 'NotFound'] }),
  step(
    's3:PutObject',
    { Bucket, Key: 'sums', Body: Buffer.from('sums'), ChecksumAlgorithm: 'SHA256' },
    {
      answer: { ChecksumSHA256: createHash('sha256').update('sums').digest('base64') },
    },
  ),
  step(
    's3:CopyObject',
    { Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` },
    {
      answer: { CopyObjectResult: { ETag: `"${md5(BYTES)}"` } },
    },
  ),
  step('s3:PutObjectTagging', { Bucket, Key, Tagging: { TagSet: [{ Key: 'a:b', Value: '日本 + 1' }] } }),
  step('s3:GetObjectTagging', { Bucket, Key }, { answer: { TagSet: [{ Key: 'a:b', Value: '日本 + 1' }] } }),
  step('s3:PutObjectTagging', { Bucket, Key, Tagging: { TagSet: [{ Key: 'a&b', Value: 'c' }] } }, { fails: 'InvalidTag' }),
  step('s3:DeleteObjectTagging', { Bucket, Key }),
  step(
    's3:ListObjectsV2',
    { Bucket, Delimiter: '/' },
    {
      answer: { KeyCount: 3, CommonPrefixes: [{ Prefix: 'folder/' }], Contents: [{ Key: 'copy' }, { Key: 'sums' }] },
    },
  ),
  step('s3:ListObjectsV2', { Bucket, MaxKeys: 1 }, { answer: { IsTruncated: true }, keep: { next: 'NextContinuationToken' } }),
  step('s3:ListObjectsV2', ({ next }) => ({ Bucket, MaxKeys: 1, ContinuationToken: next }), { answer: { Contents: [{ Key }] } }),
  step('s3:ListObjects', { Bucket, Prefix: 'folder/' }, { answer: { Contents: [{ Key, Size: 70_000 }] } }),
]

const uploads: Step[] = [
  step('s3:CreateMultipartUpload', { Bucket, Key: 'large' }, { keep: { upload: 'UploadId' } }),
  step('s3:UploadPart', ({ upload }) => ({ Bucket, Key: 'large', UploadId: upload, PartNumber: 1, Body: PART }), {
    keep: { one: 'ETag' },
  }),
  step(
    's3:UploadPartCopy',
    ({ upload }) => ({ Bucket, Key: 'large', UploadId: upload, PartNumber: 2, CopySource: `${Bucket}/copy` }),
    {
      keep: { two: 'CopyPartResult.ETag' },
    },
  ),
  step('s3:ListMultipartUploads', { Bucket }, { answer: { Uploads: [{ Key: 'large' }] } }),
  step('s3:ListParts', ({ upload }) => ({ Bucket, Key: 'large', UploadId: upload }), {
    answer: { Parts: [{ Size: PART.length }, { Size: 70_000 }] },
  }),
  step(
    's3:CompleteMultipartUpload',
    ({ upload, two }) => ({
      ...{ Bucket, Key: 'large', UploadId: upload },
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: two }] },
    }),
    { fails: 'InvalidPart' },
  ),
  step(
    's3:CompleteMultipartUpload',
    ({ upload, one, two }) => ({
      ...{ Bucket, Key: 'large', UploadId: upload },
      MultipartUpload: {
        Parts: [
          { PartNumber: 1, ETag: one },
          { PartNumber: 2, ETag: two },
        ],
      },
    }),
    { answer: { ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) } },
  ),
  step('s3:HeadObject', { Bucket, Key: 'large' }, { answer: { ContentLength: PART.length + 70_000 } }),
  step('s3:CreateMultipartUpload', { Bucket, Key: 'left' }, { keep: { left: 'UploadId' } }),
  step('s3:AbortMultipartUpload', ({ left }) => ({ Bucket, Key: 'left', UploadId: left })),
  step('s3:AbortMultipartUpload', { Bucket, Key: 'left', UploadId: 'made-up' }, { fails: 'NoSuchUpload' }),
]

export const s3: Scenario = {
  name: 'Buckets hold objects, whole and in parts',
  steps: [
    step('s3:CreateBucket', { Bucket, CreateBucketConfiguration: { LocationConstraint: 'ap-northeast-1' } }, {}),
    step(
      's3:CreateBucket',
      { Bucket, CreateBucketConfiguration: { LocationConstraint: 'ap-northeast-1' } },
      { fails: 'BucketAlreadyOwnedByYou' },
    ),
    step(
      's3:CreateBucket',
      { Bucket: 'play-elsewhere', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } },
      { fails: 'IllegalLocationConstraintException' },
    ),
    step('s3:HeadBucket', { Bucket }, {}),
    step('s3:HeadBucket', { Bucket: 'play-none' }, { fails: ['404', 'NotFound'] }),
    step('s3:ListBuckets', {}, { answer: { Buckets: [{ Name: Bucket }] } }),
    step('s3:GetBucketLocation', { Bucket }, { answer: { LocationConstraint: 'ap-northeast-1' } }),
    step('s3:PutBucketTagging', { Bucket, Tagging: { TagSet: [{ Key: 'owner', Value: 'aoi' }] } }),
    step('s3:GetBucketTagging', { Bucket }, { answer: { TagSet: [{ Key: 'owner', Value: 'aoi' }] } }),
    step('s3:DeleteBucketTagging', { Bucket }),
    step('s3:GetBucketTagging', { Bucket }, { fails: 'NoSuchTagSet' }),
    ...objects,
    ...unset,
    ...uploads,
    step('s3:DeleteBucket', { Bucket }, { fails: 'BucketNotEmpty' }),
    step('s3:DeleteObject', { Bucket, Key }),
    step(
      's3:DeleteObjects',
      { Bucket, Delete: { Objects: [{ Key: 'copy' }, { Key: 'sums' }, { Key: 'large' }, { Key: 'none' }] } },
      {
        answer: { Deleted: expect.arrayContaining([{ Key: 'copy' }]) },
      },
    ),
    step('s3:DeleteBucket', { Bucket }),
  ],
}
