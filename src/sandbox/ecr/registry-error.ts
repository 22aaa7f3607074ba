// ECR's errors in the words of the distribution specification (Error Codes).
import { AwsError } from '../cloud.ts'
import { LayerTooLarge } from './blobs.ts'

export class RegistryError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

const CODES: Record<string, [status: number, code: string]> = {
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  ImageNotFoundException: [404, 'MANIFEST_UNKNOWN'],
  UploadNotFoundException: [404, 'BLOB_UPLOAD_UNKNOWN'],
  InvalidLayerException: [400, 'DIGEST_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  LayersNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  InvalidParameterException: [400, 'MANIFEST_INVALID'],
  LimitExceededException: [403, 'DENIED'],
}

export function registryError(cause: unknown, method: string): RegistryError {
  if (cause instanceof RegistryError) return cause
  if (cause instanceof LayerTooLarge) return new RegistryError(413, 'SIZE_INVALID', 'The layer is too large.')
  const known = cause instanceof AwsError ? CODES[cause.code] : undefined
  if (!known || !(cause instanceof AwsError))
    return new RegistryError(500, 'UNKNOWN', `The registry could not answer this ${method}.`)
  return new RegistryError(...known, cause.message)
}
