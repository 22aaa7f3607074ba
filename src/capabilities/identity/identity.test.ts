import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../core/actor.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { Context } from '../../core/operation.ts'
import { runner } from '../../core/runner.ts'
import type { Database } from '../../database/database.ts'
import { openDatabase } from '../../database/open-database.ts'
import type { Identity } from './identity.ts'
import { firstInvitation } from './invitation.ts'
import { identityOperations } from './operations.ts'
import { sealBy } from './secret.ts'
import { keepServerAddress } from './server-address.ts'
import { identify } from './session.ts'

const HOUR_MS = 3_600_000
const NOBODY: Actor = { kind: 'nobody', name: 'nobody', grants: [], face: 'http' }
const GOOD = 'Correct-horse-7'

let database: Database
let identity: Identity
let run: ReturnType<typeof runner>
const clock = new ManualClock(Date.now())

beforeAll(async () => {
  database = await openDatabase({})
  const seal = sealBy(randomBytes(32))
  identity = { database, clock, seal: async () => seal }
  const operations = identityOperations({ identity: async () => identity }, () => operations)
  run = runner(operations)
})
afterAll(() => database.close())

const call = <Answer = Record<string, unknown>>(actor: Actor, name: string, input: object = {}): Promise<Answer> => {
  const context: Context = {
    actor,
    signal: new AbortController().signal,
    requestId: 'req_1',
    environment: {},
    agent: 'Browser 1',
  }
  return run.call(name, input, context) as Promise<Answer>
}
const login = async (link: string): Promise<Actor> => {
  const { secret } = await call<{ secret: string }>(NOBODY, 'login.invitation', { link })
  return (await identify(identity, secret)) as Actor
}
const linkOf = ({ link }: { link: string }) => new URL(link).hash.slice(1)
const invited = async (by: Actor, name: string): Promise<Actor> => login(linkOf(await call(by, 'user.invite', { name })))

let admin: Actor

test('the first administrator comes in by a link, once, and no further link is made then', async () => {
  const unseen = (await firstInvitation(identity)) ?? ''
  const link = (await firstInvitation(identity)) ?? ''
  await expect(call(NOBODY, 'login.invitation', { link: unseen })).rejects.toMatchObject({ code: 'invitation.unknown' })
  admin = await login(link)
  expect(admin).toMatchObject({ kind: 'user', name: 'admin', grants: [{ role: 'sre', product: '*', environment: '*' }] })
  await expect(call(NOBODY, 'login.invitation', { link })).rejects.toMatchObject({ code: 'invitation.unknown' })
  expect(await firstInvitation(identity)).toBeUndefined()
})

test('whoever works without a server is told that sessions and tokens need a login at one', async () => {
  const local: Actor = { kind: 'user', name: 'aoi', grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'cli' }
  for (const [name, input] of [
    ['session.list', {}],
    ['token.list', {}],
    ['token.create', { name: 'ci', role: 'viewer' }],
  ] as const)
    await expect(call(local, name, input)).rejects.toMatchObject({ code: 'login.no-server' })
})

test('a link leads to the server that was started last', async () => {
  const invitation = async () => new URL((await call<{ link: string }>(admin, 'user.invite', { name: 'nao' })).link).origin
  expect(await invitation()).toBe('http://127.0.0.1:8300')
  await keepServerAddress(database, new URL('https://old.example.com/'))
  await keepServerAddress(database, new URL('https://kiban.example.com/'))
  expect(await invitation()).toBe('https://kiban.example.com')
})

test('an invitation ends after three days, and a newer one ends the older', async () => {
  const first = linkOf(await call(admin, 'user.invite', { name: 'Haru' }))
  const second = linkOf(await call(admin, 'user.invite', { name: 'haru' }))
  await expect(call(NOBODY, 'login.invitation', { link: first })).rejects.toMatchObject({ code: 'invitation.unknown' })
  await clock.advance(73 * HOUR_MS)
  await expect(call(NOBODY, 'login.invitation', { link: second })).rejects.toMatchObject({ code: 'invitation.unknown' })
  expect((await invited(admin, 'haru')).name).toBe('haru')
})

test('whoever holds no role may look at nothing; a role counts at its place until it ends or is taken back', async () => {
  const haru = await invited(admin, 'haru')
  const can = async (actor: Actor, operation: string, place: object) =>
    (await call<{ allowed: boolean }>(actor, 'permission.check', { operation, ...place })).allowed
  await expect(call(haru, 'user.list')).rejects.toMatchObject({ code: 'permission.denied' })
  const until = new Date(clock.now() + HOUR_MS).toISOString()
  const grant = await call<{ id: string }>(admin, 'grant.give', {
    name: 'haru',
    role: 'developer',
    product: 'bookshop',
    env: 'staging',
    until,
  })
  const again = await invited(admin, 'haru')
  expect(again.grants).toEqual([{ role: 'developer', product: 'bookshop', environment: 'staging' }])
  expect(await can(again, 'user.invite', { product: 'bookshop', env: 'staging' })).toBe(false)
  await call(admin, 'grant.take', { grant: grant.id })
  expect((await invited(admin, 'haru')).grants).toEqual([])
  for (const over of [clock.now() - HOUR_MS, clock.now()])
    await expect(
      call(admin, 'grant.give', { name: 'haru', role: 'viewer', until: new Date(over).toISOString() }),
    ).rejects.toMatchObject({ kind: 'invalid', code: 'grant.over' })
  expect((await invited(admin, 'haru')).grants).toEqual([])
  await expect(call(admin, 'grant.take', { grant: grant.id })).rejects.toMatchObject({ code: 'grant.unknown' })
})

test('a question about a permission is answered with its reason, in both languages', async () => {
  expect(await call(admin, 'permission.check', { operation: 'user.invite' })).toMatchObject({
    allowed: true,
    permission: 'administer',
    roles: ['sre'],
    because: {
      en: 'You may run user.invite on */*: you are sre there',
      ja: '*/* で user.invite を実行できます: SREの役割があります',
    },
  })
  await expect(call(admin, 'permission.check', { operation: 'nothing.there' })).rejects.toMatchObject({
    code: 'operation.unknown',
  })
})

test('nobody gives more than they hold, and nobody takes away the last administrator', async () => {
  const sora = await invited(admin, 'sora')
  await call(admin, 'grant.give', { name: 'sora', role: 'sre', product: 'bookshop' })
  const limited = { ...sora, grants: [{ role: 'sre' as const, product: 'bookshop', environment: '*' }] }
  await expect(call(limited, 'grant.give', { name: 'sora', role: 'sre' })).rejects.toMatchObject({ code: 'permission.denied' })
  await expect(call(limited, 'token.create', { name: 'ci', role: 'viewer' })).rejects.toMatchObject({
    code: 'grant.more-than-own',
  })
  await expect(call(admin, 'user.disable', { name: 'admin' })).rejects.toMatchObject({ code: 'user.last-administrator' })
  const [own] =
    (await call<{ users: { name: string; grants: { id: string }[] }[] }>(admin, 'user.list')).users.find(
      ({ name }) => name === 'admin',
    )?.grants ?? []
  await expect(call(admin, 'grant.take', { grant: own?.id })).rejects.toMatchObject({ code: 'user.last-administrator' })
})

test('a weak password is refused with everything that it lacks', async () => {
  await expect(call(admin, 'password.set', { password: 'short' })).rejects.toMatchObject({
    code: 'password.weak',
    details: [
      { en: 'at least 8 characters' },
      { en: 'at least one upper case letter' },
      { en: 'at least one digit' },
      { en: 'at least one sign, such as - or !' },
    ],
  })
})

test('a password counts with a code, each code once, and only after it was confirmed', async () => {
  const { seed } = await call<{ seed: string }>(admin, 'password.set', { password: GOOD })
  const code = () => new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: clock.now() })
  const enter = (password: string, given: string) =>
    call<{ secret: string }>(NOBODY, 'login.password', { name: 'ADMIN', password, code: given })
  await expect(enter(GOOD, code())).rejects.toMatchObject({ code: 'login.failed' })
  await expect(call(admin, 'password.confirm', { code: '000000' })).rejects.toMatchObject({ code: 'login.code-wrong' })
  const used = code()
  await call(admin, 'password.confirm', { code: used })
  await expect(enter(GOOD, used)).rejects.toMatchObject({ code: 'login.failed' })
  await clock.advance(30_000)
  await expect(enter(`${GOOD}!`, code())).rejects.toMatchObject({ code: 'login.failed' })
  expect(await identify(identity, (await enter(GOOD, code())).secret)).toMatchObject({ name: 'admin' })
  const rows = JSON.stringify(await database.query('select * from identity_passwords'))
  expect([rows.includes(GOOD), rows.includes(seed)]).toEqual([false, false])
})

test('guessing is held up, a thousand tries at once too, and tells nobody who exists', async () => {
  for (const name of ['admin', 'nobody-here']) {
    const tries = await Promise.allSettled(
      Array.from({ length: 1_000 }, () => call(NOBODY, 'login.password', { name, password: 'x', code: '123456' })),
    )
    const codes = tries.map((one) => (one as PromiseRejectedResult).reason.code as string)
    // The first tries are free; a second or two may pass and let another one through.
    const passed = codes.filter((code) => code === 'login.failed').length
    expect(passed).toBeGreaterThanOrEqual(5)
    expect(passed).toBeLessThan(15)
    expect(codes.filter((code) => code === 'login.blocked')).toHaveLength(1_000 - passed)
  }
})

test('a session ends when it is idle for twelve hours, after a week, or when it is ended', async () => {
  const { secret } = await call<{ secret: string }>(NOBODY, 'login.invitation', {
    link: linkOf(await call(admin, 'user.invite', { name: 'umi' })),
  })
  const there = () => identify(identity, secret)
  for (let hours = 0; hours < 160; hours += 10) {
    await clock.advance(10 * HOUR_MS)
    expect((await there())?.name).toBe('umi')
  }
  await clock.advance(9 * HOUR_MS)
  expect(await there()).toBeUndefined()
  const other = await call<{ secret: string }>(NOBODY, 'login.invitation', {
    link: linkOf(await call(admin, 'user.invite', { name: 'umi' })),
  })
  await clock.advance(13 * HOUR_MS)
  expect(await identify(identity, other.secret)).toBeUndefined()
})

test('one ends one’s own sessions only, and logging out ends the current one', async () => {
  const first = await invited(admin, 'umi')
  const second = await invited(admin, 'umi')
  const stranger = await invited(admin, 'haru')
  await expect(call(stranger, 'session.revoke', { session: first.session })).rejects.toMatchObject({ code: 'session.unknown' })
  const { sessions } = await call<{ sessions: { id: string; current: boolean }[] }>(second, 'session.revoke', {
    session: first.session,
  })
  expect(sessions.find(({ id }) => id === first.session)).toBeUndefined()
  expect(sessions.filter(({ current }) => current).map(({ id }) => id)).toEqual([second.session])
  await call(second, 'session.close')
  expect((await call<{ sessions: object[] }>(await invited(admin, 'umi'), 'session.list')).sessions).toHaveLength(1)
})

test('a token may what it was made for as far as its maker still may it, until it ends', async () => {
  const yuki = await invited(admin, 'yuki')
  const grant = await call<{ id: string }>(admin, 'grant.give', { name: 'yuki', role: 'developer', product: 'bookshop' })
  const maker = (await invited(admin, 'yuki')) ?? yuki
  const { secret, token } = await call<{ secret: string; token: { id: string } }>(maker, 'token.create', {
    name: 'ci',
    role: 'developer',
    product: 'bookshop',
    days: 2,
  })
  expect(await identify(identity, secret)).toMatchObject({
    kind: 'machine',
    name: 'ci',
    grants: [{ role: 'developer', product: 'bookshop', environment: '*' }],
  })
  await expect(
    call((await identify(identity, secret)) as Actor, 'token.create', { name: 'more', role: 'viewer', product: 'bookshop' }),
  ).rejects.toMatchObject({ code: 'token.not-a-person' })
  await expect(call(maker, 'token.create', { name: 'admin', role: 'developer', product: 'bookshop' })).rejects.toMatchObject({
    code: 'name.taken',
  })
  await expect(call(admin, 'user.invite', { name: 'CI' })).rejects.toMatchObject({ code: 'name.taken' })
  await call(admin, 'grant.take', { grant: grant.id })
  expect((await identify(identity, secret))?.grants).toEqual([])
  await clock.advance(49 * HOUR_MS)
  expect(await identify(identity, secret)).toBeUndefined()
  await expect(call(await invited(admin, 'haru'), 'token.revoke', { token: token.id })).rejects.toMatchObject({
    code: 'token.unknown',
  })
})

test('who is disabled is out at once, with all sessions and tokens', async () => {
  const { secret } = await call<{ secret: string }>(NOBODY, 'login.invitation', {
    link: linkOf(await call(admin, 'user.invite', { name: 'yuki' })),
  })
  await call(admin, 'user.disable', { name: 'yuki', reason: 'left' })
  expect(await identify(identity, secret)).toBeUndefined()
  await expect(
    call(NOBODY, 'login.invitation', { link: linkOf(await call(admin, 'user.invite', { name: 'yuki' })) }),
  ).rejects.toMatchObject({ code: 'invitation.unknown' })
  await call(admin, 'user.enable', { name: 'yuki' })
  expect(await identify(identity, secret)).toBeUndefined()
  expect((await invited(admin, 'yuki')).name).toBe('yuki')
})

test('users and tokens come page by page', async () => {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await call<{ users: { name: string }[]; next?: string }>(admin, 'user.list', { limit: 2, cursor })
    names.push(...page.users.map(({ name }) => name))
    cursor = page.next
  } while (cursor)
  expect(names.length).toBeGreaterThan(3)
  expect(names).toEqual([...new Set(names)].sort())
  const sora = await invited(admin, 'tokens-of-sora')
  await call(admin, 'grant.give', { name: sora.name, role: 'viewer' })
  const again = await invited(admin, sora.name)
  const made: string[] = []
  for (const name of ['t1', 't2', 't3']) {
    made.push((await call<{ token: { id: string } }>(again, 'token.create', { name, role: 'viewer' })).token.id)
    await clock.advance(1)
  }
  type Tokens = { tokens: { id: string }[]; next?: string }
  const first = await call<Tokens>(again, 'token.list', { limit: 2 })
  await call(again, 'token.revoke', { token: first.next })
  const rest = await call<Tokens>(again, 'token.list', { limit: 2, cursor: first.next })
  expect([...first.tokens, ...rest.tokens].map(({ id }) => id)).toEqual(made.reverse())
  await expect(call(await invited(admin, 'umi'), 'token.list', { cursor: made[0] })).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

test('what is made up, cut short or somebody else’s is nobody', async () => {
  for (const secret of ['', 'kbs_', 'kbt_x', 'kbs_’ or 1=1', 'x'.repeat(500)])
    expect(await identify(identity, secret)).toBeUndefined()
})

test('every change of who may do what is on the timeline, without a secret', async () => {
  const rows = await database.query<{ type: string; data: object }>('select type, actor, subject, data from events order by seq')
  expect(new Set(rows.map(({ type }) => type))).toEqual(
    new Set([
      'user.added',
      'user.invited-again',
      'session.opened',
      'session.revoked',
      'session.closed',
      'grant.given',
      'grant.taken',
      'password.set',
      'password.confirmed',
      'token.created',
      'token.revoked',
      'user.disabled',
      'user.enabled',
    ]),
  )
  expect(JSON.stringify(rows)).not.toMatch(/kb[sti]_/)
})
