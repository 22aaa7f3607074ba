// Passkeys: key pairs that rest with a person's device, for this server's name alone. https://www.w3.org/TR/webauthn-3/
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { json, type Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import type { Identity, User } from './identity.ts'
import { hasName } from './passkey-name.ts'
import { hashOf, newSecret } from './secret.ts'
import { findUser, identityEvent } from './user-store.ts'

const LASTS_MS = 5 * 60_000
/** A person keeps a few devices; more are a mistake, or worse. */
const MOST_OF_A_USER = 20

export interface Passkey {
  /** The credential's, base64url. */
  id: string
  userId: string
  publicKey: string
  counter: number
  transports: string[]
  name: string
  createdAt: number
  usedAt: number | undefined
}

/** Asks a user's device for a new passkey. Throws `passkey.no-name`. */
export async function beginPasskey(identity: Identity, publicUrl: URL | undefined, user: User) {
  const url = named(publicUrl)
  const known = await passkeysOf(identity.database, user)
  if (known.length >= MOST_OF_A_USER)
    throw new KibanError('conflict', 'passkey.too-many', text.passkeyTooMany(MOST_OF_A_USER), { hint: text.passkeysHint })
  const options = await generateRegistrationOptions({
    rpName: 'kiban',
    rpID: url.hostname,
    userID: new TextEncoder().encode(user.id),
    userName: user.name,
    userDisplayName: user.displayName,
    attestationType: 'none',
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return { options: { ...options }, flow: await keepChallenge(identity, { challenge: options.challenge, userId: user.id }) }
}

/** Keeps the passkey that a device made. Throws `passkey.failed`. */
export async function addPasskey(
  identity: Identity,
  publicUrl: URL | undefined,
  { user, actor }: { user: User; actor: Actor },
  given: { flow: string; name: string; response: object },
): Promise<void> {
  const url = named(publicUrl)
  const { challenge } = await takeChallenge(identity, given.flow, user.id)
  const checked = await checking(() =>
    verifyRegistrationResponse({
      response: given.response as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: url.origin,
      expectedRPID: url.hostname,
      requireUserVerification: true,
    }),
  )
  if (!checked.verified) throw failed()
  const { id, publicKey, counter, transports = [] } = checked.registrationInfo.credential
  await identity.database.transaction(async (tx) => {
    const now = identity.clock.now()
    const rows = await tx.query(
      `insert into identity_passkeys (id, user_id, public_key, counter, transports, name, created_at)
       values ($1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000)) on conflict (id) do nothing returning id`,
      [id, user.id, Buffer.from(publicKey).toString('base64url'), counter, json(transports), given.name, now],
    )
    if (rows.length === 0) throw failed()
    identityEvent(tx, 'passkey.added', { actor, at: now, about: `user/${user.name}`, data: { name: given.name } })
  })
}

/** Asks any device for any passkey of this server: nobody says a name first, so that nobody learns which ones exist. */
export async function challengePasskey(identity: Identity, publicUrl: URL | undefined) {
  const options = await generateAuthenticationOptions({ rpID: named(publicUrl).hostname, userVerification: 'required' })
  return { options: { ...options }, flow: await keepChallenge(identity, { challenge: options.challenge }) }
}

/** Whose passkey answered. Throws `passkey.failed`, for a counter that went back too: somebody copied the key. */
export async function userOfPasskey(
  identity: Identity,
  publicUrl: URL | undefined,
  given: { flow: string; response: object },
): Promise<User> {
  const url = named(publicUrl)
  const { challenge } = await takeChallenge(identity, given.flow, undefined)
  const response = given.response as AuthenticationResponseJSON
  return identity.database.transaction(async (tx) => {
    const [row] = await tx.query('select * from identity_passkeys where id = $1 for update', [String(response.id)])
    if (!row) throw failed()
    const passkey = fromRow<Passkey>(row)
    const { verified, authenticationInfo } = await checking(() =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: url.origin,
        expectedRPID: url.hostname,
        requireUserVerification: true,
        credential: {
          id: passkey.id,
          publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
          counter: Number(passkey.counter),
        },
      }),
    )
    const user = await findUser(tx, { id: passkey.userId })
    if (!verified || !user || user.disabledAt !== undefined) throw failed()
    await tx.query(
      'update identity_passkeys set counter = $2, used_at = to_timestamp($3::double precision / 1000) where id = $1',
      [passkey.id, authenticationInfo.newCounter, identity.clock.now()],
    )
    return user
  })
}

export async function passkeysOf(tx: Queryable, user: Pick<User, 'id'>): Promise<Passkey[]> {
  const rows = await tx.query('select * from identity_passkeys where user_id = $1 order by created_at, id', [user.id])
  return rows.map((row) => fromRow<Passkey>(row))
}

/** The name of what was removed. Throws `passkey.unknown`. */
export async function removePasskey(tx: Queryable, user: User, id: string): Promise<string> {
  const [row] = await tx.query<{ name: string }>('delete from identity_passkeys where id = $1 and user_id = $2 returning name', [
    id,
    user.id,
  ])
  if (!row) throw new KibanError('not-found', 'passkey.unknown', text.passkeyUnknown, { hint: text.passkeysHint })
  return row.name
}

interface Challenge {
  challenge: string
  /** Who asked for a new passkey; a login has none yet. */
  userId?: string
}

async function keepChallenge({ database, clock }: Identity, data: Challenge): Promise<string> {
  const secret = newSecret('kbf')
  const now = clock.now()
  await database.query('delete from identity_flows where expires_at < to_timestamp($1::double precision / 1000)', [now])
  await database.query(
    `insert into identity_flows (id, kind, data, expires_at) values ($1, 'passkey', $2, to_timestamp($3::double precision / 1000))`,
    [hashOf(secret), json(data), now + LASTS_MS],
  )
  return secret
}

/** A challenge counts once, and for whoever asked for it. Throws `passkey.failed`. */
async function takeChallenge({ database, clock }: Identity, flow: string, userId: string | undefined): Promise<Challenge> {
  const [row] = await database.query<{ data: Challenge }>(
    `delete from identity_flows where id = $1 and kind = 'passkey' and expires_at > to_timestamp($2::double precision / 1000) returning data`,
    [hashOf(flow), clock.now()],
  )
  if (!row || row.data.userId !== userId) throw failed()
  return row.data
}

function named(publicUrl: URL | undefined): URL {
  if (hasName(publicUrl)) return publicUrl
  throw new KibanError('invalid', 'passkey.no-name', text.passkeyNoName, { hint: text.passkeyNoNameHint })
}

/** Whatever the library does not like about an answer is the answer's fault. */
async function checking<Result>(check: () => Promise<Result>): Promise<Result> {
  try {
    return await check()
  } catch (cause) {
    throw failed(cause)
  }
}

const failed = (cause?: unknown) =>
  new KibanError('unauthenticated', 'passkey.failed', text.passkeyFailed, { hint: text.passkeyFailedHint, cause })
