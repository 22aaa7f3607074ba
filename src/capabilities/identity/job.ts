// Sessions of jobs of GitHub Actions: each is a machine that may what its rules grant, for a while.
import type { Actor } from '../../core/actor.ts'
import { newId } from '../../core/ids.ts'
import { json, type Queryable } from '../../database/database.ts'
import type { Claims, Federation } from './federation.ts'
import type { Identity } from './identity.ts'
import { hashOf, newSecret } from './secret.ts'
import { identityEvent } from './user-store.ts'

/** A job that waits longer comes in again by a new token of GitHub's. */
const LASTS_MS = 15 * 60_000
/** A token's id is kept longer than the token can count. */
const KEPT_MS = 24 * 60 * 60_000

export interface Job {
  name: string
  secret: string
  expiresAt: number
}

/** Undefined when the token was used before. */
export async function insertJob(
  tx: Queryable,
  made: {
    name: string
    issuer: string
    claims: Claims & { jti: string }
    admitting: Federation[]
    now: number
    face: Actor['face']
  },
): Promise<Job | undefined> {
  const { name, issuer, claims, admitting, now, face } = made
  const secret = newSecret('kbj')
  const id = newId('job', now)
  const expiresAt = now + LASTS_MS
  const federations = admitting.map((rule) => rule.id)
  await tx.query('delete from identity_jobs where expires_at < to_timestamp($1::double precision / 1000)', [now - KEPT_MS])
  const inserted = await tx.query(
    `insert into identity_jobs (id, secret_hash, name, issuer, token_id, federation_ids, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000), to_timestamp($8::double precision / 1000))
     on conflict (issuer, token_id) do nothing returning id`,
    [id, hashOf(secret), name, issuer, hashOf(claims.jti), json(federations), now, expiresAt],
  )
  if (inserted.length === 0) return undefined
  const { ref, sha, environment, workflow, actor: triggeredBy } = claims
  const data = { federations, issuer, ref, sha, jobEnvironment: environment, workflow, triggeredBy, expiresAt }
  identityEvent(tx, 'job.entered', { actor: { name, face }, at: now, about: `job/${name}`, data })
  return { name, secret, expiresAt }
}

/** The jobs that are in by a rule, by name. */
export async function jobsBy(tx: Queryable, federation: string, now: number): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select distinct name from identity_jobs
     where federation_ids ? $1 and expires_at > to_timestamp($2::double precision / 1000) order by name`,
    [federation, now],
  )
  return rows.map(({ name }) => name)
}

/** Who holds a job's secret; a rule that was removed grants nothing any more, and with the last one the job is out. */
export async function actorOfJob({ database, clock }: Identity, secret: string): Promise<Actor | undefined> {
  const [row] = await database.query<{ id: string; name: string; expires_at: Date; grants: Actor['grants'] }>(
    `select jobs.id, jobs.name, jobs.expires_at, coalesce((
        select jsonb_agg(jsonb_build_object('role', role, 'product', product, 'environment', environment) order by created_at, rules.id)
        from identity_federations rules where removed_at is null and jobs.federation_ids ? rules.id), '[]') as grants
     from identity_jobs jobs where secret_hash = $1`,
    [hashOf(secret)],
  )
  if (!row || clock.now() > row.expires_at.getTime() || row.grants.length === 0) return undefined
  return { kind: 'machine', name: row.name, grants: row.grants, face: 'http', session: row.id }
}
