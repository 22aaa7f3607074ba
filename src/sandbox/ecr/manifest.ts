// Image manifests and indexes, OCI's and Docker's (image-spec manifest.md, image-index.md; distribution manifest-v2-2).

/** The OCI distribution specification asks registries to take at least this much, and clients not to send more. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: { architecture: string; os: string; variant?: string }
  /** Where a foreign layer is fetched from; such a layer need not be in the registry. */
  urls?: string[]
}

export type Manifest =
  | {
      kind: 'image'
      mediaType: string
      config: Descriptor
      layers: Descriptor[]
      artifactType: string | undefined
      subject: string | undefined
    }
  | { kind: 'index'; mediaType: string; manifests: Descriptor[]; subject: string | undefined }

/**
 * Reads a manifest. `declared` is the media type that the client named (Content-Type or imageManifestMediaType).
 * Throws a ManifestError that says what is wrong.
 */
export function parseManifest(bytes: Uint8Array, declared?: string): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw new ManifestError(`the manifest is larger than ${MAX_MANIFEST_BYTES} bytes`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new ManifestError('the manifest is not JSON')
  }
  if (!isObject(json)) throw new ManifestError('the manifest is not a JSON object')
  if (json.schemaVersion !== 2) throw new ManifestError('schemaVersion is not 2')
  const mediaType = mediaTypeOf(json, declared)
  const subject = json.subject === undefined ? undefined : descriptor(json.subject, 'subject').digest
  if (mediaType === OCI_INDEX || mediaType === DOCKER_INDEX) {
    return { kind: 'index', mediaType, manifests: descriptors(json.manifests, 'manifests'), subject }
  }
  if (mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST) {
    const config = descriptor(json.config, 'config')
    const artifactType = typeof json.artifactType === 'string' ? json.artifactType : undefined
    return { kind: 'image', mediaType, config, layers: descriptors(json.layers, 'layers'), artifactType, subject }
  }
  throw new ManifestError(`the media type ${mediaType} is not supported`)
}

export class ManifestError extends Error {}

function mediaTypeOf(json: Record<string, unknown>, declared: string | undefined): string {
  const written = typeof json.mediaType === 'string' ? json.mediaType : undefined
  if (written && declared && written !== declared) {
    throw new ManifestError(`the manifest says it is ${written}, but was sent as ${declared}`)
  }
  return written ?? declared ?? (Array.isArray(json.manifests) ? OCI_INDEX : OCI_MANIFEST)
}

function descriptors(value: unknown, path: string): Descriptor[] {
  if (!Array.isArray(value)) throw new ManifestError(`${path} is not a list`)
  return value.map((one, index) => descriptor(one, `${path}[${index}]`))
}

function descriptor(value: unknown, path: string): Descriptor {
  if (!isObject(value)) throw new ManifestError(`${path} is not a descriptor`)
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string') throw new ManifestError(`${path}.mediaType is missing`)
  if (!isDigest(digest)) throw new ManifestError(`${path}.digest is not a SHA-256 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new ManifestError(`${path}.size is not a size`)
  const found: Descriptor = { mediaType, digest, size }
  const { platform, urls } = value
  if (isObject(platform) && typeof platform.architecture === 'string' && typeof platform.os === 'string') {
    found.platform = { architecture: platform.architecture, os: platform.os }
    if (typeof platform.variant === 'string') found.platform.variant = platform.variant
  }
  if (Array.isArray(urls) && urls.length > 0) found.urls = urls.filter((url) => typeof url === 'string')
  return found
}

export const isDigest = (value: unknown): value is string => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
