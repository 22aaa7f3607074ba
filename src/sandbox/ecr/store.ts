/**
 * The one image store behind both faces: the ECR API and the OCI registry. Records lie in tables, bytes in files;
 * errors are ECR's, and the registry translates them into those of the distribution specification.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageTagMutabilityExclusionFilter, Tag } from '@aws-sdk/client-ecr'
import { AwsError, type Cloud, type Table } from '../cloud.ts'
import { BlobFiles } from './blobs.ts'
import { isDigest, type Manifest, ManifestError, parseManifest } from './manifest.ts'

export interface Repository {
  name: string
  arn: string
  /** Epoch milliseconds. */
  createdAt: number
  mutability: 'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION'
  exclusions: ImageTagMutabilityExclusionFilter[]
  scanOnPush: boolean
  encryption: { encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'; kmsKey?: string }
  tags: Tag[]
  lifecyclePolicy?: string
}

export interface StoredImage {
  repository: string
  digest: string
  mediaType: string
  artifactMediaType: string | undefined
  /** Compressed bytes of the layers; of an index, those of its largest image. */
  size: number
  /** Digests of the configuration and the layers, or of an index's manifests. */
  references: string[]
  kind: Manifest['kind']
  subject: string | undefined
  pushedAt: number
  pulledAt: number | undefined
}

interface StoredLayer {
  repository: string
  digest: string
  size: number
  mediaType: string | undefined
}

export interface ImageId {
  imageDigest?: string
  imageTag?: string
}

const REPOSITORY_NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
/** "Tags per image" in the ECR service quotas. */
const MAX_TAGS_PER_IMAGE = 1000

export class ImageStore {
  readonly blobs: BlobFiles
  readonly repositories: Table<Repository>
  readonly #cloud: Cloud
  readonly #images: Table<StoredImage>
  readonly #layers: Table<StoredLayer>
  /** `repository:tag` to digest. */
  readonly #tags: Table<string>
  readonly #uploads: Table<{ repository: string; startedAt: number }>

  constructor(cloud: Cloud) {
    this.#cloud = cloud
    this.blobs = new BlobFiles(join(cloud.folder, 'ecr'))
    this.repositories = cloud.table('ecr.repositories')
    this.#images = cloud.table('ecr.images')
    this.#layers = cloud.table('ecr.layers')
    this.#tags = cloud.table('ecr.tags')
    this.#uploads = cloud.table('ecr.uploads')
  }

  /** The repository, or RepositoryNotFoundException. `registryId` is the account that the caller named, if any. */
  repository(name: string, registryId = this.#cloud.account): Repository {
    const found = registryId === this.#cloud.account ? this.repositories.get(name) : undefined
    if (!found) {
      const message = `The repository with name '${name}' does not exist in the registry with id '${registryId}'`
      throw new AwsError('RepositoryNotFoundException', message)
    }
    return found
  }

  createRepository(repository: Omit<Repository, 'arn' | 'createdAt'>): Repository {
    const { name } = repository
    if (!REPOSITORY_NAME.test(name) || name.length < 2 || name.length > 256) {
      throw invalid('repositoryName', `must satisfy regular expression '${REPOSITORY_NAME.source.slice(1, -1)}'`)
    }
    if (this.repositories.has(name)) {
      const message = `The repository with name '${name}' already exists in the registry with id '${this.#cloud.account}'`
      throw new AwsError('RepositoryAlreadyExistsException', message)
    }
    const arn = `arn:aws:ecr:${this.#cloud.region}:${this.#cloud.account}:repository/${name}`
    const made = { ...repository, arn, createdAt: this.#cloud.clock.now() }
    this.repositories.set(name, made)
    return made
  }

  deleteRepository(name: string, force: boolean): Repository {
    const repository = this.repository(name)
    if (!force && this.images(name).length > 0) {
      const where = `in registry with id '${this.#cloud.account}'`
      const message = `The repository with name '${name}' ${where} cannot be deleted because it still contains images`
      throw new AwsError('RepositoryNotEmptyException', message)
    }
    for (const key of [...this.#tags.keys()]) if (key.startsWith(`${name}:`)) this.#tags.delete(key)
    for (const table of [this.#images, this.#layers]) {
      for (const key of [...table.keys()]) if (key.startsWith(`${name}@`)) table.delete(key)
    }
    for (const [id, upload] of [...this.#uploads.entries()]) if (upload.repository === name) void this.cancelUpload(id)
    this.repositories.delete(name)
    this.#collect()
    return repository
  }

  images(repository: string): StoredImage[] {
    return [...this.#images.values()].filter((image) => image.repository === repository)
  }

  /** Every tag of a repository with its digest. */
  tags(repository: string): { tag: string; digest: string }[] {
    const prefix = `${repository}:`
    return [...this.#tags.entries()]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, digest]) => ({ tag: key.slice(prefix.length), digest }))
  }

  tagsOf(image: StoredImage): string[] {
    return this.tags(image.repository)
      .filter(({ digest }) => digest === image.digest)
      .map(({ tag }) => tag)
  }

  find(repository: string, id: ImageId): StoredImage | undefined {
    const tagged = id.imageTag === undefined ? undefined : this.#tags.get(`${repository}:${id.imageTag}`)
    if (id.imageTag !== undefined && !tagged) return undefined
    if (tagged && id.imageDigest && id.imageDigest !== tagged) return undefined
    return this.#images.get(`${repository}@${id.imageDigest ?? tagged}`)
  }

  image(repository: string, id: ImageId): StoredImage {
    const found = this.find(repository, id)
    if (!found) {
      const named = `{imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'}`
      const where = `within the repository with name '${repository}' in the registry with id '${this.#cloud.account}'`
      throw new AwsError('ImageNotFoundException', `The image with imageId ${named} does not exist ${where}`)
    }
    return found
  }

  /** The manifest's bytes exactly as they were pushed. */
  manifest(image: StoredImage): Promise<Buffer> {
    return readFile(this.blobs.path(image.digest))
  }

  pulled(image: StoredImage): void {
    this.#images.set(`${image.repository}@${image.digest}`, { ...image, pulledAt: this.#cloud.clock.now() })
  }

  /**
   * Keeps a manifest whose blobs, or whose manifests when it is an index, are in the repository already, and moves the
   * tag to it. Pushing what is there already changes nothing: `changed` is false.
   */
  async putManifest(
    repository: Repository,
    bytes: Uint8Array,
    put: { mediaType?: string; tag?: string; digest?: string },
  ): Promise<{ image: StoredImage; changed: boolean }> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (put.digest && put.digest !== digest) {
      const message = `The image digest '${put.digest}' does not match the digest '${digest}' that was calculated from the manifest`
      throw new AwsError('ImageDigestDoesNotMatchException', message)
    }
    if (put.tag !== undefined && !TAG.test(put.tag))
      throw invalid('imageTag', `must satisfy regular expression '${TAG.source.slice(1, -1)}'`)
    const manifest = parsed(bytes, put.mediaType)
    const references = this.#presentReferences(repository, manifest)
    await this.blobs.put(digest, bytes)
    // Nothing may be awaited between the check of the tag and its move: two pushes must not both win an immutable tag.
    const tagged = put.tag === undefined ? undefined : this.#tags.get(`${repository.name}:${put.tag}`)
    if (put.tag !== undefined && tagged !== undefined && tagged !== digest) refuseIfImmutable(repository, put.tag)
    const key = `${this.repository(repository.name).name}@${digest}`
    const known = this.#images.get(key)
    const image = known ?? this.#record(repository.name, digest, manifest, references)
    if (put.tag !== undefined && tagged !== digest) {
      if (this.tagsOf(image).length >= MAX_TAGS_PER_IMAGE) {
        throw new AwsError('LimitExceededException', `An image can have at most ${MAX_TAGS_PER_IMAGE} tags`)
      }
      this.#tags.set(`${repository.name}:${put.tag}`, digest)
    }
    if (!known) this.#images.set(key, image)
    const changed = !known || (put.tag !== undefined && tagged !== digest)
    if (changed) this.#tell('PUSH', image, put.tag)
    return { image, changed }
  }

  /** Removes a tag, or by digest the image with all its tags. */
  deleteImage(image: StoredImage, tag: string | undefined): void {
    const tags = this.tagsOf(image)
    for (const one of tag === undefined ? tags : [tag]) this.#tags.delete(`${image.repository}:${one}`)
    this.#tell('DELETE', image, tag)
    if (tag !== undefined && tags.length > 1) return
    this.#images.delete(`${image.repository}@${image.digest}`)
    const used = new Set(this.images(image.repository).flatMap((other) => other.references))
    for (const digest of image.references) if (!used.has(digest)) this.#layers.delete(`${image.repository}@${digest}`)
    this.#collect()
  }

  /** Indexes that list the image: ECR refuses to delete it while there is one. */
  indexesOf(image: StoredImage): StoredImage[] {
    return this.images(image.repository).filter((other) => other.kind === 'index' && other.references.includes(image.digest))
  }

  layer(repository: string, digest: string): StoredLayer | undefined {
    return this.#layers.get(`${repository}@${digest}`)
  }

  /** Lets a repository use a blob that another one of this registry has; false when that one has it not. */
  mount(repository: string, digest: string, from: string): boolean {
    const layer = this.layer(from, digest)
    if (layer) this.#layers.set(`${repository}@${digest}`, { ...layer, repository })
    return layer !== undefined
  }

  async startUpload(repository: string): Promise<string> {
    const id = await this.blobs.startUpload()
    this.#uploads.set(id, { repository, startedAt: this.#cloud.clock.now() })
    return id
  }

  /** Bytes received so far, or UploadNotFoundException. */
  async uploaded(repository: string, id: string): Promise<number> {
    const size = this.#uploads.get(id)?.repository === repository ? await this.blobs.uploaded(id) : undefined
    if (size === undefined) {
      const where = `in repository with name '${repository}' in the registry with id '${this.#cloud.account}'`
      throw new AwsError('UploadNotFoundException', `The upload with id '${id}' could not be found ${where}`)
    }
    return size
  }

  /** Makes an upload a layer of the repository, or InvalidLayerException when its bytes are not what was promised. */
  async completeUpload(repository: string, id: string, digest: string): Promise<StoredLayer> {
    await this.uploaded(repository, id)
    const done = await this.blobs.complete(id, digest)
    if (!done.matches) {
      await this.cancelUpload(id)
      const message = `The layer digest '${digest}' does not match the digest '${done.digest}' that was calculated from its bytes`
      throw new AwsError('InvalidLayerException', message)
    }
    this.#uploads.delete(id)
    const layer = { repository, digest, size: done.size, mediaType: undefined }
    this.#layers.set(`${this.repository(repository).name}@${digest}`, layer)
    return layer
  }

  async cancelUpload(id: string): Promise<void> {
    this.#uploads.delete(id)
    await this.blobs.cancel(id)
  }

  #presentReferences(repository: Repository, manifest: Manifest): string[] {
    const name = repository.name
    const where = `required for pushing image into repository with name '${name}' in the registry with id '${this.#cloud.account}' do not exist`
    if (manifest.kind === 'index') {
      const digests = manifest.manifests.map((one) => one.digest)
      const missing = digests.filter((digest) => !this.#images.has(`${name}@${digest}`))
      if (missing.length > 0)
        throw new AwsError('ReferencedImagesNotFoundException', `Images with digests '[${missing.join(', ')}]' ${where}`)
      return digests
    }
    const needed = [manifest.config, ...manifest.layers.filter((layer) => !layer.urls)]
    const missing = needed.filter((one) => !this.#layers.has(`${name}@${one.digest}`)).map((one) => one.digest)
    if (missing.length > 0)
      throw new AwsError('LayersNotFoundException', `Layers with digests '[${missing.join(', ')}]' ${where}`)
    for (const one of needed) {
      const layer = this.#layers.get(`${name}@${one.digest}`)
      if (layer && layer.mediaType !== one.mediaType)
        this.#layers.set(`${name}@${one.digest}`, { ...layer, mediaType: one.mediaType })
    }
    return needed.map((one) => one.digest)
  }

  #record(repository: string, digest: string, manifest: Manifest, references: string[]): StoredImage {
    const size =
      manifest.kind === 'image'
        ? manifest.layers.reduce((sum, layer) => sum + layer.size, 0)
        : Math.max(0, ...references.map((one) => this.#images.get(`${repository}@${one}`)?.size ?? 0))
    return {
      repository,
      digest,
      mediaType: manifest.mediaType,
      artifactMediaType: manifest.kind === 'image' ? (manifest.artifactType ?? manifest.config.mediaType) : undefined,
      size,
      references,
      kind: manifest.kind,
      subject: manifest.subject,
      pushedAt: this.#cloud.clock.now(),
      pulledAt: undefined,
    }
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
  #tell(action: 'PUSH' | 'DELETE', image: StoredImage, tag: string | undefined): void {
    this.#cloud.bus.put({
      source: 'aws.ecr',
      detailType: 'ECR Image Action',
      resources: [],
      detail: () => ({
        'action-type': action,
        result: 'SUCCESS',
        'repository-name': image.repository,
        'image-digest': image.digest,
        'image-tag': tag ?? '',
        'manifest-media-type': image.mediaType,
        'artifact-media-type': image.artifactMediaType,
      }),
    })
  }

  #collect(): void {
    const used = new Set([...this.#layers.values(), ...this.#images.values()].map((one) => one.digest))
    void this.blobs.collect((digest) => used.has(digest)).catch((cause) => this.#cloud.note(`ecr: unused blobs stay: ${cause}`))
  }
}

function parsed(bytes: Uint8Array, mediaType: string | undefined): Manifest {
  try {
    return parseManifest(bytes, mediaType)
  } catch (cause) {
    if (cause instanceof ManifestError) throw invalid('ImageManifest', cause.message)
    throw cause
  }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
function refuseIfImmutable(repository: Repository, tag: string): void {
  const excluded = repository.exclusions.some(({ filter }) => filter !== undefined && wildcard(filter).test(tag))
  const immutable =
    repository.mutability === 'IMMUTABLE' ||
    (repository.mutability === 'IMMUTABLE_WITH_EXCLUSION' && !excluded) ||
    (repository.mutability === 'MUTABLE_WITH_EXCLUSION' && excluded)
  if (!immutable) return
  const why = repository.mutability === 'IMMUTABLE' ? 'the repository is immutable' : 'the tag is immutable'
  const message = `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because ${why}.`
  throw new AwsError('ImageTagAlreadyExistsException', message)
}

const wildcard = (filter: string) => new RegExp(`^${filter.replaceAll(/[.+^$()|[\]\\{}?]/g, '\\$&').replaceAll('*', '.*')}$`)

export const invalid = (parameter: string, rule: string) =>
  new AwsError('InvalidParameterException', `Invalid parameter at '${parameter}' failed to satisfy constraint: '${rule}'`)

export const requireDigest = (value: string | undefined, parameter: string): string => {
  if (!isDigest(value)) throw invalid(parameter, "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
  return value
}
