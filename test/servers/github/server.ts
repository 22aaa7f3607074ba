// A GitHub of our own for tests: it verifies each request against GitHub's documentation, and keeps what it is told.
// https://docs.github.com/en/rest (API version 2022-11-28). An area of the API is a file beside this one.

import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { appRoutes } from './apps.ts'
import { deploymentRoutes } from './deployments.ts'
import { type Pull, pullRoutes } from './pulls.ts'

export interface GithubState {
  repositories: Map<string, Repository>
  tokens: Map<string, { repositories: string[]; permissions: Record<string, string>; until: number }>
  publicKey: string
  appId: string
  nextId: number
  now: () => number
  /** Every request that was answered: `POST /repos/…`, with its status. */
  requests: string[]
}

export interface Repository {
  /** The App's installation; 0 where it is not installed. */
  installation: number
  deployments: { id: number; sha: string; environment: string; payload: unknown; statuses: Record<string, unknown>[] }[]
  statuses: Record<string, unknown>[]
  pulls?: Pull[]
}

export interface Asked {
  state: GithubState
  /** `POST /repos/{owner}/{name}/…` as it was asked. */
  params: string[]
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
}

export interface Answer {
  status: number
  body?: unknown
}

export type Route = [method: string, path: RegExp, answer: (asked: Asked) => Answer]

export type GithubServer = Awaited<ReturnType<typeof githubServer>>

/** The App 4711 is installed on acme/bookshop. */
export async function githubServer({ now = Date.now }: { now?: () => number } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const state: GithubState = {
    repositories: new Map([['acme/bookshop', { installation: 77, deployments: [], statuses: [] }]]),
    tokens: new Map(),
    publicKey,
    appId: '4711',
    nextId: 1000,
    now,
    requests: [],
  }
  /** What becomes of the next requests instead: `lost` is done, and its answer never comes; `none` is answered as ever. */
  const faults: ('none' | 'down' | 'lost' | { status: number; headers: Record<string, string> })[] = []
  const routes: Route[] = [...appRoutes, ...deploymentRoutes, ...pullRoutes]
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://github')
    const fault = faults.shift()
    if (fault === 'down') return void request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const given = Buffer.concat(chunks).toString('utf8')
    const answer =
      typeof fault === 'object' ? { status: fault.status, body: { message: 'Slow down' } } : answered(request, url, given)
    state.requests.push(`${request.method} ${url.pathname} ${answer.status}`)
    if (fault === 'lost') return void request.socket.destroy()
    const headers = { 'content-type': 'application/json; charset=utf-8', ...(typeof fault === 'object' ? fault.headers : {}) }
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body ?? {}))
  })
  const answered = (request: IncomingMessage, url: URL, given: string): Answer => {
    const { headers, method = '' } = request
    if (!headers['user-agent']) return { status: 403, body: { message: 'Request forbidden by administrative rules.' } }
    if (headers.accept !== 'application/vnd.github+json') return { status: 415, body: { message: 'Unsupported accept' } }
    if (headers['x-github-api-version'] !== '2022-11-28') return { status: 400, body: { message: 'Unknown version' } }
    let body: unknown
    try {
      body = given === '' ? undefined : JSON.parse(given)
    } catch {
      return { status: 400, body: { message: 'Problems parsing JSON' } }
    }
    for (const [verb, path, answer] of routes) {
      const found = verb === method ? path.exec(url.pathname) : null
      if (found) return answer({ state, params: found.slice(1), query: url.searchParams, headers, body })
    }
    return { status: 404, body: { message: 'Not Found' } }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    privateKey,
    state,
    faults,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
