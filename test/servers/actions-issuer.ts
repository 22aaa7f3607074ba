// The issuer of GitHub Actions' tokens for tests: signs, publishes its keys, and gives tokens to jobs that ask as GitHub's runner has them ask.
// https://docs.github.com/en/actions/reference/security/oidc
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'

/** The claims of a job on main of acme/bookshop, as GitHub documents them. */
const JOB = {
  sub: 'repo:acme/bookshop:ref:refs/heads/main',
  ref: 'refs/heads/main',
  sha: '0123456789abcdef0123456789abcdef01234567',
  repository: 'acme/bookshop',
  repository_id: '74',
  repository_owner: 'acme',
  repository_owner_id: '65',
  run_id: '9001',
  run_number: '10',
  run_attempt: '1',
  actor: 'haru',
  actor_id: '12',
  workflow: 'deploy',
  event_name: 'push',
  ref_type: 'branch',
  job_workflow_ref: 'acme/bookshop/.github/workflows/deploy.yml@refs/heads/main',
  runner_environment: 'github-hosted',
}
const LASTS_S = 300

export type ActionsIssuer = Awaited<ReturnType<typeof actionsIssuer>>

export async function actionsIssuer() {
  const fresh = () => ({ id: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) })
  let key = fresh()
  /** How often its keys were asked for. */
  let asked = 0
  const requestToken = randomUUID()
  let claims: Record<string, unknown> = {}
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/openid-configuration') return answer(200, { issuer, jwks_uri: `${issuer}/jwks` })
    if (url.pathname === '/jwks') {
      asked++
      return answer(200, { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: key.id, alg: 'RS256', use: 'sig' }] })
    }
    if (url.pathname !== '/token' || request.method !== 'GET') return answer(404, {})
    if (request.headers.authorization !== `Bearer ${requestToken}`) return answer(401, { message: 'Bad credentials' })
    const audience = url.searchParams.get('audience') ?? 'https://github.com/acme'
    return answer(200, { count: 1, value: await token({ aud: audience }) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  /** A token of a job; `changes` replaces claims, and takes away those that are undefined. */
  async function token(changes: Record<string, unknown> = {}, by: { id: string; privateKey: KeyObject } = key): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const whole = { iss: issuer, jti: randomUUID(), iat: now, nbf: now - 5, exp: now + LASTS_S, ...JOB, ...claims, ...changes }
    return new SignJWT(whole).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: by.id }).sign(by.privateKey)
  }
  return {
    issuer,
    token,
    /** What a job finds in its environment. */
    environment: { ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer}/token?api-version=2`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken },
    /** Of the jobs that ask from now on. */
    setClaims: (changed: Record<string, unknown>) => {
      claims = changed
    },
    keyId: () => key.id,
    rotate: () => {
      key = fresh()
    },
    asked: () => asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
