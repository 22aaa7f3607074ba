// A link that signs in to AWS's console. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { access as text } from '../../core/messages/access.ts'
import { kindOf, type Opened } from './sessions.ts'

const TIMEOUT_MS = 15_000
const Token = z.object({ SigninToken: z.string().min(1) })

interface SignIn {
  /** Where sessions are taken for tokens, and tokens for a login. */
  federation: string
  console: string
}

/** By the partition of the region; an endpoint that stands in AWS's place signs in as well. */
function signInOf(env: NodeJS.ProcessEnv, region: string | undefined): SignIn {
  const stands = env.AWS_ENDPOINT_URL
  if (stands) return { federation: new URL('/federation', stands).href, console: new URL('/console', stands).href }
  if (region?.startsWith('us-gov-'))
    return { federation: 'https://signin.amazonaws-us-gov.com/federation', console: 'https://console.amazonaws-us-gov.com/' }
  if (region?.startsWith('cn-'))
    return { federation: 'https://signin.amazonaws.cn/federation', console: 'https://console.amazonaws.cn/' }
  return { federation: 'https://signin.aws.amazon.com/federation', console: 'https://console.aws.amazon.com/' }
}

/** The link; good for fifteen minutes, for whoever has it. Throws `auth.no-console` and `auth.console-refused`. */
export async function consoleLink(
  env: NodeJS.ProcessEnv,
  { profile, definition, session, region }: Opened,
  destination: string | undefined,
): Promise<string> {
  // Sessions of a user's keys may not be federated, and plain keys even less.
  if (session.sessionToken === undefined || kindOf(definition) === 'device')
    throw new KibanError('invalid', 'auth.no-console', text.noConsole(profile), { hint: text.noConsoleHint })
  const { federation, console } = signInOf(env, region)
  const asked = new URLSearchParams({
    Action: 'getSigninToken',
    Session: JSON.stringify({
      sessionId: session.accessKeyId,
      sessionKey: session.secretAccessKey,
      sessionToken: session.sessionToken,
    }),
  })
  const answer = await fetch(`${federation}?${asked}`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause) => {
    throw new KibanError('unavailable', 'auth.console-refused', text.consoleAway, { hint: text.consoleAwayHint, cause })
  })
  const token = answer.ok ? Token.safeParse(await answer.json().catch(() => undefined)).data : undefined
  if (!token)
    throw new KibanError('unauthenticated', 'auth.console-refused', text.consoleRefused(answer.status), {
      hint: text.noConsoleHint,
    })
  const place = new URL(destination ?? '', console)
  if (region && !place.searchParams.has('region')) place.searchParams.set('region', region)
  const link = new URL(federation)
  link.search = new URLSearchParams({
    Action: 'login',
    Issuer: 'kiban',
    Destination: place.href,
    SigninToken: token.SigninToken,
  }).toString()
  return link.href
}
