import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import {
  configOf,
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  descriptorsOf,
  type ImageConfig,
  isDigest,
  manifestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  parsed,
  sha256,
} from './oci-layout.ts'
import { type ImageRepository, RegistrySession, requireReference } from './registry-session.ts'

const ACCEPTED = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST].join(', ')
const MAX_BYTES = 4 * 1024 * 1024

export interface InspectedImage {
  /** Of what the tag or digest names: an index's own, when it is one. */
  digest: string
  mediaType: string
  /** Every platform for which there is an image. */
  platforms: { os: string; architecture: string }[]
  /** Of the image for the wanted platform, or of the only one; undefined when no image is for it. */
  config: ImageConfig | undefined
  /** Compressed bytes of that image's layers. */
  size: number
}

/**
 * Reads what an image says of itself, without its layers; undefined when the image or its repository does not exist.
 * `reference` is a tag or a digest. Whatever is read must be what its digest says. Throws KibanError `registry.*`.
 */
export async function inspectImage(
  repository: ImageRepository,
  reference: string,
  options: { platform?: { os: string; architecture: string }; signal?: AbortSignal } = {},
): Promise<InspectedImage | undefined> {
  requireReference(reference)
  const session = new RegistrySession(repository)
  const found = await manifestBytes(session, reference, options.signal)
  if (!found) return undefined
  const { mediaType, bytes } = found
  const digest = sha256(bytes)
  const json = parsed(bytes, digest)
  if (mediaType !== OCI_INDEX && mediaType !== DOCKER_INDEX) {
    const image = await readImage(session, json, mediaType, options.signal)
    const { os, architecture } = image.config
    const isWanted = !options.platform || (options.platform.os === os && options.platform.architecture === architecture)
    return { digest, mediaType, platforms: [{ os, architecture }], size: image.size, config: isWanted ? image.config : undefined }
  }
  // Attestations stand in an index as images for the platform unknown/unknown.
  const entries = descriptorsOf(json.manifests).filter((one) => one.platform && one.platform.os !== 'unknown')
  const { platform } = options
  const fits = (one: (typeof entries)[number]) =>
    one.platform?.os === platform?.os && one.platform?.architecture === platform?.architecture
  const entry = platform ? entries.find(fits) : entries.length === 1 ? entries[0] : undefined
  const inner = entry && (await manifestBytes(session, entry.digest, options.signal))
  const image = inner && (await readImage(session, parsed(inner.bytes, entry.digest), inner.mediaType, options.signal))
  const platforms = entries.flatMap((one) => (one.platform ? [one.platform] : []))
  return { digest, mediaType, platforms, config: image?.config, size: image?.size ?? 0 }
}

/** Whether a registry has an image by this tag or digest. */
export async function imageExists(repository: ImageRepository, reference: string, signal?: AbortSignal): Promise<boolean> {
  requireReference(reference)
  const session = new RegistrySession(repository)
  const headers = { accept: ACCEPTED }
  const answer = await session.ask(`manifests/${reference}`, { method: 'HEAD', headers, expect: [200, 404], signal })
  return answer.status === 200
}

async function manifestBytes(
  session: RegistrySession,
  reference: string,
  signal?: AbortSignal,
): Promise<{ mediaType: string; bytes: Uint8Array } | undefined> {
  const answer = await session.ask(`manifests/${reference}`, { headers: { accept: ACCEPTED }, expect: [200, 404], signal })
  if (answer.status === 404) {
    await answer.body?.cancel()
    return undefined
  }
  const bytes = await bounded(session, answer)
  if (isDigest(reference) && sha256(bytes) !== reference) throw notWhatItSays(session, reference)
  return { mediaType: answer.headers.get('content-type')?.split(';')[0]?.trim() ?? OCI_MANIFEST, bytes }
}

async function readImage(session: RegistrySession, json: Record<string, unknown>, mediaType: string, signal?: AbortSignal) {
  const manifest = manifestOf(json, mediaType)
  const { digest } = manifest.config
  const bytes = await bounded(session, await session.ask(`blobs/${digest}`, { expect: [200], signal }))
  if (sha256(bytes) !== digest) throw notWhatItSays(session, digest)
  return { config: configOf(parsed(bytes, digest)), size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0) }
}

async function bounded(session: RegistrySession, answer: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES)
      throw new KibanError('unavailable', 'registry.refused', images.registryBroken(session.registry, `> ${MAX_BYTES} bytes`))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const notWhatItSays = (session: RegistrySession, digest: string) =>
  new KibanError('unavailable', 'registry.refused', images.registryBroken(session.registry, digest))
