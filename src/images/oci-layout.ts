// A folder in OCI image layout (image-spec, image-layout.md) with one image in it.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const MAX_JSON_BYTES = 4 * 1024 * 1024

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: { os: string; architecture: string; variant?: string }
  annotations?: Record<string, string>
}

export interface ImageManifest {
  mediaType: string
  config: Descriptor
  layers: Descriptor[]
}

/** OCI image configuration (image-spec, config.md), as far as kiban reads it. */
export interface ImageConfig {
  architecture: string
  os: string
  created?: string
  config?: {
    User?: string
    ExposedPorts?: Record<string, object>
    Env?: string[]
    Entrypoint?: string[]
    Cmd?: string[]
    WorkingDir?: string
    Labels?: Record<string, string>
    StopSignal?: string
  }
  rootfs?: { type: string; diff_ids: string[] }
  history?: object[]
}

/** The one image of a layout. */
export interface LayoutImage {
  digest: string
  mediaType: string
  /** The manifest byte for byte. */
  bytes: Buffer
  manifest: ImageManifest
  config: ImageConfig
}

export const blobPath = (layout: string, digest: string): string => join(layout, 'blobs', ...digest.split(':'))

export async function startLayout(layout: string): Promise<void> {
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

/** Moves a finished layer file into the layout. */
export const keepLayer = (layout: string, file: string, digest: string): Promise<void> => rename(file, blobPath(layout, digest))

/** Writes configuration, manifest and index over layers that are in the layout already. */
export async function finishLayout(
  layout: string,
  config: ImageConfig,
  layers: { digest: string; size: number }[],
): Promise<LayoutImage> {
  const configuration = await keepJson(layout, config, OCI_CONFIG)
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: configuration,
    layers: layers.map(({ digest, size }) => ({ mediaType: OCI_LAYER, digest, size })),
  }
  const descriptor = await keepJson(layout, manifest, OCI_MANIFEST)
  const platform = { architecture: config.architecture, os: config.os }
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...descriptor, platform }] }
  await writeFile(join(layout, 'index.json'), JSON.stringify(index))
  // Stages that the image was not made of have left their layers.
  const used = new Set([descriptor, configuration, ...layers].map((one) => blobPath(layout, one.digest)))
  for (const name of await readdir(join(layout, 'blobs', 'sha256'))) {
    const path = join(layout, 'blobs', 'sha256', name)
    if (!used.has(path)) await rm(path)
  }
  return readLayout(layout)
}

/** Reads the image of a layout and checks that its small parts are what their digests say. Throws KibanError. */
export async function readLayout(layout: string): Promise<LayoutImage> {
  const index = parsed(await readFile(join(layout, 'index.json')).catch(() => undefined), 'index.json')
  const [entry, ...more] = descriptorsOf(index.manifests)
  if (!entry || more.length > 0) throw broken('index.json does not name exactly one image')
  return readImage(layout, entry)
}

async function readImage(layout: string, entry: Descriptor): Promise<LayoutImage> {
  const bytes = await readBlob(layout, entry.digest)
  const json = parsed(bytes, entry.digest)
  if (entry.mediaType === OCI_INDEX || entry.mediaType === DOCKER_INDEX) {
    // buildx wraps one image and its attestations, whose platform is unknown/unknown, into an index.
    const [only, ...more] = descriptorsOf(json.manifests).filter((one) => one.platform?.os !== 'unknown')
    if (!only || more.length > 0) throw broken(`${entry.digest} does not name exactly one image`)
    return readImage(layout, only)
  }
  const manifest = manifestOf(json, entry.mediaType)
  const config = configOf(parsed(await readBlob(layout, manifest.config.digest), manifest.config.digest))
  return { digest: entry.digest, mediaType: manifest.mediaType, bytes, manifest, config }
}

/** Reads a manifest of an image out of its JSON. Throws KibanError `image.broken`. */
export function manifestOf(json: Record<string, unknown>, mediaType: string): ImageManifest {
  const [config] = descriptorsOf([json.config])
  if (!config || !Array.isArray(json.layers)) throw broken('the manifest names no configuration and layers')
  return {
    mediaType: typeof json.mediaType === 'string' ? json.mediaType : mediaType,
    config,
    layers: descriptorsOf(json.layers),
  }
}

export function configOf(json: Record<string, unknown>): ImageConfig {
  const { architecture, os } = json
  if (typeof architecture !== 'string' || typeof os !== 'string') throw broken('the configuration names no platform')
  return { ...json, architecture, os }
}

export function descriptorsOf(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) throw broken('a list of descriptors is missing')
  return value.map((one: unknown) => {
    if (!isObject(one) || !isDigest(one.digest) || typeof one.mediaType !== 'string' || typeof one.size !== 'number') {
      throw broken('a descriptor is not whole')
    }
    const { digest, mediaType, size } = one
    const found: Descriptor = { mediaType, digest, size }
    const { platform } = one
    if (isObject(platform) && typeof platform.os === 'string' && typeof platform.architecture === 'string') {
      found.platform = { os: platform.os, architecture: platform.architecture }
    }
    return found
  })
}

export function parsed(bytes: Uint8Array | undefined, what: string): Record<string, unknown> {
  if (!bytes) throw broken(`${what} is missing`)
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (isObject(json)) return json
  } catch {
    // Said below.
  }
  throw broken(`${what} is not a JSON object`)
}

export const isDigest = (value: unknown): value is string => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)

export const sha256 = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function readBlob(layout: string, digest: string): Promise<Buffer> {
  const bytes = await readFile(blobPath(layout, digest)).catch(() => undefined)
  if (!bytes) throw broken(`${digest} is missing`)
  if (bytes.length > MAX_JSON_BYTES || sha256(bytes) !== digest) throw broken(`${digest} is not what its digest says`)
  return bytes
}

async function keepJson(layout: string, value: object, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value))
  const digest = sha256(bytes)
  await writeFile(blobPath(layout, digest), bytes)
  return { mediaType, digest, size: bytes.length }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const broken = (what: string) => new KibanError('invalid', 'image.broken', images.layoutBroken(what))
