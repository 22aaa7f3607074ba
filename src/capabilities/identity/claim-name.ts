import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Queryable } from '../../database/database.ts'

/** Those under which kiban itself acts, and grants. */
const OWN_NAMES = new Set(['kiban', 'nobody', 'oidc'])

/**
 * Makes a name somebody's for good: what is done stands under it, and must not read as somebody else's, now or later. Two
 * who claim one at the same time wait for each other, and one of them gets it. Throws `name.taken`.
 */
export async function claimName(
  tx: Queryable,
  { name, kind, userId }: { name: string; kind: 'user' | 'token'; userId: string },
): Promise<void> {
  const [held] = await tx.query<{ kind: string; user_id: string }>(
    `insert into identity_names (name, kind, user_id) values (lower($1), $2, $3)
     on conflict (name) do update set name = excluded.name returning kind, user_id`,
    [name, kind, userId],
  )
  if (held?.kind === kind && held.user_id === userId && !OWN_NAMES.has(name.toLowerCase())) return
  throw new KibanError('conflict', 'name.taken', text.nameTaken(name), {
    hint: kind === 'user' ? text.nameTakenHint : text.tokenNameHint,
  })
}

/** Whether nobody has it, and anybody may. */
export async function isFreeName(database: Queryable, name: string): Promise<boolean> {
  return !OWN_NAMES.has(name) && (await database.query('select 1 from identity_names where name = $1', [name])).length === 0
}
