// The door by which sessions of roles become logins to the console.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { AccessKeys } from './access-keys.ts'
import { isSameText } from './same-text.ts'

const Session = z.object({ sessionId: z.string(), sessionKey: z.string(), sessionToken: z.string() })
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html: a token is good for fifteen minutes. */
const TOKEN_MS = 15 * 60_000

/** Answers `/federation`: `getSigninToken`, and `login` with such a token, once. */
export function signIn(keys: AccessKeys): (request: IncomingMessage, response: ServerResponse) => boolean {
  const tokens = new Map<string, { until: number }>()
  const tokenFor = (given: string): string | undefined => {
    const parsed = Session.safeParse(parsedJson(given))
    const key = parsed.data && keys.find(parsed.data.sessionId)
    // Sessions of roles alone: those of a user's keys may not be federated.
    if (!parsed.data || !key?.token || !key.principal.session?.roleArn) return undefined
    const isRight = isSameText(key.secret, parsed.data.sessionKey) && isSameText(key.token, parsed.data.sessionToken)
    if (!isRight || (key.expiresAt ?? 0) < Date.now()) return undefined
    const token = randomBytes(120).toString('base64url')
    tokens.set(token, { until: Date.now() + TOKEN_MS })
    return token
  }
  const answer = (query: URLSearchParams, response: ServerResponse) => {
    if (query.get('Action') === 'getSigninToken') {
      const token = tokenFor(query.get('Session') ?? '')
      if (token) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ SigninToken: token }))
      else response.writeHead(400).end()
      return
    }
    const token = query.get('SigninToken') ?? ''
    const known = query.get('Action') === 'login' ? tokens.get(token) : undefined
    tokens.delete(token)
    if (known && known.until > Date.now()) response.writeHead(302, { location: query.get('Destination') ?? '/' }).end()
    else response.writeHead(400).end()
  }
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox')
    if (url.pathname !== '/federation') return false
    answer(url.searchParams, response)
    return true
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
