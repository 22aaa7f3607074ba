// A sandbox's registry alone, on a free port of the loopback, for tests of what pushes to it and pulls from it.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { type Clock, realClock } from '../src/core/clock.ts'
import { bareCloud } from '../src/sandbox/bare-cloud.ts'
import type { Call, Cloud } from '../src/sandbox/cloud.ts'
import { type EcrHandlers, ecr } from '../src/sandbox/ecr/ecr.ts'

export interface TestRegistry {
  cloud: Cloud
  call: Call
  ecr: Required<EcrHandlers>
  images: Cloud['images']
  /** `127.0.0.1:PORT` */
  host: string
  /** A password for the user `AWS`. */
  password: string
  authorization: string
  /** Events that ECR put on the bus. */
  events: (Omit<Parameters<Cloud['bus']['put']>[0], 'detail'> & { detail: object })[]
  /** Requests as the registry saw them, `PUT /v2/…`. */
  requests: string[]
  close(): Promise<void>
}

/** `before` may answer a request itself, as a failing network or a busy registry would, by returning true. */
export async function startRegistry(
  options: { clock?: Clock; before?: ReturnType<typeof ecr>['http'] } = {},
): Promise<TestRegistry> {
  const events: TestRegistry['events'] = []
  const requests: string[] = []
  let endpoint = ''
  const cloud = bareCloud({
    clock: options.clock ?? realClock,
    get endpoint() {
      return endpoint
    },
    bus: { put: (event) => void events.push({ ...event, detail: event.detail() }) },
  })
  const service = ecr(cloud)
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (!options.before?.(request, response)) service.http(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : ''}`
  endpoint = `http://${host}`
  const call = { service: 'ecr', endpoint } as Call
  const handlers = service.handlers as Required<EcrHandlers>
  const granted = await handlers.GetAuthorizationToken({}, call)
  const authorizationToken = granted.authorizationData?.[0]?.authorizationToken ?? ''
  return {
    cloud,
    call,
    ecr: handlers,
    images: service.images,
    host,
    password: Buffer.from(authorizationToken, 'base64').toString().slice('AWS:'.length),
    authorization: `Basic ${authorizationToken}`,
    events,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await cloud.close()
    },
  }
}

export const sha256 = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
