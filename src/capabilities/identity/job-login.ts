// A job of GitHub Actions comes in: its token is proved, the rules are asked, and it is given a session of its own.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { federation as text } from '../../core/messages/federation.ts'
import { claimOf, type Federation, listFederations, mismatches } from './federation.ts'
import { badToken, issuerSaid, type JobClaims, proved } from './federation-token.ts'
import type { Identity } from './identity.ts'
import { insertJob, type Job } from './job.ts'
import { identityEvent } from './user-store.ts'

/** Lets a job in. Throws `federation.bad-token`, `federation.no-rule`, `federation.unavailable`. */
export async function jobOf(identity: Identity, token: string, face: Actor['face']): Promise<Job> {
  const { database, clock } = identity
  const issuer = issuerSaid(token)
  const rules = await listFederations(database, issuer)
  if (rules.length === 0) throw badToken('issuer')
  const now = clock.now()
  const claims = await proved(
    token,
    issuer,
    rules.map(({ audience }) => audience),
    now,
  )
  const name = `github:${claims.repository}/runs/${claims.run_id}`
  const admitting = rules.filter((rule) => mismatches(rule, claims).length === 0)
  if (admitting.length === 0) {
    const wrong = nearest(rules, claims)
    // Anybody at GitHub may ask; what is put on record is what the rules' own repositories try.
    if (!wrong.includes(claimOf.repository))
      await database.transaction(async (tx) =>
        identityEvent(tx, 'federation.refused', { actor: { name, face }, at: now, about: `job/${name}`, data: { wrong } }),
      )
    throw new KibanError('forbidden', 'federation.no-rule', text.noRule(wrong.join(', ')), { hint: text.noRuleHint })
  }
  const job = await database.transaction((tx) => insertJob(tx, { name, issuer, claims, admitting, now, face }))
  if (!job) throw badToken('jti')
  return job
}

/** What does not match of the rule that is closest; of those, one for the job's own repository. */
function nearest(rules: readonly Federation[], claims: JobClaims): string[] {
  const distance = (wrong: string[]) => wrong.length + (wrong.includes(claimOf.repository) ? 100 : 0)
  return rules.map((rule) => mismatches(rule, claims)).sort((a, b) => distance(a) - distance(b))[0] ?? []
}
