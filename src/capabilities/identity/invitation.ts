// One-time links: how the first administrator comes in, and everybody else after that.
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Queryable } from '../../database/database.ts'
import type { Identity, User } from './identity.ts'
import { hashOf, newSecret } from './secret.ts'
import { findUser, identityEvent, insertGrant, insertUser } from './user-store.ts'

const HOUR_MS = 3_600_000
const INVITATION_MS = 72 * HOUR_MS
const FIRST_MS = 24 * HOUR_MS
export const FIRST_USER = 'admin'

/** Makes a link's secret for a user; an earlier one that was not used ends. */
export async function invite(
  { clock }: Identity,
  tx: Queryable,
  user: Pick<User, 'id'>,
  createdBy: string,
  lastsMs = INVITATION_MS,
): Promise<{ secret: string; expiresAt: number }> {
  const secret = newSecret('kbi')
  const now = clock.now()
  await tx.query('delete from identity_invitations where user_id = $1 and used_at is null', [user.id])
  await tx.query(
    `insert into identity_invitations (id, secret_hash, user_id, created_by, created_at, expires_at)
     values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000), to_timestamp($6::double precision / 1000))`,
    [newId('inv'), hashOf(secret), user.id, createdBy, now, now + lastsMs],
  )
  return { secret, expiresAt: now + lastsMs }
}

/** Uses a link up; it works once. Throws `invitation.unknown`. */
export async function redeem({ clock }: Identity, tx: Queryable, secret: string): Promise<User> {
  const [row] = await tx.query<{ user_id: string }>(
    `update identity_invitations set used_at = to_timestamp($2::double precision / 1000)
     where secret_hash = $1 and used_at is null and expires_at > to_timestamp($2::double precision / 1000) returning user_id`,
    [hashOf(secret), clock.now()],
  )
  const user = row && (await findUser(tx, { id: row.user_id }))
  if (!user || user.disabledAt !== undefined) {
    throw new KibanError('unauthenticated', 'invitation.unknown', text.invitationUnknown, { hint: text.invitationHint })
  }
  return user
}

/**
 * While nobody has ever logged in: makes the first administrator and a link for them. Gives undefined once somebody has.
 * Each start of the server makes the link anew, so that one which nobody saw is lost without harm.
 */
export async function firstInvitation(identity: Identity): Promise<string | undefined> {
  const { database, clock } = identity
  return database.transaction(async (tx) => {
    // Two servers that start together make one administrator.
    await tx.query('lock table identity_users in share row exclusive mode')
    const [{ logins = 0 } = {}] = await tx.query<{ logins: number }>('select count(*) as logins from identity_sessions')
    if (logins > 0) return undefined
    const now = clock.now()
    const known = await findUser(tx, { name: FIRST_USER })
    const admin = known ?? (await insertUser(tx, { name: FIRST_USER, displayName: 'Administrator', email: undefined }, now))
    const actor = { name: 'kiban', face: 'worker' as const }
    if (!known) {
      await insertGrant(tx, {
        userId: admin.id,
        role: 'sre',
        product: '*',
        environment: '*',
        grantedBy: actor.name,
        reason: undefined,
        grantedAt: now,
        expiresAt: undefined,
      })
      identityEvent(tx, 'user.added', {
        actor,
        at: now,
        about: `user/${admin.name}`,
        data: { role: 'sre', product: '*', environment: '*' },
      })
    }
    return (await invite(identity, tx, admin, actor.name, FIRST_MS)).secret
  })
}
