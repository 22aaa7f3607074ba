// What a company's identity provider is, and what its groups may: from the environment.
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { type Role, roles } from '../../core/permission.ts'

export interface OidcSettings {
  issuer: URL
  clientId: string
  /** Public clients have none; the code is bound by PKCE all the same. */
  clientSecret: string | undefined
  /** What people call it. */
  name: string
  /** Claim that lists a person's groups. */
  groupsClaim: string
  grants: { group: string; role: Role; product: string; environment: string }[]
  /** Domains whose verified addresses stand for the users who have them. */
  domains: readonly string[]
  /** Whether somebody unknown becomes a user, without a role of their own, or is refused. */
  unknown: 'refuse' | 'create'
}

/** Undefined when there is no provider. Throws `oidc.settings` for settings that cannot be meant. */
export function oidcSettings(environment: NodeJS.ProcessEnv): OidcSettings | undefined {
  const issuer = environment.KIBAN_OIDC_ISSUER
  const clientId = environment.KIBAN_OIDC_CLIENT_ID
  if (!issuer) return undefined
  const url = URL.parse(issuer)
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))))
    throw wrong('KIBAN_OIDC_ISSUER', issuer)
  if (!clientId) throw wrong('KIBAN_OIDC_CLIENT_ID', '')
  const unknown = environment.KIBAN_OIDC_UNKNOWN || 'refuse'
  if (unknown !== 'refuse' && unknown !== 'create') throw wrong('KIBAN_OIDC_UNKNOWN', unknown)
  return {
    issuer: url,
    clientId,
    clientSecret: environment.KIBAN_OIDC_CLIENT_SECRET || undefined,
    name: environment.KIBAN_OIDC_NAME || url.hostname,
    groupsClaim: environment.KIBAN_OIDC_GROUPS || 'groups',
    grants: listed(environment.KIBAN_OIDC_ROLES).map(grantOf),
    domains: listed(environment.KIBAN_OIDC_DOMAINS).map((domain) => domain.toLowerCase()),
    unknown,
  }
}

/** `group=role`, `group=role@product`, `group=role@product/environment`. */
function grantOf(entry: string): OidcSettings['grants'][number] {
  const [, group, role, product = '*', environment = '*'] = /^(.+)=(\w+)(?:@([^/]+)(?:\/(.+))?)?$/.exec(entry) ?? []
  const known = roles.find((name) => name === role)
  if (group === undefined || !known) throw wrong('KIBAN_OIDC_ROLES', entry)
  return { group, role: known, product, environment }
}

const listed = (value = ''): string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)

const isLoopback = ({ hostname }: URL): boolean => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)

const wrong = (name: string, value: string) =>
  new KibanError('invalid', 'oidc.settings', text.oidcSettings(name, value), { hint: text.oidcSettingsHint })
