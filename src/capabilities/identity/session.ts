// Sessions of people, and tokens of machines: who holds the secret is who it says.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { http } from '../../core/messages/http.ts'
import { holds, type Role } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import { json } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import { claimName } from './claim-name.ts'
import type { Identity, User } from './identity.ts'
import { actorOfJob } from './job.ts'
import { hashOf, newSecret } from './secret.ts'
import { identityEvent } from './user-store.ts'

const HOUR_MS = 3_600_000
/** Not used for so long, or this old: log in again. */
const SESSION = { idleMs: 12 * HOUR_MS, absoluteMs: 7 * 24 * HOUR_MS }
/** A session's last use is written down no more often than this. */
const SEEN_EVERY_MS = 60_000

export type LoginMethod = 'invitation' | 'password' | 'passkey' | 'oidc' | 'device'

export interface Session {
  id: string
  userId: string
  method: LoginMethod
  createdAt: number
  seenAt: number
  expiresAt: number
  agent: string | undefined
}

export interface OpenedSession {
  secret: string
  expiresAt: number
}

/** Opens a session for somebody who has just proved who they are. Each login has a secret of its own: none is taken over. */
export async function openSession(
  { clock }: Identity,
  tx: Queryable,
  user: User,
  how: { method: LoginMethod; agent: string | undefined; face: Actor['face'] },
): Promise<OpenedSession> {
  const now = clock.now()
  const secret = newSecret('kbs')
  const id = newId('ses')
  const expiresAt = now + SESSION.absoluteMs
  await tx.query(
    `insert into identity_sessions (id, secret_hash, user_id, method, created_at, seen_at, expires_at, agent)
     values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000), to_timestamp($5::double precision / 1000), to_timestamp($6::double precision / 1000), $7)`,
    [id, hashOf(secret), user.id, how.method, now, expiresAt, how.agent?.slice(0, 200) ?? null],
  )
  const actor = { name: user.name, face: how.face }
  identityEvent(tx, 'session.opened', { actor, at: now, about: `user/${user.name}`, data: { session: id, method: how.method } })
  return { secret, expiresAt }
}

/** Who holds this secret; undefined when nobody does, or not any more. */
export async function identify(identity: Identity, secret: string): Promise<Actor | undefined> {
  if (secret.startsWith('kbs_')) return actorOfSession(identity, secret)
  if (secret.startsWith('kbt_')) return actorOfToken(identity, secret)
  if (secret.startsWith('kbj_')) return actorOfJob(identity, secret)
  return undefined
}

async function actorOfSession({ database, clock }: Identity, secret: string): Promise<Actor | undefined> {
  const [row] = await database.query(
    `select held.*, ${HOLDER} from identity_sessions held ${WHOSE} where secret_hash = $1 and revoked_at is null`,
    [hashOf(secret)],
  )
  if (!row) return undefined
  const session = fromRow<Session & Holder>(row)
  const now = clock.now()
  if (now > session.expiresAt || now > session.seenAt + SESSION.idleMs) return undefined
  if (now > session.seenAt + SEEN_EVERY_MS)
    await database.query('update identity_sessions set seen_at = to_timestamp($2::double precision / 1000) where id = $1', [
      session.id,
      now,
    ])
  return { kind: 'user', name: session.holder, grants: session.heldGrants, face: 'http', session: session.id }
}

/** Whose it is, and what they may: asked with every request, and so in one question. Somebody who is disabled holds nothing. */
const HOLDER = `users.name as holder, coalesce((
    select jsonb_agg(jsonb_build_object('role', role, 'product', product, 'environment', environment) order by granted_at, id)
    from identity_grants mine where mine.user_id = users.id and mine.revoked_at is null
      and (mine.expires_at is null or mine.expires_at > now())), '[]') as held_grants`
const WHOSE = 'join identity_users users on users.id = held.user_id and users.disabled_at is null'

interface Holder {
  holder: string
  heldGrants: Actor['grants']
}

/** Why the session or token of this secret is not good any more; undefined for a secret that never was. */
export async function whyEnded({ database }: Identity, secret: string): Promise<KibanError | undefined> {
  const [row] = await database.query<{ revoked_at: Date | null }>(
    `select revoked_at from identity_sessions where secret_hash = $1
     union all select revoked_at from identity_tokens where secret_hash = $1
     union all select null from identity_jobs where secret_hash = $1`,
    [hashOf(secret)],
  )
  if (!row) return undefined
  return row.revoked_at
    ? new KibanError('unauthenticated', 'session.ended', http.sessionEnded, { hint: http.sessionEndedHint })
    : new KibanError('unauthenticated', 'session.expired', http.sessionExpired, { hint: http.sessionExpiredHint })
}

/** A token may what it was made for, as far as its maker still may it. */
async function actorOfToken({ database, clock }: Identity, secret: string): Promise<Actor | undefined> {
  const [row] = await database.query(
    `select held.*, ${HOLDER} from identity_tokens held ${WHOSE} where secret_hash = $1 and revoked_at is null`,
    [hashOf(secret)],
  )
  if (!row) return undefined
  const token = fromRow<Token & Holder>(row)
  const now = clock.now()
  if (now > token.expiresAt) return undefined
  if (now > (token.usedAt ?? 0) + SEEN_EVERY_MS)
    await database.query('update identity_tokens set used_at = to_timestamp($2::double precision / 1000) where id = $1', [
      token.id,
      now,
    ])
  const maker: Actor = { kind: 'user', name: token.holder, grants: token.heldGrants, face: 'http' }
  return {
    kind: 'machine',
    name: token.name,
    grants: token.grants.filter((grant) => holds(maker, grant)),
    face: 'http',
    session: token.id,
  }
}

export interface Token {
  id: string
  name: string
  userId: string
  grants: { role: Role; product: string; environment: string }[]
  createdAt: number
  expiresAt: number
  usedAt: number | undefined
}

/** Throws `name.taken`. */
export async function insertToken(
  { clock }: Identity,
  tx: Queryable,
  fresh: Pick<Token, 'name' | 'userId' | 'grants' | 'expiresAt'>,
): Promise<{ token: Token; secret: string }> {
  const token: Token = { ...fresh, id: newId('tok'), createdAt: clock.now(), usedAt: undefined }
  const secret = newSecret('kbt')
  await claimName(tx, { ...token, kind: 'token' })
  await tx.query(
    `insert into identity_tokens (id, secret_hash, name, user_id, grants, created_at, expires_at)
     values ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000), to_timestamp($7::double precision / 1000))`,
    [token.id, hashOf(secret), token.name, token.userId, json(token.grants), token.createdAt, token.expiresAt],
  )
  return { token, secret }
}

/** Those that still count. */
export async function listSessions(database: Queryable, userId: string, now: number): Promise<Session[]> {
  const rows = await database.query(
    `select id, user_id, method, created_at, seen_at, expires_at, agent from identity_sessions
     where user_id = $1 and revoked_at is null and expires_at > to_timestamp($2::double precision / 1000)
       and seen_at > to_timestamp($3::double precision / 1000) order by seen_at desc`,
    [userId, now, now - SESSION.idleMs],
  )
  return rows.map((row) => fromRow<Session>(row))
}

/** Those that were not revoked, the newest first, of one user or of all; those older than another, where that is asked. */
export async function listTokens(
  database: Queryable,
  { userId, before, limit }: { userId?: string; before?: string; limit: number },
): Promise<(Token & { owner: string })[]> {
  const rows = await database.query(
    `select t.id, t.name, t.user_id, t.grants, t.created_at, t.expires_at, t.used_at, u.name as owner
     from identity_tokens t join identity_users u on u.id = t.user_id
     where ($1::text is null or t.user_id = $1) and t.revoked_at is null
       and ($2::text is null or (t.created_at, t.id) < (select b.created_at, b.id from identity_tokens b where b.id = $2))
     order by t.created_at desc, t.id desc limit $3`,
    [userId ?? null, before ?? null, limit],
  )
  return rows.map((row) => fromRow<Token & { owner: string }>(row))
}

/** One that may have been revoked. */
export async function findToken(database: Queryable, id: string): Promise<(Token & { revokedAt?: number }) | undefined> {
  const [row] = await database.query(
    'select id, name, user_id, grants, created_at, expires_at, used_at, revoked_at from identity_tokens where id = $1',
    [id],
  )
  return row && fromRow<Token & { revokedAt?: number }>(row)
}

/** Ends sessions or tokens; gives how many were open. */
export async function revoke(
  tx: Queryable,
  table: 'identity_sessions' | 'identity_tokens',
  which: { id: string } | { userId: string },
  now: number,
): Promise<number> {
  const rows = await tx.query(
    `update ${table} set revoked_at = to_timestamp($2::double precision / 1000)
     where ${'id' in which ? 'id' : 'user_id'} = $1 and revoked_at is null returning id`,
    ['id' in which ? which.id : which.userId, now],
  )
  return rows.length
}
