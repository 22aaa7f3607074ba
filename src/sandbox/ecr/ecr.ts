import type { IncomingMessage } from 'node:http'
import type { Cloud, Handlers, Images, Service } from '../cloud.ts'
import { imageOperations } from './image-operations.ts'
import { images } from './images.ts'
import { layerOperations } from './layer-operations.ts'
import { registry } from './registry.ts'
import { repositoryOperations } from './repository-operations.ts'
import { ImageStore } from './store.ts'
import { newToken } from './tokens.ts'

export type EcrHandlers = Handlers<typeof import('@aws-sdk/client-ecr')>

/**
 * ECR: its API; `http`, the registry below `/v2/` on the sandbox's own port; and `images`, which ECS asks what a
 * reference means. All three stand on the same store.
 */
export function ecr(cloud: Cloud): Service & Required<Pick<Service, 'http'>> & { images: Images } {
  const store = new ImageStore(cloud)
  const handlers: EcrHandlers = {
    ...repositoryOperations(cloud, store),
    ...imageOperations(cloud, store),
    ...layerOperations(cloud, store),
    GetAuthorizationToken(_input, call) {
      const { token, expiresAt } = newToken(cloud)
      const authorizationToken = Buffer.from(`AWS:${token}`).toString('base64')
      return { authorizationData: [{ authorizationToken, expiresAt: new Date(expiresAt), proxyEndpoint: call.endpoint }] }
    },
  }
  const serveRegistry = registry(cloud, store)
  return {
    client: () => import('@aws-sdk/client-ecr'),
    signingName: 'ecr',
    handlers,
    resource: (operation, input) => (operation === 'GetAuthorizationToken' ? '*' : arnOf(cloud, input)),
    http(request, response) {
      if (!isForRegistry(request)) return false
      serveRegistry(request, response)
      return true
    },
    images: images(cloud, store),
  }
}

function arnOf(cloud: Cloud, input: Record<string, unknown>): string {
  if (typeof input.resourceArn === 'string') return input.resourceArn
  const name = typeof input.repositoryName === 'string' ? input.repositoryName : '*'
  return `arn:aws:ecr:${cloud.region}:${cloud.account}:repository/${name}`
}

/** A bucket may be named `v2`, but requests for it are signed. */
function isForRegistry({ url = '', headers }: IncomingMessage): boolean {
  const isBelow = url === '/v2' || url.startsWith('/v2/')
  return isBelow && !headers.authorization?.startsWith('AWS4-') && !url.includes('X-Amz-Signature=')
}
