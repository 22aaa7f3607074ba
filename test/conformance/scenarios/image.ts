// The least that is an image: one layer without a file, a configuration, a manifest.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Step, step } from '../scenario.ts'

export const digestOf = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
// A tar archive ends with two blocks of zeros; one without entries is nothing else.
export const LAYER = gzipSync(Buffer.alloc(1024))
export const CONFIG = Buffer.from(
  JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.alloc(1024))] } }),
)
export const TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const manifest = (annotation: string) =>
  JSON.stringify({
    ...{ schemaVersion: 2, mediaType: TYPE },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(CONFIG), size: CONFIG.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(LAYER), size: LAYER.length }],
    annotations: { play: annotation },
  })

/** A blob brought by the API, in one part. */
export const uploaded = (repositoryName: string, blob: Buffer): Step[] => [
  step('ecr:InitiateLayerUpload', { repositoryName }, { keep: { upload: 'uploadId' } }),
  step(
    'ecr:UploadLayerPart',
    ({ upload }) => ({ repositoryName, uploadId: upload, partFirstByte: 0, partLastByte: blob.length - 1, layerPartBlob: blob }),
    { answer: { lastByteReceived: blob.length - 1 } },
  ),
  step('ecr:CompleteLayerUpload', ({ upload }) => ({ repositoryName, uploadId: upload, layerDigests: [digestOf(blob)] }), {
    answer: { layerDigest: digestOf(blob) },
  }),
]

/** A new repository with an image of each tag. */
export const repository = (repositoryName: string, tags: string[]): Step[] => [
  step('ecr:CreateRepository', { repositoryName }),
  ...uploaded(repositoryName, LAYER),
  ...uploaded(repositoryName, CONFIG),
  ...tags.map((imageTag) => step('ecr:PutImage', { repositoryName, imageManifest: manifest(imageTag), imageTag })),
]
