// Which jobs of GitHub Actions may come in, and what they may then: rules that an administrator has written down.
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { federation as text } from '../../core/messages/federation.ts'
import type { Role } from '../../core/permission.ts'
import { json, type Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import { globMatcher } from '../../images/process/glob.ts'

/** What a rule may ask for, and the claim of GitHub's token that must match it: https://docs.github.com/en/actions/reference/security/oidc */
export const claimOf = {
  repository: 'repository',
  ref: 'ref',
  jobEnvironment: 'environment',
  jobWorkflow: 'job_workflow_ref',
  ownerId: 'repository_owner_id',
} as const

export type Wanted = { repository: string } & { [Field in keyof typeof claimOf]?: string | undefined }

export interface Federation {
  id: string
  issuer: string
  audience: string
  wanted: Wanted
  role: Role
  /** `*` for all. */
  product: string
  environment: string
  createdBy: string
  createdAt: number
}

export type Claims = Record<string, unknown>

/** The claims of a token that has proved itself which this rule does not accept; none when it lets the job in. */
export function mismatches({ audience, wanted }: Pick<Federation, 'audience' | 'wanted'>, claims: Claims): string[] {
  const fields = Object.keys(claimOf) as (keyof typeof claimOf)[]
  const wrong = fields.filter((field) => wanted[field] !== undefined && !matches(field, wanted[field], claims[claimOf[field]]))
  const audiences = [claims.aud].flat()
  return [...(audiences.includes(audience) ? [] : ['audience']), ...wrong.map((field) => claimOf[field])]
}

/** GitHub's names of owners and repositories are the same in any case; refs are not. */
function matches(field: keyof typeof claimOf, pattern: string, claim: unknown): boolean {
  if (typeof claim !== 'string') return false
  if (field === 'ownerId') return claim === pattern
  if (field === 'repository') return globMatcher(pattern.toLowerCase(), { below: false })(claim.toLowerCase())
  return globMatcher(pattern, { below: false })(claim)
}

/** Throws `federation.bad-rule` for one that would let in more than anybody can mean. */
export function refuseBadRule({ issuer, audience, wanted }: Pick<Federation, 'issuer' | 'audience' | 'wanted'>): void {
  const bad = (field: string, value: string, hint: typeof text.issuerHint) =>
    new KibanError('invalid', 'federation.bad-rule', text.badRule(field, value), { hint })
  // Whoever makes an account at GitHub has tokens for this audience: the owner is said in full.
  if (!/^[\w.-]+\/[\w.*-]+$/.test(wanted.repository)) throw bad('repository', wanted.repository, text.repositoryHint)
  if (wanted.ref === undefined && wanted.jobEnvironment === undefined)
    throw new KibanError('invalid', 'federation.bad-rule', text.tooWide, { hint: text.tooWideHint })
  const url = URL.parse(issuer)
  const safe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))
  if (!safe || url.search || url.hash || url.username) throw bad('issuer', issuer, text.issuerHint)
  if (audience.trim() === '') throw bad('audience', audience, text.audienceHint)
}

const isLoopback = ({ hostname }: URL): boolean => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)

export async function insertFederation(tx: Queryable, fresh: Omit<Federation, 'id'>): Promise<Federation> {
  const made = { ...fresh, id: newId('fed', fresh.createdAt) }
  await tx.query(
    `insert into identity_federations (id, issuer, audience, wanted, role, product, environment, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::double precision / 1000))`,
    [
      made.id,
      made.issuer,
      made.audience,
      json(made.wanted),
      made.role,
      made.product,
      made.environment,
      made.createdBy,
      made.createdAt,
    ],
  )
  return made
}

/** Those that stand, the oldest first; of one issuer where that is asked. */
export async function listFederations(database: Queryable, issuer?: string): Promise<Federation[]> {
  const rows = await database.query(
    `select id, issuer, audience, wanted, role, product, environment, created_by, created_at from identity_federations
     where removed_at is null and ($1::text is null or issuer = $1) order by created_at, id`,
    [issuer ?? null],
  )
  return rows.map((row) => fromRow<Federation>(row))
}

/** What was removed; undefined when there is none that stands. */
export async function removeFederation(tx: Queryable, id: string, now: number): Promise<Federation | undefined> {
  const [row] = await tx.query(
    `update identity_federations set removed_at = to_timestamp($2::double precision / 1000) where id = $1 and removed_at is null
     returning id, issuer, audience, wanted, role, product, environment, created_by, created_at`,
    [id, now],
  )
  return row && fromRow<Federation>(row)
}
