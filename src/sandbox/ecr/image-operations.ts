// Images by digest and tag.
import type { ImageDetail, ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr'
import { AwsError, type Cloud } from '../cloud.ts'
import type { EcrHandlers } from './ecr.ts'
import { page } from './pages.ts'
import { type ImageStore, invalid, type StoredImage } from './store.ts'

export function imageOperations(cloud: Cloud, store: ImageStore): EcrHandlers {
  const detail = (image: StoredImage): ImageDetail => {
    const imageTags = store.tagsOf(image)
    return {
      registryId: cloud.account,
      repositoryName: image.repository,
      imageDigest: image.digest,
      imageTags: imageTags.length > 0 ? imageTags : undefined,
      imageSizeInBytes: image.size,
      imagePushedAt: new Date(image.pushedAt),
      imageManifestMediaType: image.mediaType,
      artifactMediaType: image.artifactMediaType,
      lastRecordedPullTime: image.pulledAt === undefined ? undefined : new Date(image.pulledAt),
      subjectManifestDigest: image.subject,
      imageStatus: 'ACTIVE',
    }
  }
  const identifiers = (image: StoredImage): ImageIdentifier[] => {
    const tags = store.tagsOf(image)
    if (tags.length === 0) return [{ imageDigest: image.digest }]
    return tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }))
  }

  return {
    async PutImage(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const manifest = input.imageManifest ?? ''
      const { image, changed } = await store.putManifest(repository, Buffer.from(manifest), {
        mediaType: input.imageManifestMediaType,
        tag: input.imageTag,
        digest: input.imageDigest,
      })
      if (!changed) {
        const where = `already exists in the repository with name '${repository.name}' in registry with id '${cloud.account}'`
        const message = `Image with digest '${image.digest}' and tag '${input.imageTag ?? 'null'}' ${where}`
        throw new AwsError('ImageAlreadyExistsException', message)
      }
      const imageId = { imageDigest: image.digest, imageTag: input.imageTag }
      const shape = { registryId: cloud.account, repositoryName: repository.name, imageId, imageManifest: manifest }
      return { image: { ...shape, imageManifestMediaType: image.mediaType } }
    },
    async BatchGetImage(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const ids = required(input.imageIds)
      const found = ids.flatMap((id) => {
        const image = store.find(repository.name, id)
        return image ? [{ id, image }] : []
      })
      const images = found.map(async ({ id, image }) => {
        store.pulled(image)
        return {
          registryId: cloud.account,
          repositoryName: repository.name,
          imageId: { imageDigest: image.digest, imageTag: id.imageTag },
          imageManifest: (await store.manifest(image)).toString(),
          imageManifestMediaType: image.mediaType,
        }
      })
      const failures = ids.filter((id) => !found.some((one) => one.id === id)).map(notFound)
      return { images: await Promise.all(images), failures }
    },
    DescribeImages(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const named = input.imageIds?.map((id) => store.image(repository.name, id))
      const images = () =>
        store.images(repository.name).filter((image) => hasStatus(store.tagsOf(image), input.filter?.tagStatus))
      const { items, nextToken } = named
        ? { items: named }
        : page(images(), (image) => `${image.pushedAt} ${image.digest}`, input)
      return { imageDetails: items.map(detail), nextToken }
    },
    ListImages(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const all = store
        .images(repository.name)
        .filter((image) => hasStatus(store.tagsOf(image), input.filter?.tagStatus))
        .flatMap(identifiers)
      const { items, nextToken } = page(all, (id) => `${id.imageDigest} ${id.imageTag ?? ''}`, input)
      return { imageIds: items, nextToken }
    },
    BatchDeleteImage(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const imageIds: ImageIdentifier[] = []
      const failures = required(input.imageIds).flatMap((id): ImageFailure[] => {
        const image = store.find(repository.name, id)
        if (!image) return [notFound(id)]
        const goes = id.imageTag === undefined || store.tagsOf(image).length === 1
        if (goes && store.indexesOf(image).length > 0) {
          const failureReason = `Requested image referenced by manifest list: [${store.indexesOf(image).map((one) => one.digest)}]`
          return [{ imageId: id, failureCode: 'ImageReferencedByManifestList', failureReason }]
        }
        imageIds.push(
          ...(id.imageTag === undefined ? identifiers(image) : [{ imageDigest: image.digest, imageTag: id.imageTag }]),
        )
        store.deleteImage(image, id.imageTag)
        return []
      })
      return { imageIds, failures }
    },
    /** Nothing is ever scanned here, so there are no findings to show, whatever the repository's setting. */
    DescribeImageScanFindings(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const image = store.image(repository.name, input.imageId ?? {})
      const named = `{imageDigest:'${image.digest}', imageTag:'${input.imageId?.imageTag ?? 'null'}'}`
      const where = `in the repository with name '${repository.name}' in the registry with id '${cloud.account}'`
      throw new AwsError('ScanNotFoundException', `Image scan does not exist for the image with '${named}' ${where}`)
    },
  }
}

const notFound = (id: ImageIdentifier): ImageFailure => ({
  imageId: id,
  failureCode: id.imageDigest || id.imageTag ? 'ImageNotFound' : 'MissingDigestAndTag',
  failureReason:
    id.imageDigest || id.imageTag
      ? 'Requested image not found'
      : 'Invalid request parameters: both tag and digest cannot be null',
})

function required(ids: ImageIdentifier[] | undefined): ImageIdentifier[] {
  if (!ids || ids.length < 1 || ids.length > 100) throw invalid('imageIds', 'Member must have length between 1 and 100')
  return ids
}

const hasStatus = (tags: string[], status: string | undefined) =>
  status === undefined || status === 'ANY' || (status === 'TAGGED') === tags.length > 0
