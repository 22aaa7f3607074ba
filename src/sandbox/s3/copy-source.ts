import type { BucketStore } from './bucket-store.ts'
import { s3Error } from './error.ts'
import type { StoredObject } from './object.ts'

/** The object that `x-amz-copy-source` means: `bucket/key`, percent-encoded, with or without a leading slash. */
export function copySource(store: BucketStore, header: string): { bucket: string; object: StoredObject } {
  const [path = '', query] = header.replace(/^\//, '').split('?')
  const slash = path.indexOf('/')
  if (slash < 1)
    throw s3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-copy-source' },
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    )
  const bucket = path.slice(0, slash)
  const VersionId = new URLSearchParams(query).get('versionId') ?? undefined
  return { bucket, object: store.object({ Bucket: bucket, Key: decoded(path.slice(slash + 1)), VersionId }) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw s3Error('InvalidArgument', { ArgumentName: 'x-amz-copy-source' }, 'Invalid copy source encoding.')
  }
}
