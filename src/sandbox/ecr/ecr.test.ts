import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256, startRegistry, type TestRegistry } from '../../../test/registry.ts'
import { DOCKER_INDEX, OCI_MANIFEST } from './manifest.ts'

let registry: TestRegistry
const repositoryName = 'bookshop/api'
beforeEach(async () => {
  registry = await startRegistry()
})
afterEach(() => registry.close())

describe('repositories', () => {
  test('keep their settings and show them', async () => {
    const { ecr, call, host } = registry
    const made = await ecr.CreateRepository(
      {
        repositoryName,
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/images' },
        tags: [{ Key: 'team', Value: 'bookshop' }],
      },
      call,
    )
    const repository = {
      repositoryArn: 'arn:aws:ecr:ap-northeast-1:123456789012:repository/bookshop/api',
      registryId: '123456789012',
      repositoryName,
      repositoryUri: `${host}/bookshop/api`,
      createdAt: made.repository?.createdAt,
      imageTagMutability: 'IMMUTABLE',
      imageTagMutabilityExclusionFilters: undefined,
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/images' },
    }
    expect(made).toEqual({ repository })
    expect(await ecr.DescribeRepositories({ repositoryNames: [repositoryName] }, call)).toEqual({ repositories: [repository] })
    const resourceArn = repository.repositoryArn
    await ecr.TagResource(
      {
        resourceArn,
        tags: [
          { Key: 'env', Value: 'staging' },
          { Key: 'team', Value: 'shop' },
        ],
      },
      call,
    )
    await ecr.UntagResource({ resourceArn, tagKeys: ['env'] }, call)
    expect(await ecr.ListTagsForResource({ resourceArn }, call)).toEqual({ tags: [{ Key: 'team', Value: 'shop' }] })
  })

  test('are listed by name, page by page', async () => {
    const { ecr, call } = registry
    for (const name of ['web', 'api', 'worker']) await ecr.CreateRepository({ repositoryName: name }, call)
    const first = await ecr.DescribeRepositories({ maxResults: 2 }, call)
    const second = await ecr.DescribeRepositories({ maxResults: 2, nextToken: first.nextToken }, call)
    const names = [first, second].map((page) => page.repositories?.map((one) => one.repositoryName))
    expect([names, second.nextToken]).toEqual([[['api', 'web'], ['worker']], undefined])
  })

  test.each([
    ['a second of the same name', 'RepositoryAlreadyExistsException', { repositoryName }],
    ['a bad name', 'InvalidParameterException', { repositoryName: '../escape' }],
    [
      'exclusions without the setting for them',
      'InvalidParameterException',
      { repositoryName: 'web', imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD' as const, filter: 'v*' }] },
    ],
  ])('refuse %s', async (_case, code, input) => {
    await registry.ecr.CreateRepository({ repositoryName }, registry.call)
    await expect(async () => registry.ecr.CreateRepository(input, registry.call)).rejects.toMatchObject({ code })
  })

  test('that hold images go by force only, and take the images along', async () => {
    const { ecr, call } = registry
    await ecr.CreateRepository({ repositoryName }, call)
    await pushImage('v1', 'one')
    await expect(async () => ecr.DeleteRepository({ repositoryName }, call)).rejects.toMatchObject({
      code: 'RepositoryNotEmptyException',
    })
    await ecr.DeleteRepository({ repositoryName, force: true }, call)
    await expect(async () => ecr.ListImages({ repositoryName }, call)).rejects.toMatchObject({
      code: 'RepositoryNotFoundException',
    })
    await ecr.CreateRepository({ repositoryName }, call)
    expect(await ecr.ListImages({ repositoryName }, call)).toEqual({ imageIds: [], nextToken: undefined })
  })

  test('keep a lifecycle policy', async () => {
    const { ecr, call } = registry
    await ecr.CreateRepository({ repositoryName }, call)
    const get = async () => ecr.GetLifecyclePolicy({ repositoryName }, call)
    await expect(get).rejects.toMatchObject({ code: 'LifecyclePolicyNotFoundException' })
    const lifecyclePolicyText = '{"rules":[{"rulePriority":1}]}'
    await ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText }, call)
    expect(await get()).toEqual({ registryId: '123456789012', repositoryName, lifecyclePolicyText })
  })
})

describe('images', () => {
  beforeEach(async () => {
    await registry.ecr.CreateRepository({ repositoryName }, registry.call)
  })

  test('are pushed layer by layer through the API, and tell of it on the bus', async () => {
    const { ecr, call, events } = registry
    const layer = Buffer.alloc(6 * 1024 * 1024, 'layer')
    const layerDigest = sha256(layer)
    const { uploadId, partSize = 0 } = await ecr.InitiateLayerUpload({ repositoryName }, call)
    expect(partSize).toBeGreaterThan(0)
    const half = layer.length - 1000
    const part = (partFirstByte: number, layerPartBlob: Uint8Array) =>
      ecr.UploadLayerPart(
        { repositoryName, uploadId, partFirstByte, partLastByte: partFirstByte + layerPartBlob.length - 1, layerPartBlob },
        call,
      )
    await part(0, layer.subarray(0, half))
    await expect(async () => part(half + 1, layer.subarray(half + 1))).rejects.toMatchObject({
      code: 'InvalidLayerPartException',
      members: { uploadId, lastValidByteReceived: half - 1 },
    })
    await part(half, layer.subarray(half))
    await ecr.CompleteLayerUpload({ repositoryName, uploadId, layerDigests: [layerDigest] }, call)
    expect(
      await ecr.BatchCheckLayerAvailability({ repositoryName, layerDigests: [layerDigest, sha256('no'), 'bad'] }, call),
    ).toEqual({
      layers: [
        { layerDigest, layerAvailability: 'AVAILABLE', layerSize: layer.length, mediaType: undefined },
        { layerDigest: sha256('no'), layerAvailability: 'UNAVAILABLE' },
      ],
      failures: [{ layerDigest: 'bad', failureCode: 'InvalidLayerDigest', failureReason: expect.any(String) }],
    })
    const imageManifest = await manifest('one', { digest: layerDigest, size: layer.length })
    const put = await ecr.PutImage({ repositoryName, imageManifest, imageTag: 'v1' }, call)
    const imageDigest = sha256(imageManifest)
    expect(put.image).toEqual({
      registryId: '123456789012',
      repositoryName,
      imageId: { imageDigest, imageTag: 'v1' },
      imageManifest,
      imageManifestMediaType: OCI_MANIFEST,
    })
    expect(events).toMatchObject([
      {
        source: 'aws.ecr',
        detailType: 'ECR Image Action',
        detail: { 'action-type': 'PUSH', 'repository-name': repositoryName, 'image-digest': imageDigest, 'image-tag': 'v1' },
      },
    ])
    await expect(async () => ecr.PutImage({ repositoryName, imageManifest, imageTag: 'v1' }, call)).rejects.toMatchObject({
      code: 'ImageAlreadyExistsException',
    })
  })

  test('are described with their size, tags and times', async () => {
    const { ecr, call } = registry
    const imageDigest = await pushImage('v1', 'one')
    await ecr.PutImage({ repositoryName, imageManifest: await manifest('one'), imageTag: 'latest' }, call)
    const { imageDetails } = await ecr.DescribeImages({ repositoryName, imageIds: [{ imageTag: 'latest' }] }, call)
    expect(imageDetails).toEqual([
      {
        registryId: '123456789012',
        repositoryName,
        imageDigest,
        imageTags: ['v1', 'latest'],
        imageSizeInBytes: 'layer of one'.length,
        imagePushedAt: expect.any(Date),
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: 'application/vnd.oci.image.config.v1+json',
        imageStatus: 'ACTIVE',
      },
    ])
    await expect(async () => ecr.DescribeImages({ repositoryName, imageIds: [{ imageTag: 'v9' }] }, call)).rejects.toMatchObject({
      code: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the repository with name 'bookshop/api' in the registry with id '123456789012'`,
    })
  })

  test('are read in batches, what is missing apart', async () => {
    const { ecr, call } = registry
    const imageDigest = await pushImage('v1', 'one')
    const read = await ecr.BatchGetImage({ repositoryName, imageIds: [{ imageTag: 'v1' }, { imageTag: 'v2' }, {}] }, call)
    expect(read).toMatchObject({
      images: [{ imageId: { imageDigest, imageTag: 'v1' }, imageManifest: await manifest('one') }],
      failures: [
        { imageId: { imageTag: 'v2' }, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' },
        { imageId: {}, failureCode: 'MissingDigestAndTag' },
      ],
    })
  })

  test('stay while a tag or an index needs them', async () => {
    const { ecr, call } = registry
    const imageDigest = await pushImage('v1', 'one')
    await ecr.PutImage({ repositoryName, imageManifest: await manifest('one'), imageTag: 'v2' }, call)
    const size = (await manifest('one')).length
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: DOCKER_INDEX,
      manifests: [{ mediaType: OCI_MANIFEST, digest: imageDigest, size }],
    })
    await ecr.PutImage({ repositoryName, imageManifest: index }, call)
    const remove = async (imageIds: { imageDigest?: string; imageTag?: string }[]) =>
      ecr.BatchDeleteImage({ repositoryName, imageIds }, call)
    expect((await remove([{ imageTag: 'v1' }])).imageIds).toEqual([{ imageDigest, imageTag: 'v1' }])
    expect((await remove([{ imageDigest }])).failures).toMatchObject([{ failureCode: 'ImageReferencedByManifestList' }])
    await remove([{ imageDigest: sha256(index) }])
    const layerDigest = sha256('layer of one')
    const available = async () =>
      (await ecr.BatchCheckLayerAvailability({ repositoryName, layerDigests: [layerDigest] }, call)).layers?.[0]
        ?.layerAvailability
    expect(await available()).toBe('AVAILABLE')
    expect((await remove([{ imageDigest }])).imageIds).toEqual([{ imageDigest, imageTag: 'v2' }])
    expect(await available()).toBe('UNAVAILABLE')
    expect((await ecr.ListImages({ repositoryName }, call)).imageIds).toEqual([])
  })

  test('are listed by whether they have tags', async () => {
    const { ecr, call } = registry
    const tagged = await pushImage('v1', 'one')
    const untagged = await pushImage(undefined, 'two')
    const list = async (tagStatus: 'TAGGED' | 'UNTAGGED' | 'ANY') =>
      (await ecr.ListImages({ repositoryName, filter: { tagStatus } }, call)).imageIds
    expect(await list('TAGGED')).toEqual([{ imageDigest: tagged, imageTag: 'v1' }])
    expect(await list('UNTAGGED')).toEqual([{ imageDigest: untagged }])
    expect(await list('ANY')).toHaveLength(2)
  })

  test.each([
    ['IMMUTABLE_WITH_EXCLUSION' as const, 'latest-*', { 'latest-x': true, v1: false }],
    ['MUTABLE_WITH_EXCLUSION' as const, 'v*', { 'latest-x': true, v1: false }],
  ])('under %s may move the tags that may move', async (imageTagMutability, filter, expected) => {
    const { ecr, call } = registry
    const imageTagMutabilityExclusionFilters = [{ filterType: 'WILDCARD' as const, filter }]
    await ecr.PutImageTagMutability({ repositoryName, imageTagMutability, imageTagMutabilityExclusionFilters }, call)
    for (const [tag, moves] of Object.entries(expected)) {
      await pushImage(tag, 'one')
      const moved = await pushImage(tag, 'two').catch((error: { code: string }) => error.code)
      expect(moved).toBe(moves ? sha256(await manifest('two')) : 'ImageTagAlreadyExistsException')
    }
  })

  test('have no scan findings, since nothing scans them', async () => {
    await pushImage('v1', 'one')
    await expect(async () =>
      registry.ecr.DescribeImageScanFindings({ repositoryName, imageId: { imageTag: 'v1' } }, registry.call),
    ).rejects.toMatchObject({ code: 'ScanNotFoundException' })
  })
})

async function pushImage(imageTag: string | undefined, name: string): Promise<string> {
  const { image } = await registry.ecr.PutImage({ repositoryName, imageManifest: await manifest(name), imageTag }, registry.call)
  return image?.imageId?.imageDigest ?? ''
}

/** A manifest whose configuration and layer are in the repository; the same name gives the same manifest. */
async function manifest(name: string, layer?: { digest: string; size: number }): Promise<string> {
  const config = await pushLayer(JSON.stringify({ architecture: 'amd64', os: 'linux', name }))
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...(layer ?? (await pushLayer(`layer of ${name}`))) }],
  })
}

async function pushLayer(text: string): Promise<{ digest: string; size: number }> {
  const { ecr, call } = registry
  const digest = sha256(text)
  const { uploadId } = await ecr.InitiateLayerUpload({ repositoryName }, call)
  const layerPartBlob = Buffer.from(text)
  await ecr.UploadLayerPart({ repositoryName, uploadId, partFirstByte: 0, partLastByte: text.length - 1, layerPartBlob }, call)
  await Promise.resolve(ecr.CompleteLayerUpload({ repositoryName, uploadId, layerDigests: [digest] }, call)).catch(
    (error: { code: string }) => {
      if (error.code !== 'LayerAlreadyExistsException') throw error
    },
  )
  return { digest, size: text.length }
}
