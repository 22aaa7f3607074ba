// https://docs.github.com/en/rest/apps: an App proves itself by a JWT, and gets tokens of repositories.
import { randomUUID, verify } from 'node:crypto'
import { z } from 'zod'
import type { Answer, Asked, Repository, Route } from './server.ts'

const Claims = z.strictObject({ iat: z.int(), exp: z.int(), iss: z.string() })
const Wanted = z.strictObject({
  repositories: z.array(z.string().regex(/^[\w.-]+$/)).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write'])).optional(),
})
const HOUR_MS = 60 * 60_000

export const appRoutes: Route[] = [
  [
    'GET',
    /^\/repos\/([\w.-]+\/[\w.-]+)\/installation$/,
    (asked) => {
      const refusal = refusedProof(asked)
      if (refusal) return refusal
      const installation = asked.state.repositories.get(asked.params[0] ?? '')?.installation
      return installation ? { status: 200, body: { id: installation } } : { status: 404, body: { message: 'Not Found' } }
    },
  ],
  [
    'POST',
    /^\/app\/installations\/(\d+)\/access_tokens$/,
    (asked) => {
      const refusal = refusedProof(asked)
      if (refusal) return refusal
      const wanted = Wanted.safeParse(asked.body ?? {})
      if (!wanted.success) return { status: 422, body: { message: wanted.error.message } }
      const token = `ghs_${randomUUID().replaceAll('-', '')}`
      const until = asked.state.now() + HOUR_MS
      const { repositories = [], permissions = {} } = wanted.data
      asked.state.tokens.set(token, { repositories, permissions, until })
      return { status: 201, body: { token, expires_at: new Date(until).toISOString(), permissions } }
    },
  ],
]

function refusedProof({ state, headers }: Asked): Answer | undefined {
  const unauthorized = (message: string): Answer => ({ status: 401, body: { message } })
  const [, said, header, claims, signature] = /^Bearer (([\w-]+)\.([\w-]+))\.([\w-]+)$/.exec(headers.authorization ?? '') ?? []
  if (!said || !header || !claims || !signature) return unauthorized('A JSON web token could not be decoded')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  if (read(header).alg !== 'RS256') return unauthorized('A JSON web token could not be decoded')
  if (!verify('RSA-SHA256', Buffer.from(said), state.publicKey, Buffer.from(signature, 'base64url')))
    return unauthorized('A JSON web token could not be decoded')
  const { data } = Claims.safeParse(read(claims))
  const now = state.now() / 1000
  if (!data || data.iss !== state.appId) return unauthorized("'Issuer' claim ('iss') must be the App")
  if (data.iat > now) return unauthorized("'Issued at' claim ('iat') must be an Integer representing a time in the past")
  if (data.exp < now || data.exp > now + 600) return unauthorized("'Expiration time' claim ('exp') is too far in the future")
  return undefined
}

/** The repository that a token is good for, or why it is not; who may write may read. */
export function admitted(
  { state, headers, params }: Asked,
  permission: string,
  level: 'read' | 'write' = 'write',
): Repository | Answer {
  const token = state.tokens.get(/^Bearer (ghs_\w+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
  if (!token || token.until < state.now()) return { status: 401, body: { message: 'Bad credentials' } }
  const [, name = ''] = (params[0] ?? '').split('/')
  const repository = state.repositories.get(params[0] ?? '')
  if (!repository || !token.repositories.includes(name)) return { status: 404, body: { message: 'Not Found' } }
  const held = token.permissions[permission]
  if (held !== 'write' && held !== level) return { status: 403, body: { message: 'Resource not accessible by integration' } }
  return repository
}
