// Layers through the API, as the ECR documentation offers it to those who do not speak the registry's protocol.
import { AwsError, type Cloud } from '../cloud.ts'
import type { EcrHandlers } from './ecr.ts'
import { isDigest } from './manifest.ts'
import { type ImageStore, invalid, requireDigest } from './store.ts'
import { downloadQuery } from './tokens.ts'

/** The part size that InitiateLayerUpload proposes; a larger part is refused. */
const MAX_PART_BYTES = 20 * 1024 * 1024

export function layerOperations(cloud: Cloud, store: ImageStore): EcrHandlers {
  return {
    BatchCheckLayerAvailability(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const digests = input.layerDigests ?? []
      const layers = digests.filter(isDigest).map((layerDigest) => {
        const layer = store.layer(repository.name, layerDigest)
        if (!layer) return { layerDigest, layerAvailability: 'UNAVAILABLE' as const }
        return { layerDigest, layerAvailability: 'AVAILABLE' as const, layerSize: layer.size, mediaType: layer.mediaType }
      })
      const failures = digests
        .filter((digest) => !isDigest(digest))
        .map((layerDigest) => ({
          layerDigest,
          failureCode: 'InvalidLayerDigest' as const,
          failureReason: 'Invalid layer digest: the digest must be a SHA-256 digest',
        }))
      return { layers, failures }
    },
    async InitiateLayerUpload(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      return { uploadId: await store.startUpload(repository.name), partSize: MAX_PART_BYTES }
    },
    async UploadLayerPart(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const uploadId = input.uploadId ?? ''
      const bytes = input.layerPartBlob ?? new Uint8Array()
      const { partFirstByte = 0, partLastByte = 0 } = input
      const received = await store.uploaded(repository.name, uploadId)
      const members = {
        registryId: cloud.account,
        repositoryName: repository.name,
        uploadId,
        lastValidByteReceived: received - 1,
      }
      if (partFirstByte !== received || partLastByte - partFirstByte + 1 !== bytes.length || bytes.length > MAX_PART_BYTES) {
        const message =
          'The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload.'
        throw new AwsError('InvalidLayerPartException', message, members)
      }
      if ((await store.blobs.append(uploadId, bytes)) === undefined) {
        throw new AwsError('InvalidLayerPartException', 'Another part of this layer is being uploaded.', members)
      }
      return { registryId: cloud.account, repositoryName: repository.name, uploadId, lastByteReceived: partLastByte }
    },
    async CompleteLayerUpload(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const uploadId = input.uploadId ?? ''
      const [digest, ...more] = (input.layerDigests ?? []).map((one) => requireDigest(one, 'layerDigests'))
      if (!digest || more.length > 0) throw invalid('layerDigests', 'Exactly one SHA-256 digest is supported')
      if ((await store.uploaded(repository.name, uploadId)) === 0) {
        throw new AwsError('EmptyUploadException', 'The specified layer upload does not contain any layer parts.')
      }
      if (store.layer(repository.name, digest)) {
        const where = `in the repository with name '${repository.name}' in registry with id '${cloud.account}'`
        throw new AwsError('LayerAlreadyExistsException', `Layer with digest '${digest}' already exists ${where}`)
      }
      await store.completeUpload(repository.name, uploadId, digest)
      return { registryId: cloud.account, repositoryName: repository.name, uploadId, layerDigest: digest }
    },
    GetDownloadUrlForLayer(input, call) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const digest = requireDigest(input.layerDigest, 'layerDigest')
      if (!store.layer(repository.name, digest)) {
        const where = `in the repository with name '${repository.name}' in the registry with id '${cloud.account}'`
        throw new AwsError('LayersNotFoundException', `Layers with digests '[${digest}]' do not exist ${where}`)
      }
      const path = `/v2/${repository.name}/blobs/${digest}`
      return { layerDigest: digest, downloadUrl: `${call.endpoint}${path}?${downloadQuery(cloud, path)}` }
    },
  }
}
