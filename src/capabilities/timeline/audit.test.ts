import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import type { Event } from '../../core/event.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { type Context, fileOf } from '../../core/operation.ts'
import type { Role } from '../../core/permission.ts'
import { runner } from '../../core/runner.ts'
import type { Database } from '../../database/database.ts'
import { type EventFeed, eventFeed } from '../../database/event-feed.ts'
import { appendEvent } from '../../database/events.ts'
import { openDatabase } from '../../database/open-database.ts'
import { auditFiles } from './audit-file.ts'
import { timelineOperations } from './operations.ts'
import { Refusals } from './refusals.ts'

type Item = { seq: number; type: string; subject: string; actor: string; data: Record<string, unknown> }

const clock = new ManualClock(Date.parse('2026-11-25T09:00:00Z'))
let database: Database
let events: EventFeed
let refusals: Refusals
let run: ReturnType<typeof runner>

beforeAll(async () => {
  database = await openDatabase({})
  events = await eventFeed(database)
})
afterAll(async () => {
  await events.close()
  await database.close()
})
beforeEach(async () => {
  await database.query('delete from events')
  refusals = new Refusals({ database, clock, failed: (error) => expect.unreachable(error.message) })
  run = runner(timelineOperations({ timeline: async () => ({ database, events, clock }) }), refusals.heard)
})

const as = (role: Role, product = '*', environment = '*', name = 'sora'): Actor => ({
  kind: 'user',
  name,
  grants: [{ role, product, environment }],
  face: 'http',
})
const context = (actor: Actor): Context => ({
  actor,
  signal: new AbortController().signal,
  requestId: 'req_1',
  environment: undefined,
})
const happen = (...told: Partial<Event>[]) =>
  database.transaction(async (tx) => {
    for (const one of told)
      appendEvent(tx, {
        type: 'lock.taken',
        at: clock.now(),
        product: 'bookshop',
        environment: 'staging',
        actor: 'aoi',
        face: 'cli',
        subject: 'service/web',
        data: {},
        ...one,
      })
  })
const ask = async (name: string, input: object, actor = as('sre')) =>
  ((await run.call(name, input, context(actor))) as { events: Item[]; next?: string }).events
const exported = async (input: object, actor = as('sre')): Promise<Item[]> => {
  const items: Item[] = []
  for await (const item of run.stream('audit.export', input, context(actor))) items.push(item as Item)
  return items
}
const refused = (actor: Actor, code: 'permission.denied' | 'lock.held' = 'permission.denied') =>
  refusals.heard(actor, {
    operation: 'freeze.start',
    place: { product: 'bookshop', environment: '*' },
    error: new KibanError('forbidden', code, { en: 'No', ja: '不可' }),
  })

test('what is refused is on record with who, how, what, where and why, and is no part of the timeline', async () => {
  const haru = as('developer', 'bookshop', 'staging', 'haru')
  await expect(run.call('audit.list', { product: 'bookshop' }, context(haru))).rejects.toMatchObject({
    code: 'permission.denied',
  })
  expect(await ask('audit.list', {})).toMatchObject([
    {
      type: 'operation.refused',
      product: 'bookshop',
      actor: 'haru',
      face: 'http',
      subject: 'operation/audit.list',
      data: { operation: 'audit.list', code: 'permission.denied', why: { en: 'haru may not run audit.list on bookshop/*' } },
      text: { en: 'audit.list refused: haru may not run audit.list on bookshop/*' },
    },
  ])
  expect(await ask('timeline.list', {})).toEqual([])
})

test('one audits what one answers for: a product, an environment of it, or everything', async () => {
  await happen(
    {},
    { environment: 'production' },
    { product: 'toyshop' },
    { product: '*', environment: undefined, type: 'user.added' },
  )
  await refused(as('viewer', 'bookshop', '*', 'haru'))
  const types = async (input: object, actor: Actor) => (await ask('audit.list', input, actor)).map(({ type }) => type)
  expect(await types({}, as('manager'))).toHaveLength(5)
  expect(await types({ product: 'bookshop' }, as('manager', 'bookshop'))).toEqual([
    'operation.refused',
    'lock.taken',
    'lock.taken',
  ])
  expect(await types({ product: 'bookshop', env: 'staging' }, as('manager', 'bookshop', 'staging'))).toEqual(['lock.taken'])
  for (const [input, actor] of [
    [{}, as('manager', 'bookshop')],
    [{ product: 'toyshop' }, as('manager', 'bookshop')],
    [{ product: 'bookshop' }, as('manager', 'bookshop', 'staging')],
    [{ product: 'bookshop' }, as('developer', 'bookshop')],
  ] as const)
    await expect(ask('audit.list', input, actor)).rejects.toMatchObject({ code: 'permission.denied' })
})

test('a mistake is no refusal, and neither is what nobody in particular tries', async () => {
  await expect(ask('audit.list', { cursor: 'x' })).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(ask('audit.list', {}, { ...as('viewer'), kind: 'nobody' })).rejects.toMatchObject({ code: 'permission.denied' })
  expect(await ask('audit.list', {})).toEqual([])
})

test('it is filtered by face, kind, person and time', async () => {
  await happen({ face: 'slack' }, { type: 'lock.forced' }, { actor: 'umi' }, { at: clock.now() - 3 * 3_600_000 })
  expect(await ask('audit.list', { face: 'slack' })).toHaveLength(1)
  expect(await ask('audit.list', { type: ['lock.forced'] })).toHaveLength(1)
  expect(await ask('audit.list', { actor: 'umi' })).toHaveLength(1)
  expect(await ask('audit.list', { until: '2h' })).toHaveLength(1)
  expect(await ask('audit.list', { since: '2h' })).toHaveLength(3)
})

test('whoever is refused a thousand times is told of twenty times, and then as a number', async () => {
  const bot = { ...as('viewer', '*', '*', 'bot'), kind: 'machine' as const }
  for (let time = 0; time < 1000; time++) await refused(bot)
  await refused(as('viewer', '*', '*', 'haru'))
  expect(await ask('audit.list', { actor: 'bot', limit: 500 })).toHaveLength(20)
  expect(await ask('audit.list', { actor: 'haru' })).toHaveLength(1)
  clock.advance(10 * 60_000)
  await expect
    .poll(() => ask('audit.list', { actor: 'bot', limit: 1 }))
    .toMatchObject([{ data: { times: 980, counts: { 'freeze.start': 980 } }, text: { en: '980 more refused: freeze.start' } }])
  await refused(bot)
  expect(await ask('audit.list', { actor: 'bot', limit: 500 })).toHaveLength(22)
})

test('what was only counted is told when the server ends', async () => {
  for (let time = 0; time < 23; time++) await refused(as('viewer'))
  await refusals.close()
  expect((await ask('audit.list', { limit: 500 })).map(({ data }) => data.times)).toEqual([3, ...Array(20).fill(undefined)])
})

test('an export holds everything there was, in order, and is on record itself', async () => {
  for (let batch = 0; batch < 3; batch++)
    await happen(...Array.from({ length: 400 }, (_, at) => ({ subject: `n/${batch}-${at}` })))
  const all = await exported({})
  expect(all).toHaveLength(1200)
  expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).sort((a, b) => a - b))
  expect(await ask('audit.list', { type: ['audit'] })).toMatchObject([
    { type: 'audit.exported', actor: 'sora', data: { format: 'csv' } },
  ])
})

test('a connection that broke off is taken up after the last line, and is no second export', async () => {
  await happen({ subject: 'n/1' }, { subject: 'n/2' })
  const [first] = await exported({})
  const rest = run.stream('audit.export', {}, { ...context(as('sre')), after: String(first?.seq) })
  expect(((await rest.next()).value as Item).subject).toBe('n/2')
  await rest.return(undefined)
  expect(await ask('audit.list', { type: ['audit'] })).toHaveLength(1)
})

test('a spreadsheet runs nothing of what somebody wrote, and every value is still whole', async () => {
  const reason = '=HYPERLINK("http://evil.example","x")\nand more, "quoted"'
  await happen({ actor: '@sum', data: { reason } })
  const [item] = await exported({})
  const line = auditFiles.csv.line(item as never)
  expect(auditFiles.csv.head).toBe('at,seq,id,type,product,environment,actor,face,subject,reason,text,data\r\n')
  expect(line).toContain(
    `,bookshop,staging,'@sum,cli,service/web,"'=HYPERLINK(""http://evil.example"",""x"")\nand more, ""quoted""",`,
  )
  expect(line).toMatch(/^2026-11-25T/)
  expect(JSON.parse(auditFiles.ndjson.line(item as never))).toMatchObject({ actor: '@sum', data: { reason } })
  const operation = timelineOperations({ timeline: () => Promise.reject(new Error()) }).find(
    ({ name }) => name === 'audit.export',
  )
  expect(operation?.kind === 'stream' && fileOf(operation, { format: 'ndjson' })?.type).toBe('application/x-ndjson')
})
