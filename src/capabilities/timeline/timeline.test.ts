import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../core/actor.ts'
import { realClock } from '../../core/clock.ts'
import type { Event } from '../../core/event.ts'
import { eventTypes, eventWords } from '../../core/messages/timeline.ts'
import type { Context } from '../../core/operation.ts'
import type { Role } from '../../core/permission.ts'
import { runner } from '../../core/runner.ts'
import type { Database } from '../../database/database.ts'
import { type EventFeed, eventFeed } from '../../database/event-feed.ts'
import { appendEvent } from '../../database/events.ts'
import { openDatabase } from '../../database/open-database.ts'
import { timelineOperations } from './operations.ts'

type Item = { seq: number; type: string; subject: string }
/** Three days ago, so that the measures of the last month hold it whenever this runs. */
const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 86_400_000
const MINUTE = 60_000

let database: Database
let events: EventFeed
let run: ReturnType<typeof runner>

beforeAll(async () => {
  database = await openDatabase({})
  events = await eventFeed(database)
  run = runner(timelineOperations({ timeline: async () => ({ database, events, clock: realClock }) }))
  await happen(
    { type: 'deployment.queued', at: T0, subject: 'deployment/dep_1', data: { kind: 'deploy', ref: 'main', commit: 'abc' } },
    {
      type: 'deployment.built',
      at: T0 + MINUTE,
      subject: 'deployment/dep_1',
      data: { commit: 'abc', committedAt: T0 - 59 * MINUTE },
    },
    { type: 'deployment.rolling', at: T0 + 2 * MINUTE, subject: 'deployment/dep_1' },
    { type: 'deployment.ended', at: T0 + 3 * MINUTE, subject: 'deployment/dep_1', data: { verdict: 'succeeded' } },
    {
      type: 'lock.taken',
      at: T0 + 90 * MINUTE,
      subject: 'service/web',
      environment: 'staging',
      data: { reason: 'sale 50% off' },
    },
    {
      type: 'lock.taken',
      at: T0 + 91 * MINUTE,
      subject: 'service/web',
      product: 'toyshop',
      actor: 'umi',
      data: { reason: 'sale_now' },
    },
    {
      type: 'grant.given',
      at: T0 + 92 * MINUTE,
      subject: 'user/haru',
      product: '*',
      environment: undefined,
      data: { role: 'sre' },
    },
  )
})
afterAll(async () => {
  await events.close()
  await database.close()
})

async function happen(...told: Partial<Event>[]): Promise<void> {
  for (const one of told)
    await database.transaction(async (tx) =>
      appendEvent(tx, {
        type: 'lock.taken',
        at: T0,
        product: 'bookshop',
        environment: 'production',
        actor: 'aoi',
        face: 'cli',
        subject: 'x/y',
        data: {},
        ...one,
      }),
    )
}

const as = (role: Role, product = '*', environment = '*'): Actor => ({
  kind: 'user',
  name: 'sora',
  grants: [{ role, product, environment }],
  face: 'http',
})
const context = (actor: Actor, more: Partial<Context> = {}): Context => ({
  actor,
  signal: new AbortController().signal,
  requestId: 'req_1',
  environment: undefined,
  ...more,
})
const list = async (input: object, actor = as('sre')) => {
  const { events: found, next } = (await run.call('timeline.list', input, context(actor))) as { events: Item[]; next?: string }
  return { found: found.map(({ type, subject }) => `${type} ${subject}`), next }
}

test('newest first, page by page, each event once', async () => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { found, next } = await list({ limit: 3, cursor })
    seen.push(...found)
    cursor = next
  } while (cursor)
  expect(seen).toEqual([
    'grant.given user/haru',
    'lock.taken service/web',
    'lock.taken service/web',
    'deployment.ended deployment/dep_1',
    'deployment.rolling deployment/dep_1',
    'deployment.built deployment/dep_1',
    'deployment.queued deployment/dep_1',
  ])
})

test('filters by product, environment, kind, person, subject, words and time', async () => {
  expect((await list({ product: 'toyshop' })).found).toEqual(['lock.taken service/web'])
  expect((await list({ env: 'staging' })).found).toEqual(['lock.taken service/web'])
  expect((await list({ type: ['grant', 'deployment.ended'] })).found).toEqual([
    'grant.given user/haru',
    'deployment.ended deployment/dep_1',
  ])
  expect((await list({ actor: 'umi' })).found).toHaveLength(1)
  expect((await list({ subject: 'deployment/dep_1' })).found).toHaveLength(4)
  expect((await list({ text: '50%' })).found).toEqual(['lock.taken service/web'])
  expect((await list({ text: 'E_N' })).found).toEqual(['lock.taken service/web'])
  expect((await list({ around: new Date(T0 + 100 * MINUTE).toISOString() })).found).toHaveLength(3)
  expect(
    (await list({ since: new Date(T0 + MINUTE).toISOString(), until: new Date(T0 + 2 * MINUTE).toISOString() })).found,
  ).toHaveLength(2)
  await expect(list({ since: 'yesterday' })).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(list({ cursor: "1' or 1=1" })).rejects.toMatchObject({ code: 'input.invalid' })
})

test('everybody sees what they may, and no more', async () => {
  expect((await list({}, as('viewer', 'toyshop'))).found).toEqual(['lock.taken service/web'])
  expect((await list({}, as('developer', 'bookshop', 'staging'))).found).toEqual(['lock.taken service/web'])
  expect((await list({}, as('developer'))).found).not.toContain('grant.given user/haru')
  expect((await list({}, { ...as('sre'), grants: [] })).found).toEqual([])
})

test('a follower is told of each event once, in order, and goes on after the last one that it saw', async () => {
  const gone = new AbortController()
  const stream = run.stream(
    'timeline.follow',
    { product: 'followed' },
    context(as('viewer'), { signal: gone.signal, after: '0' }),
  )
  const iterator = stream[Symbol.asyncIterator]()
  const next = async () => (await iterator.next()).value as Item
  const first = next()
  await happen({ product: 'followed', subject: 'n/1' }, { product: 'other' }, { product: 'followed', subject: 'n/2' })
  const seen = [await first, await next()]
  expect(seen.map(({ subject }) => subject)).toEqual(['n/1', 'n/2'])
  const waiting = next()
  gone.abort(new Error('left'))
  await expect(waiting).rejects.toThrow('left')
  await happen({ product: 'followed', subject: 'n/3' })
  const again = run.stream('timeline.follow', { product: 'followed' }, context(as('viewer'), { after: String(seen[0]?.seq) }))
  const rest = again[Symbol.asyncIterator]()
  expect([((await rest.next()).value as Item).subject, ((await rest.next()).value as Item).subject]).toEqual(['n/2', 'n/3'])
  await rest.return?.(undefined)
})

test('the measures come from the events alone', async () => {
  expect(await run.call('timeline.measure', { product: 'bookshop' }, context(as('viewer', 'bookshop')))).toMatchObject({
    environment: 'production',
    deployments: 1,
    leadTimeMs: 62 * MINUTE,
    failureRate: 0,
  })
})

test('every kind of event that is written has its words, in both languages', () => {
  const written = new Set<string>()
  const look = (folder: URL) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) look(new URL(`${entry.name}/`, folder))
      else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
        for (const [, type] of readFileSync(new URL(entry.name, folder), 'utf8').matchAll(
          /(?:type: |lockEvent\(tx, |tell\(tx, \w+, actor, |identityEvent\(tx, )'([a-z]+\.[a-z-]+)'/g,
        ))
          written.add(type ?? '')
    }
  }
  look(new URL('../', import.meta.url))
  expect(written.size).toBeGreaterThan(20)
  expect([...written].filter((type) => !eventTypes().includes(type))).toEqual([])
  for (const type of eventTypes()) {
    const { text } = eventWords({ type, data: {}, subject: 'user/haru' })
    expect(text.en.length * text.ja.length).toBeGreaterThan(0)
  }
  expect(eventWords({ type: 'new.kind', data: {}, subject: 'x' })).toEqual({
    text: { en: 'new.kind', ja: 'new.kind' },
    tone: 'muted',
  })
})
