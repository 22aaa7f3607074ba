// Users of Slack, and the users of kiban that they are.
import { createHash, randomInt } from 'node:crypto'
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { slack as text } from '../../core/messages/slack.ts'
import { can } from '../../core/permission.ts'
import type { Language } from '../../core/text.ts'
import type { Queryable } from '../../database/database.ts'
import { appendEvent } from '../../database/events.ts'
import { fromRow } from '../../database/row.ts'

/** A user of a Slack workspace, by Slack's own ids (T…, U…). */
export interface SlackUser {
  team: string
  slackUser: string
}

export interface SlackAccount extends SlackUser {
  slackName: string
  /** The user of kiban. */
  name: string
  language: Language
  /** Epoch milliseconds. */
  linkedAt: number
  linkedBy: string
}

type Shown = SlackUser & Pick<SlackAccount, 'slackName' | 'language'>

/** No letters that are taken for each other; fifty bits, good for ten minutes. */
const CODE = { letters: 'abcdefghjkmnpqrstuvwxyz23456789', length: 10, minutes: 10 }

/** Makes a code by which this user of Slack becomes whoever enters it where they are logged in. An earlier one ends. */
export async function slackCode(tx: Queryable, shown: Shown, now: number): Promise<string> {
  const code = Array.from({ length: CODE.length }, () => CODE.letters[randomInt(CODE.letters.length)]).join('')
  await tx.query(
    'delete from slack_codes where (team = $1 and slack_user = $2) or expires_at < to_timestamp($3::double precision / 1000)',
    [shown.team, shown.slackUser, now],
  )
  await tx.query(
    `insert into slack_codes (code_hash, team, slack_user, slack_name, language, expires_at)
     values ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000))`,
    [hashOf(code), shown.team, shown.slackUser, shown.slackName, shown.language, now + CODE.minutes * 60_000],
  )
  return code
}

/** Whose code it is. Throws `slack.code-unknown`. */
export async function ofSlackCode(database: Queryable, code: string, now: number): Promise<Shown> {
  const [row] = await database.query(
    'select team, slack_user, slack_name, language from slack_codes where code_hash = $1 and expires_at > to_timestamp($2::double precision / 1000)',
    [hashOf(code), now],
  )
  if (!row) throw new KibanError('not-found', 'slack.code-unknown', text.codeUnknown, { hint: text.codeUnknownHint })
  return fromRow<Shown>(row)
}

/** Links the user of Slack that made the code to the actor. A code is good once. Throws `slack.code-unknown`. */
export async function linkByCode(tx: Queryable, actor: Actor, code: string, now: number): Promise<SlackAccount> {
  const shown = await ofSlackCode(tx, code, now)
  await tx.query('delete from slack_codes where team = $1 and slack_user = $2', [shown.team, shown.slackUser])
  return link(tx, actor, { ...shown, name: actor.name }, now)
}

/** Links a user of Slack to a user of kiban; one that was linked is that one from now on. */
export async function link(tx: Queryable, actor: Actor, wanted: Shown & { name: string }, now: number): Promise<SlackAccount> {
  const [row] = await tx.query(
    `insert into slack_accounts (team, slack_user, slack_name, name, language, linked_at, linked_by)
     values ($1, $2, $3, lower($4), $5, to_timestamp($6::double precision / 1000), $7)
     on conflict (team, slack_user) do update set slack_name = excluded.slack_name, name = excluded.name,
       language = excluded.language, linked_at = excluded.linked_at, linked_by = excluded.linked_by returning *`,
    [wanted.team, wanted.slackUser, wanted.slackName, wanted.name, wanted.language, now, actor.name],
  )
  const account = fromRow<SlackAccount>(row as object)
  tell(tx, actor, 'slack.linked', account, now)
  return account
}

/** Takes a link away: one's own, or anybody's for those who administer. Throws `slack.account-unknown`. */
export async function unlink(tx: Queryable, actor: Actor, slackUser: string, now: number): Promise<void> {
  const mayAll = can(actor, 'administer', { product: '*', environment: '*' })
  const rows = await tx.query('delete from slack_accounts where slack_user = $1 and ($2 or name = $3) returning *', [
    slackUser,
    mayAll,
    actor.name,
  ])
  if (rows.length === 0)
    throw new KibanError('not-found', 'slack.account-unknown', text.accountUnknown(slackUser), { hint: text.accountUnknownHint })
  for (const row of rows) tell(tx, actor, 'slack.unlinked', fromRow<SlackAccount>(row), now)
}

export async function slackAccount(database: Queryable, { team, slackUser }: SlackUser): Promise<SlackAccount | undefined> {
  const [row] = await database.query('select * from slack_accounts where team = $1 and slack_user = $2', [team, slackUser])
  return row && fromRow<SlackAccount>(row)
}

export async function slackAccounts(database: Queryable): Promise<SlackAccount[]> {
  const rows = await database.query('select * from slack_accounts order by name, team, slack_user')
  return rows.map((row) => fromRow<SlackAccount>(row))
}

const hashOf = (code: string): string => createHash('sha256').update(code.trim().toLowerCase().replaceAll('-', '')).digest('hex')

const tell = (tx: Queryable, actor: Actor, type: string, account: SlackAccount, at: number): void => {
  const { team, slackUser, slackName, name } = account
  appendEvent(tx, {
    type,
    at,
    product: '*',
    environment: undefined,
    actor: actor.name,
    face: actor.face,
    subject: `user/${name}`,
    data: { team, slackUser, slackName },
  })
}
