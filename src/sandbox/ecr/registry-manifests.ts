// Manifests by tag and digest, and the list of tags.
import type { IncomingMessage } from 'node:http'
import { isDigest, MAX_MANIFEST_BYTES } from './manifest.ts'
import type { RegistryRequest } from './registry.ts'
import { RegistryError } from './registry-error.ts'
import type { ImageId } from './store.ts'

const MAX_TAGS_LISTED = 1000

export async function manifestRequest(asked: RegistryRequest): Promise<void> {
  const { method } = asked.request
  if (method === 'GET' || method === 'HEAD') return send(asked)
  if (method === 'PUT') return put(asked)
  // Images are deleted through ECR's API only.
  throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.', { Allow: 'GET, HEAD, PUT' })
}

export async function tagsRequest({ store, request, response, repository, query }: RegistryRequest): Promise<void> {
  if (request.method !== 'GET') throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.', { Allow: 'GET' })
  const last = query.get('last') ?? ''
  const count = Math.min(Number(query.get('n') ?? MAX_TAGS_LISTED), MAX_TAGS_LISTED)
  if (!Number.isSafeInteger(count) || count < 0)
    throw new RegistryError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
  const all = store
    .tags(repository)
    .map(({ tag }) => tag)
    .filter((tag) => tag > last)
    .sort()
  const tags = all.slice(0, count)
  const end = tags.at(-1)
  if (end !== undefined && tags.length < all.length) {
    response.setHeader('Link', `</v2/${repository}/tags/list?n=${count}&last=${encodeURIComponent(end)}>; rel="next"`)
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ name: repository, tags }))
}

async function send({ store, request, response, repository, rest }: RegistryRequest): Promise<void> {
  const image = store.image(repository, idOf(rest))
  const bytes = await store.manifest(image)
  if (request.method === 'GET') store.pulled(image)
  response.writeHead(200, {
    'Content-Type': image.mediaType,
    'Content-Length': bytes.length,
    'Docker-Content-Digest': image.digest,
    ETag: `"${image.digest}"`,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

async function put({ kept, store, request, response, repository, rest }: RegistryRequest): Promise<void> {
  const bytes = await body(request)
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim()
  const { imageTag: tag, imageDigest: digest } = idOf(rest)
  const { image } = await store.putManifest(store.repository(repository), bytes, { mediaType, tag, digest })
  await kept()
  response.writeHead(201, {
    Location: `/v2/${repository}/manifests/${image.digest}`,
    'Docker-Content-Digest': image.digest,
    'Content-Length': 0,
    ...(image.subject ? { 'OCI-Subject': image.subject } : {}),
  })
  response.end()
}

const idOf = (reference: string): ImageId => (isDigest(reference) ? { imageDigest: reference } : { imageTag: reference })

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_MANIFEST_BYTES) throw new RegistryError(413, 'SIZE_INVALID', 'The manifest is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
