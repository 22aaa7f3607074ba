// Requests that people agree to or refuse, by the rule of the environment.
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { approvals as text } from '../../core/messages/approvals.ts'
import { can, holds, placesOf, type Role } from '../../core/permission.ts'
import { json, type Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'

export const APPROVAL_HOURS = 24

export type ApprovalState = 'open' | 'agreed' | 'refused' | 'expired' | 'withdrawn'

export interface Approval {
  id: string
  /** What waits: `deployment/dep_…`. */
  subject: string
  /** What exactly was shown. */
  fingerprint: string
  product: string
  environment: string
  summary: Record<string, unknown>
  /** How many must agree. */
  needed: number
  /** The least that they must be there; undefined: whoever may approve. */
  role?: Role
  askedBy: string
  askedAt: number
  expiresAt: number
  state: ApprovalState
  decidedAt: number | undefined
  votes: Vote[]
}

export interface Vote {
  actor: string
  agrees: boolean
  reason: string | undefined
  votedAt: number
}

type NewApproval = Pick<
  Approval,
  'subject' | 'fingerprint' | 'product' | 'environment' | 'summary' | 'needed' | 'role' | 'askedBy'
>

/** Asks once for each fingerprint of a subject; an earlier request for another one is withdrawn, and its votes with it. */
export async function askApproval(tx: Queryable, asked: NewApproval, face: string, now: number): Promise<Approval> {
  const { subject, fingerprint, product, environment, summary, needed, role, askedBy } = asked
  const rows = await tx.query<{ id: string }>(
    `insert into approvals_requests (id, subject, fingerprint, product, environment, summary, needed, asked_by, asked_at, expires_at, role)
     values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::double precision / 1000), to_timestamp($10::double precision / 1000), $11)
     on conflict (subject, fingerprint) do nothing returning id`,
    [
      newId('apr'),
      subject,
      fingerprint,
      product,
      environment,
      json(summary),
      needed,
      askedBy,
      now,
      now + APPROVAL_HOURS * 3_600_000,
      role ?? null,
    ],
  )
  await tx.query(
    `update approvals_requests set state = 'withdrawn', decided_at = to_timestamp($3::double precision / 1000)
     where subject = $1 and fingerprint <> $2 and state = 'open'`,
    [subject, fingerprint, now],
  )
  const approval = (await approvalFor(tx, subject, fingerprint)) as Approval
  if (rows.length > 0) tell(tx, 'approval.asked', approval, { name: askedBy, face }, now, { needed, summary })
  return approval
}

/** Ends an open request of which nothing waits any more. */
export async function withdrawApproval(tx: Queryable, subject: string, now: number): Promise<void> {
  await tx.query(
    `update approvals_requests set state = 'withdrawn', decided_at = to_timestamp($2::double precision / 1000) where subject = $1 and state = 'open'`,
    [subject, now],
  )
}

/** The request as it stands; one whose time is over expires here. */
export async function approvalFor(tx: Queryable, subject: string, fingerprint: string): Promise<Approval | undefined> {
  const [row] = await tx.query('select * from approvals_requests where subject = $1 and fingerprint = $2', [subject, fingerprint])
  return row && withVotes(tx, row)
}

/** Lets an open request run out of time; false while it has some, or was decided. */
export async function expireApproval(tx: Queryable, id: string, now: number): Promise<boolean> {
  const [row] = await tx.query(
    `update approvals_requests set state = 'expired', decided_at = to_timestamp($2::double precision / 1000)
     where id = $1 and state = 'open' and expires_at <= to_timestamp($2::double precision / 1000) returning *`,
    [id, now],
  )
  if (!row) return false
  tell(tx, 'approval.expired', await withVotes(tx, row), { name: 'kiban', face: 'worker' }, now, {})
  return true
}

/**
 * One person's word; the last needed one, or a single refusal, decides. Whoever asked does not decide, and a machine never.
 * Throws `approval.unknown`, `approval.decided`, `approval.own`, `permission.denied`.
 */
export async function vote(
  tx: Queryable,
  actor: Actor,
  given: { id: string; agrees: boolean; reason: string | undefined },
  now: number,
): Promise<Approval> {
  const [row] = await tx.query('select * from approvals_requests where id = $1 for update', [given.id])
  if (!row) throw unknown(given.id)
  const approval = await withVotes(tx, row)
  // Whether one is there that one may not see is not told either.
  if (!can(actor, 'read', approval)) throw unknown(given.id)
  refuseVoter(actor, approval)
  if (approval.state !== 'open' || approval.expiresAt <= now)
    throw new KibanError('conflict', 'approval.decided', text.decided(approval.state === 'open' ? 'expired' : approval.state), {
      hint: text.decidedHint,
    })
  await tx.query(
    `insert into approvals_votes (request_id, actor, agrees, reason, voted_at) values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000))
     on conflict (request_id, actor) do update set agrees = excluded.agrees, reason = excluded.reason, voted_at = excluded.voted_at`,
    [approval.id, actor.name, given.agrees, given.reason ?? null, now],
  )
  const votes = [
    ...approval.votes.filter((one) => one.actor !== actor.name),
    { actor: actor.name, agrees: given.agrees, reason: given.reason, votedAt: now },
  ]
  const state = stateBy(votes, approval.needed)
  await tx.query(
    `update approvals_requests set state = $2, decided_at = case when $2 = 'open' then null else to_timestamp($3::double precision / 1000) end where id = $1`,
    [approval.id, state, now],
  )
  const voted: Approval = { ...approval, votes, state, decidedAt: state === 'open' ? undefined : now }
  const agreed = votes.filter(({ agrees }) => agrees).length
  tell(tx, given.agrees ? 'approval.agreed' : 'approval.refused', voted, actor, now, {
    reason: given.reason,
    agreed,
    needed: approval.needed,
  })
  return voted
}

/** Pure: a refusal weighs more than any number of agreements. */
export function stateBy(votes: readonly Pick<Vote, 'agrees'>[], needed: number): ApprovalState {
  if (votes.some(({ agrees }) => !agrees)) return 'refused'
  return votes.length >= needed ? 'agreed' : 'open'
}

/** Why somebody may not decide on a request; undefined when they may. */
export function whyNot(
  actor: Actor,
  approval: Pick<Approval, 'product' | 'environment' | 'askedBy' | 'role'>,
): KibanError | undefined {
  const { product, environment, askedBy, role } = approval
  const options = { hint: text.ownHint, place: { product, environment } }
  if (actor.kind !== 'user') return new KibanError('forbidden', 'approval.not-a-person', text.notAPerson, options)
  if (actor.name === askedBy) return new KibanError('forbidden', 'approval.own', text.own, options)
  const may = role ? holds(actor, { role, product, environment }) : can(actor, 'approve', { product, environment })
  if (!may) return new KibanError('forbidden', 'permission.denied', text.mayNot(actor.name, `${product}/${environment}`), options)
  return undefined
}

function refuseVoter(actor: Actor, approval: Approval): void {
  const error = whyNot(actor, approval)
  if (error) throw error
}

/** Requests that the actor may see, the newest first; those older than another, where that is asked. */
export async function listApprovals(
  database: Queryable,
  actor: Actor,
  { open, before, limit }: { open: boolean; before?: string; limit: number },
): Promise<Approval[]> {
  const places = placesOf(actor, 'read')
  const rows = await database.query(
    `select * from approvals_requests a where (not $1 or state = 'open')
       and exists (select from unnest($2::text[], $3::text[]) as mine (product, environment)
         where mine.product in ('*', a.product) and mine.environment in ('*', a.environment))
       and ($4::text is null or (asked_at, id) < (select b.asked_at, b.id from approvals_requests b where b.id = $4))
     order by asked_at desc, id desc limit $5`,
    [open, places.products, places.environments, before ?? null, limit],
  )
  return Promise.all(rows.map((row) => withVotes(database, row)))
}

export async function findApproval(database: Queryable, id: string): Promise<Approval | undefined> {
  const [row] = await database.query('select * from approvals_requests where id = $1', [id])
  return row && withVotes(database, row)
}

export const unknown = (id: string): KibanError =>
  new KibanError('not-found', 'approval.unknown', text.unknown(id), { hint: text.unknownHint })

async function withVotes(tx: Queryable, row: object): Promise<Approval> {
  const approval = fromRow<Approval>(row)
  const votes = await tx.query(
    'select actor, agrees, reason, voted_at from approvals_votes where request_id = $1 order by voted_at',
    [approval.id],
  )
  return { ...approval, votes: votes.map((one) => fromRow<Vote>(one)) }
}

const tell = (
  tx: Queryable,
  type: string,
  { id, product, environment, subject }: Approval,
  actor: { name: string; face: string },
  at: number,
  data: Record<string, unknown>,
): void =>
  appendEvent(tx, {
    type,
    at,
    product,
    environment,
    actor: actor.name,
    face: actor.face,
    subject,
    data: { approval: id, ...data },
  })
