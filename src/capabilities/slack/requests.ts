// What was asked in Slack, and the messages that follow what came of it.
import { newId } from '../../core/ids.ts'
import type { Language } from '../../core/text.ts'
import { json, type Queryable } from '../../database/database.ts'
import { fromRow } from '../../database/row.ts'
import type { Durable } from '../../durable/durable.ts'
import type { SlackUser } from './accounts.ts'

/** The kinds of durable work: one thing that was asked, and all the messages that follow something. */
export const SLACK_REQUEST = 'slack-request'
export const SLACK_THREADS = 'slack-threads'
export const ALL_THREADS = 'all'

/** Slack tells of an event again within the hour. */
const KNOWN_FOR_MS = 7 * 24 * 60 * 60_000

/** Where an answer goes. */
export interface SlackPlace extends SlackUser {
  channel: string
  channelName?: string
  /** Takes answers that only the asking user sees, for half an hour. */
  responseUrl?: string
  /** The message below which it was asked. */
  thread?: string
}

export interface SlackAsked extends SlackPlace {
  kind: 'command' | 'operation' | 'plan' | 'agreed'
  /** Of a command: what was typed. */
  text?: string
  /** Of an operation: its name and its input, as a button of ours or a form gave them. */
  operation?: string
  input?: Record<string, unknown>
  /** The form that waits for the plan. */
  view?: string
  /** What was shown before, and is agreed to now. */
  of?: string
  /** What exactly was shown. */
  mark?: string
}

export interface SlackRequest {
  id: string
  asked: SlackAsked
  /** Epoch milliseconds. */
  receivedAt: number
  doneAt: number | undefined
}

/** Keeps what was asked together with the wish that it be done; undefined for what is known by its key. */
export async function keepRequest(
  tx: Queryable,
  durable: Pick<Durable, 'goOn'>,
  { key, asked }: { key: string; asked: SlackAsked },
  now: number,
): Promise<string | undefined> {
  const id = newId('slk', now)
  const rows = await tx.query(
    `insert into slack_requests (id, key, asked, received_at) values ($1, $2, $3, to_timestamp($4::double precision / 1000))
     on conflict (key) do nothing returning id`,
    [id, key, json(asked), now],
  )
  if (rows.length === 0) return undefined
  await durable.goOn(SLACK_REQUEST, id, tx)
  return id
}

export async function findRequest(database: Queryable, id: string): Promise<SlackRequest | undefined> {
  const [row] = await database.query('select id, asked, received_at, done_at from slack_requests where id = $1', [id])
  return row && fromRow<SlackRequest>(row)
}

/** Keeps what a plan adds to the input, for when it is agreed to. */
export async function carryOver(database: Queryable, id: string, asked: SlackAsked): Promise<void> {
  await database.query('update slack_requests set asked = $2 where id = $1', [id, json(asked)])
}

export async function requestDone(database: Queryable, id: string, now: number): Promise<void> {
  // Where answers went, and what was typed, is of no use any more.
  await database.query(
    `update slack_requests set done_at = to_timestamp($2::double precision / 1000), asked = asked - 'responseUrl' - 'text' where id = $1`,
    [id, now],
  )
  await database.query('delete from slack_requests where done_at < to_timestamp($1::double precision / 1000)', [
    now - KNOWN_FOR_MS,
  ])
}

export interface SlackThread extends SlackUser {
  /** `deployment/dep_…`, `task-run/run_…` or `workflow-run/wfr_…`. */
  subject: string
  product: string
  channel: string
  /** Slack's name for the message. */
  ts: string
  language: Language
  /** What the message shows, as a hash. */
  told: string | undefined
}

/** Keeps a message that follows something; false where one does already. */
export async function keepThread(database: Queryable, thread: Omit<SlackThread, 'told'>): Promise<boolean> {
  const rows = await database.query(
    `insert into slack_threads (subject, team, slack_user, product, channel, ts, language) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (subject) do update set team = excluded.team, slack_user = excluded.slack_user, channel = excluded.channel,
       ts = excluded.ts, language = excluded.language, told = null, ended_at = null
     where slack_threads.ended_at is not null returning subject`,
    [thread.subject, thread.team, thread.slackUser, thread.product, thread.channel, thread.ts, thread.language],
  )
  return rows.length > 0
}

export async function threadOf(database: Queryable, subject: string): Promise<SlackThread | undefined> {
  const [row] = await database.query('select * from slack_threads where subject = $1 and ended_at is null', [subject])
  return row && fromRow<SlackThread>(row)
}

export async function openThreads(database: Queryable): Promise<SlackThread[]> {
  const rows = await database.query('select * from slack_threads where ended_at is null order by subject')
  return rows.map((row) => fromRow<SlackThread>(row))
}

export async function threadTold(
  database: Queryable,
  { subject }: Pick<SlackThread, 'subject'>,
  { told, endedAt }: { told: string; endedAt?: number },
): Promise<void> {
  await database.query(
    'update slack_threads set told = $2, ended_at = to_timestamp($3::double precision / 1000) where subject = $1',
    [subject, told, endedAt ?? null],
  )
}
