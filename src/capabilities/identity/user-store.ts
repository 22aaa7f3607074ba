// People, and what they may do where.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Role } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'
import { claimName } from './claim-name.ts'
import type { User } from './identity.ts'

export interface Grant {
  id: string
  userId: string
  role: Role
  /** `*` for all. */
  product: string
  environment: string
  grantedBy: string
  reason: string | undefined
  grantedAt: number
  expiresAt: number | undefined
}

/** Letters, digits and what joins them; as short as a login name of any system. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Throws `user.bad-name`, `user.exists`, `name.taken`. */
export async function insertUser(tx: Queryable, fresh: Pick<User, 'name' | 'displayName' | 'email'>, now: number): Promise<User> {
  const user: User = { ...fresh, name: fresh.name.toLowerCase(), id: newId('usr'), createdAt: now, disabledAt: undefined }
  if (!NAME.test(user.name))
    throw new KibanError('invalid', 'user.bad-name', text.badName(fresh.name), { hint: text.badNameHint })
  const rows = await tx.query(
    `insert into identity_users (id, name, display_name, email, created_at)
     values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000)) on conflict (name) do nothing returning id`,
    [user.id, user.name, user.displayName, user.email ?? null, now],
  )
  if (rows.length === 0)
    throw new KibanError('conflict', 'user.exists', text.userExists(user.name), { hint: text.userExistsHint })
  await claimName(tx, { name: user.name, kind: 'user', userId: user.id })
  return user
}

export async function findUser(database: Queryable, by: { id: string } | { name: string }): Promise<User | undefined> {
  const [row] = await database.query(
    'id' in by ? 'select * from identity_users where id = $1' : 'select * from identity_users where name = lower($1)',
    ['id' in by ? by.id : by.name],
  )
  return row && fromRow<User>(row)
}

/** Throws `user.unknown`. */
export async function userNamed(database: Queryable, name: string): Promise<User> {
  const user = await findUser(database, { name })
  if (!user) throw new KibanError('not-found', 'user.unknown', text.userUnknown(name), { hint: text.usersHint })
  return user
}

/** Throws `user.unknown`. */
export async function userWithGrants(database: Queryable, name: string): Promise<User & { grants: Grant[] }> {
  const user = await userNamed(database, name)
  return { ...user, grants: await grantsOf(database, [user.id]) }
}

/** By name; those after another name, where that is asked. */
export async function listUsers(
  database: Queryable,
  { after, limit }: { after?: string; limit: number },
): Promise<(User & { grants: Grant[] })[]> {
  const users = (
    await database.query('select * from identity_users where $1::text is null or name > $1 order by name limit $2', [
      after ?? null,
      limit,
    ])
  ).map((row) => fromRow<User>(row))
  const grants = await grantsOf(
    database,
    users.map(({ id }) => id),
  )
  return users.map((user) => ({ ...user, grants: grants.filter(({ userId }) => userId === user.id) }))
}

/** The grants that count now. */
export async function grantsOf(database: Queryable, userIds: readonly string[]): Promise<Grant[]> {
  const rows = await database.query(
    `select id, user_id, role, product, environment, granted_by, reason, granted_at, expires_at from identity_grants
     where user_id = any ($1) and revoked_at is null and (expires_at is null or expires_at > now()) order by granted_at, id`,
    [userIds],
  )
  return rows.map((row) => fromRow<Grant>(row))
}

export async function insertGrant(tx: Queryable, fresh: Omit<Grant, 'id'>): Promise<Grant> {
  const grant = { ...fresh, id: newId('grt') }
  await tx.query(
    `insert into identity_grants (id, user_id, role, product, environment, granted_by, reason, granted_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000), to_timestamp($9::double precision / 1000))`,
    [
      grant.id,
      grant.userId,
      grant.role,
      grant.product,
      grant.environment,
      grant.grantedBy,
      grant.reason ?? null,
      grant.grantedAt,
      grant.expiresAt ?? null,
    ],
  )
  return grant
}

/** False when it is gone already. */
export async function revokeGrant(tx: Queryable, id: string, now: number): Promise<boolean> {
  const rows = await tx.query(
    'update identity_grants set revoked_at = to_timestamp($2::double precision / 1000) where id = $1 and revoked_at is null returning id',
    [id, now],
  )
  return rows.length > 0
}

/** Identities concern the whole platform, not one product. */
export function identityEvent(
  tx: Queryable,
  type: string,
  {
    actor,
    at,
    about,
    data = {},
  }: { actor: Pick<Actor, 'name' | 'face'>; at: number; about: string; data?: Record<string, unknown> },
): void {
  appendEvent(tx, { type, at, product: '*', environment: undefined, actor: actor.name, face: actor.face, subject: about, data })
}
