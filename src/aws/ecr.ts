import type { ECR, ImageDetail } from '@aws-sdk/client-ecr'
import { KibanError } from '../core/error.ts'
import { aws } from '../core/messages/aws.ts'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const ecr: Api<ECR> = {
  service: 'ecr',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-ecr')).ECR(config),
}

/** What a registry's client sends to push and pull. The password is a secret: never log it. */
export interface RegistryLogin {
  /** `https://…` as AWS answers it, or the sandbox's own address. */
  endpoint: string
  username: string
  password: string
}

export async function registryLogin(session: AwsSession, signal?: AbortSignal): Promise<RegistryLogin> {
  const { authorizationData: [data] = [] } = await session.ask(
    ecr,
    (client, options) => client.getAuthorizationToken({}, options),
    signal,
  )
  const [username = '', password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString('utf8')
    .split(/:(.*)/s)
  if (!data?.proxyEndpoint || password === '')
    throw new KibanError('unavailable', 'aws.rejected', aws.failed('ecr', 'GetAuthorizationToken', 'no token'), {
      hint: aws.unreachable,
    })
  return { endpoint: data.proxyEndpoint, username, password }
}

/** The address of a repository, `123456789012.dkr.ecr.….amazonaws.com/bookshop/web`; undefined when there is none. */
export async function repositoryUri(session: AwsSession, name: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { repositories: [repository] = [] } = await session.ask(
      ecr,
      (client, options) => client.describeRepositories({ repositoryNames: [name] }, options),
      signal,
    )
    return repository?.repositoryUri
  } catch (error) {
    if (awsErrorName(error) === 'RepositoryNotFoundException') return undefined
    throw error
  }
}

/** What stands behind a tag or digest. */
export interface StoredManifest {
  digest: string
  mediaType: string
  /** JSON, as it was pushed. */
  manifest: string
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Manifests by tags (`v1`) and digests (`sha256:…`); those that do not exist are left out. Throws when there is no repository. */
export async function imageManifests(
  session: AwsSession,
  repositoryName: string,
  references: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, StoredManifest>> {
  const imageIds = references.map((one) => (one.startsWith('sha256:') ? { imageDigest: one } : { imageTag: one }))
  const { images = [] } = await session.ask(
    ecr,
    (client, options) => client.batchGetImage({ repositoryName, imageIds, acceptedMediaTypes: MANIFESTS }, options),
    signal,
  )
  const found = new Map<string, StoredManifest>()
  for (const { imageId, imageManifest = '', imageManifestMediaType = '' } of images) {
    const stored = { digest: imageId?.imageDigest ?? '', mediaType: imageManifestMediaType, manifest: imageManifest }
    for (const name of [imageId?.imageTag, imageId?.imageDigest]) if (name !== undefined) found.set(name, stored)
  }
  return found
}

const CONFIG_MAX_BYTES = 4 * 1024 * 1024

/** A small JSON blob of a repository, such as an image's configuration. */
export async function imageBlob(
  session: AwsSession,
  repositoryName: string,
  digest: string,
  signal?: AbortSignal,
): Promise<unknown> {
  const { downloadUrl = '' } = await session.ask(
    ecr,
    (client, options) => client.getDownloadUrlForLayer({ repositoryName, layerDigest: digest }, options),
    signal,
  )
  const answer = await fetch(downloadUrl, { signal: signal ?? null })
  if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > CONFIG_MAX_BYTES) {
    await answer.body?.cancel()
    throw new KibanError('unavailable', 'aws.unavailable', aws.failed('ecr', 'GetDownloadUrlForLayer', `HTTP ${answer.status}`), {
      hint: aws.unreachable,
    })
  }
  return answer.json()
}

/** An image by tag or digest; undefined when it, or its repository, does not exist. */
export async function describeImage(
  session: AwsSession,
  repositoryName: string,
  image: { imageTag: string } | { imageDigest: string },
  signal?: AbortSignal,
): Promise<ImageDetail | undefined> {
  try {
    const { imageDetails = [] } = await session.ask(
      ecr,
      (client, options) => client.describeImages({ repositoryName, imageIds: [image] }, options),
      signal,
    )
    return imageDetails[0]
  } catch (error) {
    const name = awsErrorName(error)
    if (name === 'ImageNotFoundException' || name === 'RepositoryNotFoundException') return undefined
    throw error
  }
}
