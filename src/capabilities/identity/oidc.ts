// OpenID Connect: the code flow with PKCE (RFC 7636), state and nonce, of one provider.
import * as oidc from 'openid-client'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { OidcSettings } from './oidc-settings.ts'

/** Where the provider sends people back to; register it there. */
export const OIDC_CALLBACK = '/auth/oidc/callback'
const SCOPE = 'openid profile email'
const TIMEOUT_S = 10

/** What goes with a login under way, to be matched when it comes back. */
export interface OidcFlow {
  state: string
  nonce: string
  verifier: string
  to: string
  /** Whose session it was begun in, to link the account to its user. */
  session?: string
}

/** Who the provider says it is. */
export interface OidcPerson {
  issuer: string
  subject: string
  /** Undefined when the provider has not verified it. */
  email: string | undefined
  displayName: string | undefined
  userName: string | undefined
  groups: string[]
}

/** Throws `oidc.unavailable`. */
export async function beginOidc(
  settings: OidcSettings,
  publicUrl: URL,
  flow: Pick<OidcFlow, 'to' | 'session'>,
): Promise<{ flow: OidcFlow; url: URL }> {
  const provider = await providerOf(settings)
  const begun = { ...flow, state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
  const url = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: new URL(OIDC_CALLBACK, publicUrl).href,
    scope: SCOPE,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
  })
  return { flow: begun, url }
}

/** Trades the code for who it is. Throws `oidc.failed` for what the provider or our own checks refuse, `oidc.unavailable`. */
export async function finishOidc(settings: OidcSettings, publicUrl: URL, flow: OidcFlow, answer: string): Promise<OidcPerson> {
  const provider = await providerOf(settings)
  const back = new URL(OIDC_CALLBACK, publicUrl)
  back.search = answer
  return asking(async () => {
    const tokens = await oidc.authorizationCodeGrant(provider, back, {
      pkceCodeVerifier: flow.verifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      idTokenExpected: true,
    })
    const told = tokens.claims()
    if (!told) throw new Error('No ID token')
    const more = provider.serverMetadata().userinfo_endpoint
      ? await oidc.fetchUserInfo(provider, tokens.access_token, told.sub)
      : {}
    const claims: Record<string, unknown> = { ...more, ...told }
    const word = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
    const groups = claims[settings.groupsClaim]
    return {
      issuer: told.iss,
      subject: told.sub,
      email: claims.email_verified === true ? word('email') : undefined,
      displayName: word('name'),
      userName: word('preferred_username'),
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
    }
  })
}

/** Discovered once; again after a failure. */
const providers = new WeakMap<OidcSettings, Promise<oidc.Configuration>>()

function providerOf(settings: OidcSettings): Promise<oidc.Configuration> {
  const known = providers.get(settings)
  if (known) return known
  const { issuer, clientId, clientSecret } = settings
  const found = asking(() =>
    oidc.discovery(issuer, clientId, clientSecret, clientSecret ? undefined : oidc.None(), {
      timeout: TIMEOUT_S,
      execute: issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
    }),
  )
  providers.set(settings, found)
  found.catch(() => providers.delete(settings))
  return found
}

/** What a provider refuses, and what does not check, is told without its reason: that goes to the log alone. */
async function asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (cause) {
    if (isOutOfReach(cause))
      throw new KibanError('unavailable', 'oidc.unavailable', text.oidcUnavailable, { hint: text.oidcHint, cause })
    throw new KibanError('unauthenticated', 'oidc.failed', text.oidcFailed, { hint: text.oidcHint, cause })
  }
}

function isOutOfReach(error: unknown): boolean {
  const { name, message, code, cause } = (error ?? {}) as { name?: string; message?: string; code?: string; cause?: unknown }
  if (name === 'TimeoutError' || (name === 'TypeError' && message === 'fetch failed')) return true
  if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_HTTP_REQUEST_FORBIDDEN') return code === 'OAUTH_TIMEOUT'
  const status = cause instanceof Response ? cause.status : undefined
  return status !== undefined ? status >= 500 : cause !== undefined && cause !== error && isOutOfReach(cause)
}
