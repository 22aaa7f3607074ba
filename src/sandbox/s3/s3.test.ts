import { createHash, createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  NoSuchKey,
  NotFound,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string)
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as string)
  }
  digest() {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
  reset() {}
}

const MIB = 1024 * 1024
let sandbox: Awaited<ReturnType<typeof testSandbox>>
let s3: S3Client

beforeAll(async () => {
  sandbox = await testSandbox()
  s3 = new S3Client(sandbox.client)
  await s3.send(new CreateBucketCommand({ Bucket: 'shelf' }))
})
afterAll(() => sandbox.close())

const put = (Key: string, Body: PutObjectCommandInput['Body'], more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket: 'shelf', Key, Body, ...more }))
const get = (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
  s3.send(new GetObjectCommand({ Bucket: 'shelf', Key, ...more }))
const text = async (Key: string, more: Partial<GetObjectCommandInput> = {}) => (await get(Key, more)).Body?.transformToString()
const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('hex')

describe('buckets', () => {
  test('are made once, found, and deleted when they are empty', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'made-once' }))
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'made-once' }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    })
    expect(await s3.send(new HeadBucketCommand({ Bucket: 'made-once' }))).toMatchObject({ BucketRegion: 'ap-northeast-1' })
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: 'made-once' }))
    expect(LocationConstraint).toBe('ap-northeast-1')
    const { Buckets } = await s3.send(new ListBucketsCommand({}))
    expect(Buckets?.map(({ Name }) => Name)).toContain('made-once')
    await s3.send(new PutObjectCommand({ Bucket: 'made-once', Key: 'k', Body: 'x' }))
    await expect(s3.send(new DeleteBucketCommand({ Bucket: 'made-once' }))).rejects.toMatchObject({ name: 'BucketNotEmpty' })
    await s3.send(new DeleteObjectCommand({ Bucket: 'made-once', Key: 'k' }))
    await s3.send(new DeleteBucketCommand({ Bucket: 'made-once' }))
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'made-once' }))).rejects.toBeInstanceOf(NotFound)
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'made-once' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
      message: 'The specified bucket does not exist',
    })
  })

  test('answer for what was never configured, and refuse to be configured', async () => {
    const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: 'shelf' }))
    expect(Status).toBeUndefined()
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket: 'shelf' }))).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' })
    const versioning = new PutBucketVersioningCommand({ Bucket: 'shelf', VersioningConfiguration: { Status: 'Enabled' } })
    await expect(s3.send(versioning)).rejects.toMatchObject({ name: 'NotImplemented' })
  })

  test.each(['AB', 'a', 'a..b', 'under_score', '10.0.0.1'])('refuse the name %s', async (Bucket) => {
    await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'InvalidBucketName' })
  })
})

describe('objects', () => {
  test('come back as they went, with their properties', async () => {
    const { ETag } = await put('a b/ü+%.txt', 'hello', {
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'aoi' },
      Tagging: 'team=books&x=1',
    })
    expect(ETag).toBe(`"${md5('hello')}"`)
    const answer = await get('a b/ü+%.txt')
    expect(await answer.Body?.transformToString()).toBe('hello')
    expect(answer).toMatchObject({
      ETag,
      ContentLength: 5,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'aoi' },
      TagCount: 2,
      AcceptRanges: 'bytes',
      ServerSideEncryption: 'AES256',
      LastModified: expect.any(Date),
    })
    expect(answer.ContentRange).toBeUndefined()
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'shelf', Key: 'a b/ü+%.txt' }))
    expect(head).toMatchObject({ ETag, ContentLength: 5, Metadata: { owner: 'aoi' } })
  })

  test('are missing by name', async () => {
    await expect(get('none')).rejects.toBeInstanceOf(NoSuchKey)
    await expect(s3.send(new HeadObjectCommand({ Bucket: 'shelf', Key: 'none' }))).rejects.toBeInstanceOf(NotFound)
  })

  test('may be empty', async () => {
    await put('empty', '')
    expect(await text('empty')).toBe('')
  })

  test('are uploaded from a stream, whose checksum comes behind the body', async () => {
    const bytes = Buffer.alloc(3 * MIB, 'streamed ')
    await put('streamed', Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)]), { ContentLength: bytes.length })
    const answer = await get('streamed', { ChecksumMode: 'ENABLED' })
    expect(answer.ContentEncoding).toBeUndefined()
    expect(answer.ChecksumCRC32).toEqual(expect.any(String))
    expect(md5((await answer.Body?.transformToByteArray()) ?? '')).toBe(md5(bytes))
  })

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('are checked by %s', async (ChecksumAlgorithm) => {
    const sent = await put('checked', 'hello', { ChecksumAlgorithm })
    const name = `Checksum${ChecksumAlgorithm}` as const
    expect(sent[name]).toEqual(expect.any(String))
    const answer = await get('checked', { ChecksumMode: 'ENABLED' })
    expect([await answer.Body?.transformToString(), answer[name]]).toEqual(['hello', sent[name]])
    await expect(put('checked', 'hullo', { [name]: sent[name] })).rejects.toMatchObject({ name: 'BadDigest' })
  })

  test('are checked by Content-MD5', async () => {
    const digest = (value: string) => createHash('md5').update(value).digest('base64')
    await put('md5', 'hello', { ContentMD5: digest('hello') })
    await expect(put('md5', 'hello', { ContentMD5: digest('other') })).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(put('md5', 'hello', { ContentMD5: 'eA==' })).rejects.toMatchObject({ name: 'InvalidDigest' })
  })

  test('are read in ranges', async () => {
    await put('ranged', '0123456789')
    const part = await get('ranged', { Range: 'bytes=2-4' })
    expect([await part.Body?.transformToString(), part.ContentRange, part.ContentLength]).toEqual(['234', 'bytes 2-4/10', 3])
    expect(part.$metadata.httpStatusCode).toBe(206)
    expect(await text('ranged', { Range: 'bytes=7-' })).toBe('789')
    expect(await text('ranged', { Range: 'bytes=-2' })).toBe('89')
    expect(await text('ranged', { Range: 'bytes=8-100' })).toBe('89')
    await expect(get('ranged', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange', ActualObjectSize: '10' })
  })

  test('are read on conditions', async () => {
    const { ETag } = await put('conditional', 'x')
    expect(await text('conditional', { IfMatch: ETag })).toBe('x')
    await expect(get('conditional', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(get('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
    const future = new Date(Date.now() + 60_000)
    await expect(get('conditional', { IfModifiedSince: future })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
    await expect(get('conditional', { IfUnmodifiedSince: new Date(0) })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  })

  test('are written only where nothing is, or where the right thing is', async () => {
    const { ETag } = await put('once', 'first', { IfNoneMatch: '*' })
    await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(put('once', 'second', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await put('once', 'second', { IfMatch: ETag })
    expect(await text('once')).toBe('second')
    await expect(put('never', 'x', { IfMatch: ETag })).rejects.toBeInstanceOf(NoSuchKey)
  })

  test('of two writers to one empty key exactly one succeeds', async () => {
    const all = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => put('raced', `w${i}`, { IfNoneMatch: '*' })))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('are copied with or without their metadata', async () => {
    await put('from/ü', 'copied', { Metadata: { a: '1' }, Tagging: 't=1' })
    const CopySource = `shelf/${encodeURIComponent('from/ü')}`
    await s3.send(new CopyObjectCommand({ Bucket: 'shelf', Key: 'to/1', CopySource }))
    await s3.send(
      new CopyObjectCommand({ Bucket: 'shelf', Key: 'to/2', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }),
    )
    await s3.send(new DeleteObjectCommand({ Bucket: 'shelf', Key: 'from/ü' }))
    const [first, second] = [await get('to/1'), await get('to/2')]
    expect([await first.Body?.transformToString(), first.Metadata, first.TagCount]).toEqual(['copied', { a: '1' }, 1])
    expect([await second.Body?.transformToString(), second.Metadata]).toEqual(['copied', { b: '2' }])
    await expect(
      s3.send(new CopyObjectCommand({ Bucket: 'shelf', Key: 'to/1', CopySource: 'shelf/to/1' })),
    ).rejects.toMatchObject({
      name: 'InvalidRequest',
    })
  })

  test('are deleted, one or many, there or not', async () => {
    await put('gone/1', 'x')
    await put('gone/2', 'x')
    await s3.send(new DeleteObjectCommand({ Bucket: 'shelf', Key: 'gone/never' }))
    const Delete = { Objects: [{ Key: 'gone/1' }, { Key: 'gone/2' }, { Key: 'gone/3' }] }
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket: 'shelf', Delete }))
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['gone/1', 'gone/2', 'gone/3'])
    await expect(get('gone/1')).rejects.toBeInstanceOf(NoSuchKey)
  })

  test('carry tags', async () => {
    await put('tagged', 'x')
    await s3.send(
      new PutObjectTaggingCommand({ Bucket: 'shelf', Key: 'tagged', Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }),
    )
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: 'shelf', Key: 'tagged' }))
    expect(TagSet).toEqual([{ Key: 'a', Value: '1' }])
  })

  test('refuse what the sandbox does not do', async () => {
    await expect(put('x', 'x', { ServerSideEncryption: 'aws:kms' })).rejects.toMatchObject({ name: 'NotImplemented' })
    await expect(put('x', 'x', { ACL: 'public-read' })).rejects.toMatchObject({ name: 'AccessControlListNotSupported' })
  })
})

describe('presigned URLs', () => {
  const presigned = async (method: string, path: string, query: Record<string, string> = {}) => {
    const { hostname, port, host } = new URL(sandbox.endpoint)
    const signer = new SignatureV4({
      service: 's3',
      region: sandbox.region,
      credentials: sandbox.credentials,
      sha256: Sha256,
      uriEscapePath: false,
    })
    const request = {
      method,
      protocol: 'http:',
      hostname,
      port: Number(port),
      path,
      query,
      headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    }
    const signed = await signer.presign(new HttpRequest(request), { expiresIn: 60, unsignableHeaders: new Set(['content-type']) })
    return `${sandbox.endpoint}${path}?${new URLSearchParams(signed.query as Record<string, string>)}`
  }

  test('put and get without other credentials', async () => {
    const sent = await fetch(await presigned('PUT', '/shelf/presigned'), { method: 'PUT', body: 'hello' })
    expect([sent.status, sent.headers.get('etag')]).toEqual([200, `"${md5('hello')}"`])
    const got = await fetch(await presigned('GET', '/shelf/presigned', { 'response-content-type': 'text/plain' }), {
      headers: { range: 'bytes=0-1' },
    })
    expect([got.status, got.headers.get('content-type'), await got.text()]).toEqual([206, 'text/plain', 'he'])
  })

  test('work for what they were signed for alone', async () => {
    const url = await presigned('GET', '/shelf/presigned')
    const other = await fetch(url.replace('/presigned?', '/ranged?'))
    expect([other.status, await other.text()]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')])
  })
})

describe('listings', () => {
  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'listed' }))
    for (const Key of ['a/1', 'a/2', 'b', 'c/d/1', 'c/e', 'd e+', 'ü']) {
      await s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: 'x' }))
    }
  })
  const list = async (more: Partial<ListObjectsV2CommandInput>) => {
    const answer = await s3.send(new ListObjectsV2Command({ Bucket: 'listed', ...more }))
    const keys = answer.Contents?.map(({ Key }) => Key) ?? []
    const prefixes = answer.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? []
    return { keys, prefixes, token: answer.NextContinuationToken, count: answer.KeyCount }
  }

  test('give keys in order, below a prefix, after a key', async () => {
    expect((await list({})).keys).toEqual(['a/1', 'a/2', 'b', 'c/d/1', 'c/e', 'd e+', 'ü'])
    expect((await list({ Prefix: 'a/' })).keys).toEqual(['a/1', 'a/2'])
    expect((await list({ StartAfter: 'c/d/1' })).keys).toEqual(['c/e', 'd e+', 'ü'])
    expect((await list({ EncodingType: 'url', Prefix: 'd' })).keys).toEqual(['d%20e%2B'])
  })

  test('fold what is below a delimiter', async () => {
    expect(await list({ Delimiter: '/' })).toMatchObject({ keys: ['b', 'd e+', 'ü'], prefixes: ['a/', 'c/'], count: 5 })
    expect(await list({ Delimiter: '/', Prefix: 'c/' })).toMatchObject({ keys: ['c/e'], prefixes: ['c/d/'] })
  })

  test('come in pages that neither repeat nor miss anything', async () => {
    const found: (string | undefined)[] = []
    let token: string | undefined
    do {
      const page = await list({ MaxKeys: 2, Delimiter: '/', ContinuationToken: token })
      expect(page.count).toBeLessThanOrEqual(2)
      found.push(...page.prefixes, ...page.keys)
      token = page.token
    } while (token)
    expect(found.sort()).toEqual(['a/', 'b', 'c/', 'd e+', 'ü'])
  })

  test('of the first version use markers', async () => {
    const first = await s3.send(new ListObjectsCommand({ Bucket: 'listed', MaxKeys: 1, Delimiter: '/' }))
    expect([first.CommonPrefixes, first.NextMarker, first.IsTruncated]).toEqual([[{ Prefix: 'a/' }], 'a/', true])
    const second = await s3.send(
      new ListObjectsCommand({ Bucket: 'listed', MaxKeys: 1, Delimiter: '/', Marker: first.NextMarker }),
    )
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['b'])
  })
})

describe('uploads in parts', () => {
  const start = async (Key: string, more: object = {}) => {
    const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'shelf', Key, ...more }))
    return { Bucket: 'shelf', Key, UploadId }
  }
  const part = async (upload: Awaited<ReturnType<typeof start>>, PartNumber: number, Body: Uint8Array) => {
    const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }))
    return { PartNumber, ETag, ChecksumCRC32 }
  }

  test('become one object, whose parts can be read', async () => {
    const upload = await start('large', { ContentType: 'video/mp4', Metadata: { a: '1' }, ChecksumAlgorithm: 'CRC32' })
    const [one, two] = [Buffer.alloc(5 * MIB, 'a'), Buffer.alloc(MIB, 'b')]
    const second = await part(upload, 2, two)
    const first = await part(upload, 1, one)
    const { Parts } = await s3.send(new ListPartsCommand(upload))
    expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 5 * MIB],
      [2, MIB],
    ])
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [first, second] } }))
    const tag = md5(Buffer.concat([Buffer.from(md5(one), 'hex'), Buffer.from(md5(two), 'hex')]))
    expect(done).toMatchObject({ ETag: `"${tag}-2"`, ChecksumType: 'COMPOSITE', ChecksumCRC32: expect.stringMatching(/-2$/) })
    const whole = await get('large')
    expect([whole.ContentLength, whole.ContentType, whole.Metadata]).toEqual([6 * MIB, 'video/mp4', { a: '1' }])
    expect(md5((await whole.Body?.transformToByteArray()) ?? '')).toBe(md5(Buffer.concat([one, two])))
    expect(await text('large', { Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` })).toBe('aabb')
    const last = await get('large', { PartNumber: 2 })
    expect([last.ContentLength, last.PartsCount]).toEqual([MIB, 2])
    await expect(s3.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  test('can copy parts of other objects', async () => {
    await put('source', Buffer.alloc(6 * MIB, 's'))
    const upload = await start('assembled')
    const { CopyPartResult } = await s3.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: 1,
        CopySource: 'shelf/source',
        CopySourceRange: `bytes=0-${5 * MIB - 1}`,
      }),
    )
    const second = await part(upload, 2, Buffer.from('end'))
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }, second]
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    expect(await text('assembled', { Range: 'bytes=-5' })).toBe('ssend')
  })

  test('refuse parts that are unordered, unknown or too small', async () => {
    const upload = await start('refused')
    const [first, second] = [await part(upload, 1, Buffer.from('small')), await part(upload, 2, Buffer.from('end'))]
    const complete = (Parts: object[]) => s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    await expect(complete([second, first])).rejects.toMatchObject({ name: 'InvalidPartOrder' })
    await expect(complete([first, second])).rejects.toMatchObject({ name: 'EntityTooSmall' })
    await expect(complete([{ ...first, ETag: '"x"' }])).rejects.toMatchObject({ name: 'InvalidPart' })
    await complete([first])
    expect(await text('refused')).toBe('small')
  })

  test('are listed and aborted', async () => {
    const upload = await start('aborted')
    await part(upload, 1, Buffer.from('x'))
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'shelf', Prefix: 'aborted' }))
    expect(Uploads).toMatchObject([{ Key: 'aborted', UploadId: upload.UploadId }])
    await s3.send(new AbortMultipartUploadCommand(upload))
    await expect(s3.send(new AbortMultipartUploadCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })
})
