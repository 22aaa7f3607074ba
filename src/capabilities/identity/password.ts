// Passwords, the last resort: long enough to hash, never alone, and slow to guess.
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret, TOTP } from 'otpauth'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Text } from '../../core/text.ts'
import type { Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import type { Identity, User } from './identity.ts'

const derive = promisify(argon2)
/** The least that OWASP's Password Storage Cheat Sheet asks of Argon2id: 19 MiB, 2 passes. */
const HASHING = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const SALT_BYTES = 16
/** Longer ones only cost time. */
const MAX_CHARACTERS = 256
const TOTP_PERIOD_S = 30
const TOTP_PURPOSE = 'totp'

/** What a password must have: 8 characters, of them an upper and a lower case letter, a digit and a sign. */
const rules: { holds: (password: string) => boolean; text: Text }[] = [
  { holds: (password) => [...password].length >= 8, text: text.passwordLength },
  { holds: (password) => /\p{Lu}/u.test(password), text: text.passwordUpper },
  { holds: (password) => /\p{Ll}/u.test(password), text: text.passwordLower },
  { holds: (password) => /\p{Nd}/u.test(password), text: text.passwordDigit },
  { holds: (password) => /[^\p{L}\p{Nd}\s]/u.test(password), text: text.passwordSign },
  { holds: (password) => password.length <= MAX_CHARACTERS, text: text.passwordTooLong(MAX_CHARACTERS) },
]

interface Stored {
  hash: string
  totpSealed: string
  totpStep: number
  confirmedAt: number | undefined
}

/** Sets a password with a new seed of one-time codes; it counts once a code of it was confirmed. Throws `password.weak`. */
export async function setPassword(
  identity: Identity,
  tx: Queryable,
  user: User,
  password: string,
): Promise<{ uri: string; seed: string }> {
  const broken = rules.filter(({ holds }) => !holds(password))
  if (broken.length > 0) {
    throw new KibanError('invalid', 'password.weak', text.passwordWeak, {
      details: broken.map((rule) => rule.text),
      hint: text.passwordWeakHint,
    })
  }
  const seed = new Secret({ size: 20 })
  const now = identity.clock.now()
  await tx.query(
    `insert into identity_passwords (user_id, hash, totp_sealed, changed_at) values ($1, $2, $3, to_timestamp($4::double precision / 1000))
     on conflict (user_id) do update set hash = excluded.hash, totp_sealed = excluded.totp_sealed, totp_step = 0,
       confirmed_at = null, changed_at = excluded.changed_at`,
    [user.id, await hashed(password), (await identity.seal()).seal(seed.base32, `${TOTP_PURPOSE}/${user.id}`), now],
  )
  return { uri: totpOf(seed.base32, user.name).toString(), seed: seed.base32 }
}

/** Confirms that the codes of a new password arrive. False for a wrong code. */
export async function confirmPassword(identity: Identity, tx: Queryable, user: User, code: string): Promise<boolean> {
  const stored = await storedOf(tx, user)
  if (!stored || !(await codeCounts(identity, tx, user, stored, code))) return false
  await tx.query('update identity_passwords set confirmed_at = to_timestamp($2::double precision / 1000) where user_id = $1', [
    user.id,
    identity.clock.now(),
  ])
  return true
}

/** Whether password and code are right. Takes as long for a user that is not there. */
export async function passwordCounts(
  identity: Identity,
  tx: Queryable,
  user: User | undefined,
  given: { password: string; code: string },
): Promise<boolean> {
  const stored = user && (await storedOf(tx, user))
  const right = await matches(given.password.slice(0, MAX_CHARACTERS), stored?.hash ?? (await nobodysHash))
  if (!user || !stored || stored.confirmedAt === undefined || !right) return false
  return codeCounts(identity, tx, user, stored, given.code)
}

/** A code counts once, a step early or late for clocks that differ. */
async function codeCounts(identity: Identity, tx: Queryable, user: User, stored: Stored, code: string): Promise<boolean> {
  const totp = totpOf((await identity.seal()).open(stored.totpSealed, `${TOTP_PURPOSE}/${user.id}`), user.name)
  const now = identity.clock.now()
  const delta = totp.validate({ token: code.replace(/\s/g, ''), timestamp: now, window: 1 })
  if (delta === null) return false
  const step = Math.floor(now / 1000 / TOTP_PERIOD_S) + delta
  const rows = await tx.query(
    'update identity_passwords set totp_step = $2 where user_id = $1 and totp_step < $2 returning user_id',
    [user.id, step],
  )
  return rows.length > 0
}

async function storedOf(tx: Queryable, user: User): Promise<Stored | undefined> {
  const [row] = await tx.query('select * from identity_passwords where user_id = $1 for update', [user.id])
  return row && fromRow<Stored>(row)
}

const totpOf = (seed: string, name: string): TOTP =>
  new TOTP({ issuer: 'kiban', label: name, secret: Secret.fromBase32(seed), period: TOTP_PERIOD_S, digits: 6, algorithm: 'SHA1' })

/** In the form of the reference implementation, so that parameters can grow: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
async function hashed(password: string, salt = randomBytes(SALT_BYTES)): Promise<string> {
  const tag = await derive('argon2id', { ...HASHING, message: password.normalize('NFKC'), nonce: salt })
  const { memory, passes, parallelism } = HASHING
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${salt.toString('base64')}$${tag.toString('base64')}`
}

async function matches(password: string, hash: string): Promise<boolean> {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash)
  if (!found) return false
  const [, memory, passes, parallelism, salt = '', tag = ''] = found
  const wanted = Buffer.from(tag, 'base64')
  const got = await derive('argon2id', {
    message: password.normalize('NFKC'),
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: wanted.length,
  })
  return timingSafeEqual(got, wanted)
}

const nobodysHash = hashed(randomBytes(SALT_BYTES).toString('base64'))
