// GET and HEAD of a blob, whole or one range of it (RFC 9110 §14).
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { RegistryRequest } from './registry.ts'
import { RegistryError } from './registry-error.ts'

export async function sendBlob({ store, request, response, repository, rest: digest }: RegistryRequest): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.', { Allow: 'GET, HEAD' })
  }
  const layer = store.layer(repository, digest)
  if (!layer || !(await store.blobs.has(digest))) throw new RegistryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader('Docker-Content-Digest', digest)
  response.setHeader('ETag', `"${digest}"`)
  response.setHeader('Accept-Ranges', 'bytes')
  const range = rangeOf(request.headers.range, layer.size)
  if (range) response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${layer.size}`)
  response.setHeader('Content-Length', range ? range.end - range.start + 1 : layer.size)
  response.statusCode = range ? 206 : 200
  if (request.method === 'HEAD' || layer.size === 0) {
    response.end()
    return
  }
  await pipeline(createReadStream(store.blobs.path(digest), range), response)
}

/** Undefined for the whole: several ranges, or another unit, may be ignored (RFC 9110 §14.2). */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!asked || (asked[1] === '' && asked[2] === '')) return undefined
  const start = asked[1] === '' ? Math.max(0, size - Number(asked[2])) : Number(asked[1])
  const end = asked[1] === '' || asked[2] === '' ? size - 1 : Math.min(Number(asked[2]), size - 1)
  if (start > end) {
    throw new RegistryError(416, 'SIZE_INVALID', 'The range cannot be satisfied.', { 'Content-Range': `bytes */${size}` })
  }
  return { start, end }
}
