// Pushing blobs: one POST, POST and PUT, chunks by PATCH, or a mount from another repository (distribution-spec, Push).
import { isDigest } from './manifest.ts'
import type { RegistryRequest } from './registry.ts'
import { RegistryError } from './registry-error.ts'

export async function uploadRequest(asked: RegistryRequest): Promise<void> {
  const { method } = asked.request
  if (asked.rest === '') {
    if (method === 'POST') return start(asked)
    throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.', { Allow: 'POST' })
  }
  const received = await asked.store.uploaded(asked.repository, asked.rest)
  if (method === 'PATCH') return append(asked, received)
  if (method === 'PUT') return finish(asked, received)
  if (method === 'GET') return progress(asked, 204, received)
  if (method === 'DELETE') {
    await asked.store.cancelUpload(asked.rest)
    asked.response.writeHead(204).end()
    return
  }
  throw new RegistryError(405, 'UNSUPPORTED', 'The operation is unsupported.', { Allow: 'GET, PATCH, PUT, DELETE' })
}

async function start(asked: RegistryRequest): Promise<void> {
  const { store, repository, query } = asked
  const mount = query.get('mount')
  const from = query.get('from')
  if (mount && from && store.mount(repository, mount, from)) {
    await asked.kept()
    return created(asked, mount)
  }
  const id = await store.startUpload(repository)
  if (query.has('digest')) return finish({ ...asked, rest: id }, 0)
  await asked.kept()
  progress({ ...asked, rest: id }, 202, 0)
}

async function append(asked: RegistryRequest, received: number): Promise<void> {
  const range = asked.request.headers['content-range']
  const first = range === undefined ? received : Number(/^(?:bytes )?(\d+)-\d+/.exec(range)?.[1] ?? Number.NaN)
  if (first !== received) throw outOfOrder(asked, received)
  const size = await asked.store.blobs.append(asked.rest, asked.request)
  if (size === undefined) throw outOfOrder(asked, received)
  progress(asked, 202, size)
}

async function finish(asked: RegistryRequest, received: number): Promise<void> {
  const { store, repository, rest: id, request, query } = asked
  const digest = query.get('digest')
  if (!isDigest(digest)) throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest is not a SHA-256 digest')
  if ((await store.blobs.append(id, request)) === undefined) throw outOfOrder(asked, received)
  await store.completeUpload(repository, id, digest)
  await asked.kept()
  created(asked, digest)
}

function created({ response, repository }: RegistryRequest, digest: string): void {
  response
    .writeHead(201, { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest, 'Content-Length': 0 })
    .end()
}

function progress({ response, repository, rest: id }: RegistryRequest, status: number, received: number): void {
  response.writeHead(status, { ...where(repository, id, received), 'Content-Length': 0 }).end()
}

const outOfOrder = ({ repository, rest: id }: RegistryRequest, received: number) =>
  new RegistryError(
    416,
    'BLOB_UPLOAD_INVALID',
    'The chunk does not follow what has been received.',
    where(repository, id, received),
  )

/** `Range: 0-0` stands for nothing received, too: the specification has no other way to say it. */
const where = (repository: string, id: string, received: number) => ({
  Location: `/v2/${repository}/blobs/uploads/${id}`,
  Range: `0-${Math.max(0, received - 1)}`,
  'Docker-Upload-UUID': id,
})
