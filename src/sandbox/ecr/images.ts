// What ECS asks of ECR: which image a reference means for a platform, and where its layers lie.
import { readFile } from 'node:fs/promises'
import { AwsError, type Cloud, type ImageConfig, type Images, type ResolvedImage } from '../cloud.ts'
import { type Descriptor, type Manifest, parseManifest } from './manifest.ts'
import { type ImageReference, isOurRegistry, parseReference, registryOfAws } from './reference.ts'
import type { ImageStore, StoredImage } from './store.ts'

interface Platform {
  os: string
  architecture: string
}

/** Errors begin with `CannotPullContainerError: `, as a task's stopped reason does. */
export function images(cloud: Cloud, store: ImageStore): Images {
  return {
    async resolve(text, wanted) {
      const platform = ociPlatform(wanted)
      const reference = parseReference(text)
      if (!reference) throw cannotPull(`invalid reference format: ${text}`)
      const { registry, repository, tag, digest } = reference
      if (!isOurRegistry(cloud, registry)) {
        const aws = registryOfAws(registry)
        if (aws?.account === cloud.account) throw cannotPull(retried(1, `failed to resolve ref ${text}: ${text}: not found`))
        if (aws) {
          const refused = `pulling from host ${registry} failed with status code [manifests ${digest ?? tag}]: 403 Forbidden`
          throw cannotPull(retried(1, `failed to resolve ref ${text}: ${refused}`))
        }
        cloud.note(`${text} was not pulled: the sandbox reaches no registry but its own ECR`)
        throw cannotPull(retried(7, `failed to resolve ref ${text}: ${noAnswer(reference)}`))
      }
      const image = store.repositories.has(repository)
        ? store.find(repository, digest ? { imageDigest: digest } : { imageTag: tag })
        : undefined
      // ECS says the same of a missing repository, tag and digest.
      if (!image) throw cannotPull(retried(1, `failed to resolve ref ${text}: ${text}: not found`))
      return resolved(store, image, platform)
    },
  }
}

/** The digest is that of what the reference names: of an index, so that it can be pulled again on any platform. */
async function resolved(store: ImageStore, image: StoredImage, platform: Platform): Promise<ResolvedImage> {
  const manifest = await imageManifest(store, image, platform)
  const config = await configuration(store, manifest.config)
  if (config.os !== platform.os || config.architecture !== platform.architecture) throw noMatch(platform)
  store.pulled(image)
  const layers = manifest.layers.map(({ digest, mediaType, size }) => ({
    digest,
    mediaType,
    path: store.blobs.path(digest),
    size,
  }))
  return { digest: image.digest, config, layers, size: layers.reduce((sum, layer) => sum + layer.size, 0) }
}

/** The manifest itself, or the one that an index holds for the platform; indexes may hold indexes, one level deep. */
async function imageManifest(
  store: ImageStore,
  image: StoredImage,
  platform: Platform,
  depth = 0,
): Promise<Manifest & { kind: 'image' }> {
  const manifest = parseManifest(await store.manifest(image), image.mediaType)
  if (manifest.kind === 'image') return manifest
  const match = manifest.manifests.find((one) => fits(one.platform, platform))
  const inner = match && depth < 2 ? store.find(image.repository, { imageDigest: match.digest }) : undefined
  if (!inner) throw noMatch(platform)
  return imageManifest(store, inner, platform, depth + 1)
}

async function configuration(store: ImageStore, descriptor: Descriptor): Promise<ImageConfig> {
  const config: unknown = JSON.parse(await readFile(store.blobs.path(descriptor.digest), 'utf8'))
  if (!isImageConfig(config)) throw cannotPull(`the image's configuration ${descriptor.digest} names no os and architecture`)
  return config
}

const isImageConfig = (config: unknown): config is ImageConfig =>
  typeof config === 'object' &&
  config !== null &&
  'os' in config &&
  typeof config.os === 'string' &&
  'architecture' in config &&
  typeof config.architecture === 'string'

const fits = (has: Platform | undefined, wanted: Platform) => has?.os === wanted.os && has.architecture === wanted.architecture

/** `runtimePlatform` says LINUX and X86_64, or WINDOWS_SERVER_…; images say linux and amd64. */
function ociPlatform({ os, architecture }: Platform): Platform {
  const name = architecture.toLowerCase()
  return {
    os: os.toLowerCase().startsWith('windows') ? 'windows' : os.toLowerCase(),
    architecture: name === 'x86_64' ? 'amd64' : name,
  }
}

/** As for a task in a network without a way out. */
function noAnswer({ registry, repository, tag, digest }: ImageReference): string {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  const path = registry === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository
  return `failed to do request: Head "https://${host}/v2/${path}/manifests/${digest ?? tag}": dial tcp: lookup ${host}: i/o timeout`
}

const noMatch = ({ os, architecture }: Platform) =>
  cannotPull(retried(7, `image Manifest does not contain descriptor matching platform '${os}/${architecture}'`))

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html */
const retried = (times: number, why: string) => `pull image manifest has been retried ${times} time(s): ${why}`

const cannotPull = (why: string) => new AwsError('CannotPullContainerError', `CannotPullContainerError: ${why}`)
