// Guessing costs time: after a few failures each next try waits twice as long.
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Database, Queryable } from '../../database/database.ts'

const FREE_TRIES = 5
const FIRST_WAIT_S = 1
const LONGEST_WAIT_S = 15 * 60
/** Without a further failure for so long, all is forgotten. */
const FORGET_AFTER_S = 24 * 60 * 60

/**
 * Lets a try pass and counts it as a failure until it is cleared, so that a thousand at once are a thousand failures.
 * Throws `login.blocked` while the failures before it hold it up.
 */
export async function countTry(database: Database, key: string): Promise<void> {
  const seconds = await database.transaction(async (tx) => {
    await tx.query(
      `insert into identity_failures (key, failures, failed_at, blocked_until) values ($1, 0, now(), now()) on conflict do nothing`,
      [key],
    )
    const [row] = await tx.query<{ failures: number; blocked: number; age: number }>(
      `select failures, extract(epoch from blocked_until - clock_timestamp())::double precision as blocked,
         extract(epoch from clock_timestamp() - failed_at)::double precision as age
       from identity_failures where key = $1 for update`,
      [key],
    )
    if (row && row.blocked > 0) return row.blocked
    const failures = row && row.age < FORGET_AFTER_S ? row.failures + 1 : 1
    const wait = failures < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failures - FREE_TRIES))
    await tx.query(
      `update identity_failures set failures = $2, failed_at = clock_timestamp(),
         blocked_until = clock_timestamp() + make_interval(secs => $3) where key = $1`,
      [key, failures, wait],
    )
    return 0
  })
  if (seconds > 0)
    throw new KibanError('throttled', 'login.blocked', text.blocked(Math.ceil(seconds)), { hint: text.blockedHint })
}

export async function clearTries(database: Queryable, key: string): Promise<void> {
  await database.query('delete from identity_failures where key = $1', [key])
}
