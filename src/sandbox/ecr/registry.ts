/**
 * The OCI distribution registry (distribution-spec 1.1) in front of ECR's image store: what docker, podman, buildah,
 * skopeo and every other client of registries speaks. The sandbox's server gives it each request below `/v2/`; they
 * carry Basic credentials from GetAuthorizationToken instead of an AWS signature.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cloud } from '../cloud.ts'
import { sendBlob } from './registry-blobs.ts'
import { RegistryError, registryError } from './registry-error.ts'
import { manifestRequest, tagsRequest } from './registry-manifests.ts'
import { uploadRequest } from './registry-uploads.ts'
import type { ImageStore } from './store.ts'
import { isDownloadAllowed, tokenState } from './tokens.ts'

export interface RegistryRequest {
  /** Resolves when what was changed is kept: to be awaited before it is acknowledged. */
  kept: () => Promise<void> | undefined
  store: ImageStore
  request: IncomingMessage
  response: ServerResponse
  /** Name of a repository that exists. */
  repository: string
  /** What comes after `manifests/`, `blobs/`, `uploads/`. */
  rest: string
  query: URLSearchParams
}

const ROUTES = [
  { path: /^(?<name>.+)\/blobs\/uploads\/(?<rest>[^/]*)$/, serve: uploadRequest },
  { path: /^(?<name>.+)\/blobs\/(?<rest>[^/]+)$/, serve: sendBlob },
  { path: /^(?<name>.+)\/manifests\/(?<rest>[^/]+)$/, serve: manifestRequest },
  { path: /^(?<name>.+)\/tags\/(?<rest>list)$/, serve: tagsRequest },
]

export type Registry = (request: IncomingMessage, response: ServerResponse) => void

export function registry(cloud: Cloud, store: ImageStore): Registry {
  return (request, response) => {
    serve(cloud, store, request, response).catch((cause: unknown) => {
      const error = registryError(cause, request.method ?? 'GET')
      if (error.code === 'UNKNOWN' && !request.destroyed)
        cloud.note(`registry: ${request.method} ${request.url?.split('?')[0]}: ${cause}`)
      refuse(request, response, error)
    })
  }
}

async function serve(cloud: Cloud, store: ImageStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0')
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://registry')
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (!(reads && query.has('signature') && isDownloadAllowed(cloud, pathname, query))) authenticate(cloud, request)
  if (pathname === '/v2/' || pathname === '/v2') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    return
  }
  const path = decoded(pathname.slice('/v2/'.length))
  for (const route of ROUTES) {
    const { name, rest } = route.path.exec(path)?.groups ?? {}
    if (name === undefined || rest === undefined) continue
    const repository = store.repository(name).name
    return route.serve({ kept: () => cloud.commit(), store, request, response, repository, rest, query })
  }
  throw new RegistryError(404, 'UNSUPPORTED', 'The operation is unsupported.')
}

/** Some clients escape the colon of a digest. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RegistryError(400, 'NAME_INVALID', 'The path is not well-formed.')
  }
}

function authenticate(cloud: Cloud, request: IncomingMessage): void {
  const state = tokenState(cloud, request.headers.authorization)
  if (state === 'valid') return
  if (state === 'expired')
    throw new RegistryError(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')
  throw new RegistryError(401, 'UNAUTHORIZED', 'Not Authorized', {
    'WWW-Authenticate': `Basic realm="http://${request.headers.host ?? 'localhost'}/",service="ecr.amazonaws.com"`,
  })
}

function refuse(request: IncomingMessage, response: ServerResponse, error: RegistryError): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  // A body that nobody reads any more would hold the connection.
  if (!request.readableEnded) response.setHeader('Connection', 'close')
  const body = JSON.stringify({ errors: [{ code: error.code, message: error.message }] })
  response.writeHead(error.status, { 'Content-Type': 'application/json', ...error.headers })
  response.end(request.method === 'HEAD' ? undefined : body)
  request.resume()
}
