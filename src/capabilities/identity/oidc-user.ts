// Whose account it is: found by issuer and subject, and by nothing else that somebody at the provider could choose.
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Queryable } from '../../database/database.ts'
import { isFreeName } from './claim-name.ts'
import type { Identity, User } from './identity.ts'
import type { OidcPerson } from './oidc.ts'
import type { OidcSettings } from './oidc-settings.ts'
import { findUser, grantsOf, identityEvent, insertGrant, insertUser, revokeGrant } from './user-store.ts'

/** Who gave a role that comes from a group. */
const GRANTED_BY = 'oidc'
/** A role from a group lasts as long as a session at most, unless a login renews it: the provider is not asked between. */
const GRANT_MS = 7 * 24 * 3_600_000
const kiban = { name: 'kiban', face: 'http' } as const

/** Links an account to a user who has proved another way who they are. Throws `oidc.linked` when it is somebody else's. */
export async function linkUser({ clock }: Identity, tx: Queryable, person: OidcPerson, user: User): Promise<User> {
  const { issuer, subject } = person
  await tx.query(
    `insert into identity_links (issuer, subject, user_id, linked_at) values ($1, $2, $3, to_timestamp($4::double precision / 1000))
     on conflict do nothing`,
    [issuer, subject, user.id, clock.now()],
  )
  const linked = await linkedUser(tx, person)
  if (linked?.id !== user.id) throw new KibanError('conflict', 'oidc.linked', text.oidcLinked, { hint: text.oidcLinkedHint })
  identityEvent(tx, 'user.linked', {
    actor: { name: user.name, face: 'http' },
    at: clock.now(),
    about: `user/${user.name}`,
    data: { issuer },
  })
  return user
}

/** The user of an account, linked or made now where the settings let it. Throws `oidc.unknown-user`. */
export async function userOfPerson(identity: Identity, tx: Queryable, settings: OidcSettings, person: OidcPerson): Promise<User> {
  const known = (await linkedUser(tx, person)) ?? (await userByAddress(identity, tx, settings, person))
  if (known && known.disabledAt === undefined) return known
  const welcome = settings.unknown === 'create' && (settings.domains.length === 0 || ownAddress(settings, person) !== undefined)
  if (known || !welcome)
    throw new KibanError('forbidden', 'oidc.unknown-user', text.oidcUnknownUser, { hint: text.oidcUnknownUserHint })
  const now = identity.clock.now()
  const name = await freeName(tx, person)
  const user = await insertUser(tx, { name, displayName: person.displayName ?? name, email: person.email }, now)
  identityEvent(tx, 'user.added', { actor: kiban, at: now, about: `user/${user.name}`, data: { issuer: person.issuer } })
  return linkUser(identity, tx, person, user)
}

/** Roles follow the groups: what they do not give any more is taken back. */
export async function grantGroups(
  { clock }: Identity,
  tx: Queryable,
  settings: OidcSettings,
  person: OidcPerson,
  user: User,
): Promise<void> {
  const now = clock.now()
  const wanted = settings.grants.filter(({ group }) => person.groups.includes(group))
  const held = (await grantsOf(tx, [user.id])).filter(({ grantedBy }) => grantedBy === GRANTED_BY)
  const same = (a: Place, b: Place) => a.role === b.role && a.product === b.product && a.environment === b.environment
  for (const grant of held) {
    if (wanted.some((one) => same(one, grant))) {
      await tx.query('update identity_grants set expires_at = to_timestamp($2::double precision / 1000) where id = $1', [
        grant.id,
        now + GRANT_MS,
      ])
      continue
    }
    await revokeGrant(tx, grant.id, now)
    const { role, product, environment } = grant
    identityEvent(tx, 'grant.taken', { actor: kiban, at: now, about: `grant/${grant.id}`, data: { role, product, environment } })
  }
  for (const { group, ...place } of wanted) {
    if (held.some((grant) => same(grant, place))) continue
    const reason = `group ${group}`
    const grant = { ...place, userId: user.id, grantedBy: GRANTED_BY, reason, grantedAt: now, expiresAt: now + GRANT_MS }
    held.push(await insertGrant(tx, grant))
    identityEvent(tx, 'grant.given', {
      actor: kiban,
      at: now,
      about: `user/${user.name}`,
      data: { ...place, expiresAt: grant.expiresAt, reason },
    })
  }
}

interface Place {
  role: string
  product: string
  environment: string
}

async function linkedUser(tx: Queryable, { issuer, subject }: OidcPerson): Promise<User | undefined> {
  const [row] = await tx.query<{ user_id: string }>('select user_id from identity_links where issuer = $1 and subject = $2', [
    issuer,
    subject,
  ])
  return row && findUser(tx, { id: row.user_id })
}

/** An address that the provider has verified, in a domain that is ours, is its user; once, and by one user alone. */
async function userByAddress(
  identity: Identity,
  tx: Queryable,
  settings: OidcSettings,
  person: OidcPerson,
): Promise<User | undefined> {
  const email = ownAddress(settings, person)
  if (email === undefined) return undefined
  const rows = await tx.query<{ id: string }>('select id from identity_users where lower(email) = lower($1) limit 2', [email])
  const user = rows.length === 1 && rows[0] ? await findUser(tx, { id: rows[0].id }) : undefined
  if (!user || user.disabledAt !== undefined) return user
  const [taken] = await tx.query('select 1 as one from identity_links where user_id = $1 and issuer = $2', [
    user.id,
    person.issuer,
  ])
  return taken ? undefined : linkUser(identity, tx, person, user)
}

function ownAddress({ domains }: OidcSettings, { email }: OidcPerson): string | undefined {
  const domain = email?.slice(email.lastIndexOf('@') + 1).toLowerCase()
  return domain !== undefined && domains.includes(domain) ? email : undefined
}

/** A name is for people to read: one that is taken gets a number, and never its user. */
async function freeName(tx: Queryable, { userName, email, displayName }: OidcPerson): Promise<string> {
  const base = plainName(userName?.split('@')[0]) || plainName(email?.split('@')[0]) || plainName(displayName) || 'user'
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`
    if (await isFreeName(tx, name)) return name
  }
}

const plainName = (text = ''): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 50)
