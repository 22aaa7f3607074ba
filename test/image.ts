// Images for tests: a few files and a command, pushed to the sandbox's ECR through its API.
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import type { ECR } from '@aws-sdk/client-ecr'
import { pack } from 'tar-stream'

export interface TestImage {
  /** Text by path; `run.sh` and the like are executable unless their mode says otherwise. */
  files?: Record<string, string | { text: string; mode: number }>
  command?: string[]
  architecture?: 'amd64' | 'arm64'
  labels?: Record<string, string>
}

/** Pushes an image to a repository, which is made when needed; gives its reference by digest. */
export async function pushTestImage(ecr: ECR, repositoryName: string, image: TestImage): Promise<string> {
  const { files = {}, command = ['node', 'main.js'], architecture = 'amd64', labels } = image
  const { repository } = await ecr.createRepository({ repositoryName }).catch(async (error: Error) => {
    if (error.name !== 'RepositoryAlreadyExistsException') throw error
    const { repositories } = await ecr.describeRepositories({ repositoryNames: [repositoryName] })
    return { repository: repositories?.[0] }
  })
  const archive = pack()
  for (const [name, file] of Object.entries(files)) {
    const { text, mode } = typeof file === 'string' ? { text: file, mode: 0o755 } : file
    archive.entry({ name: `app/${name}`, mode, mtime: new Date(0) }, text)
  }
  archive.finalize()
  const tar = await buffer(archive)
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      config: { WorkingDir: '/app', Cmd: command, Labels: labels },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  for (const blob of [layer, config]) await upload(ecr, repositoryName, blob)
  const described = (mediaType: string, blob: Buffer) => ({ mediaType, size: blob.length, digest: digestOf(blob) })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described('application/vnd.oci.image.config.v1+json', config),
    layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  })
  const digest = digestOf(Buffer.from(manifest))
  await ecr.putImage({ repositoryName, imageManifest: manifest, imageTag: digest.slice(7, 19) }).catch((error: Error) => {
    if (error.name !== 'ImageAlreadyExistsException') throw error
  })
  return `${repository?.repositoryUri}@${digest}`
}

async function upload(ecr: ECR, repositoryName: string, blob: Buffer): Promise<void> {
  const { uploadId } = await ecr.initiateLayerUpload({ repositoryName })
  await ecr.uploadLayerPart({ repositoryName, uploadId, partFirstByte: 0, partLastByte: blob.length - 1, layerPartBlob: blob })
  await ecr.completeLayerUpload({ repositoryName, uploadId, layerDigests: [digestOf(blob)] }).catch((error: Error) => {
    if (error.name !== 'LayerAlreadyExistsException') throw error
  })
}

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
