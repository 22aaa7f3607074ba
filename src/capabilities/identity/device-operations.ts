// Logging in a program that has no browser of its own, by one that has: the flow of RFC 8628, without its OAuth.
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import type { View } from '../../core/view.ts'
import { json, type Queryable } from '../../database/database.ts'
import type { IdentityDependencies } from './identity.ts'
import { self } from './login-operations.ts'
import { LoginShape } from './shapes.ts'

const LASTS_MS = 10 * 60_000
const ASK_EVERY_S = 2
/** Without vowels and what looks alike: RFC 8628 §6.1. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

interface Flow {
  code: string
  /** What the program calls the machine that it runs on. */
  name: string
  /** Who let it in. */
  userId?: string
}

const everywhere = () => ({ product: '*', environment: '*' })
const code = z.string().min(8).max(20).meta(about(text.fieldDeviceCode.en, text.fieldDeviceCode.ja))
const done: View = [{ kind: 'line', line: text.done, mark: 'good' }]

export function deviceOperations({ identity }: IdentityDependencies): Operation[] {
  return [
    call({
      name: 'device.begin',
      summary: text.deviceBegin,
      http: { method: 'POST', path: '/login/device' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ name: z.string().min(1).max(100).meta(about(text.fieldDeviceName.en, text.fieldDeviceName.ja)) }),
      output: z.object({
        device: z.string(),
        code: z.string(),
        url: z.string(),
        expiresAt: z.number(),
        everySeconds: z.number(),
      }),
      async run({ publicUrl }, { name }) {
        const [{ hashOf, newSecret }, { serverAddress }] = await Promise.all([
          import('./secret.ts'),
          import('./server-address.ts'),
        ])
        const { database, clock } = await identity()
        const device = newSecret('kbd')
        const flow: Flow = { code: newCode(), name }
        const expiresAt = clock.now() + LASTS_MS
        await database.query('delete from identity_flows where expires_at < to_timestamp($1::double precision / 1000)', [
          clock.now(),
        ])
        await database.query(
          `insert into identity_flows (id, kind, data, expires_at) values ($1, 'device', $2, to_timestamp($3::double precision / 1000))`,
          [hashOf(device), json(flow), expiresAt],
        )
        const url = new URL(`/device?code=${flow.code}`, publicUrl ?? (await serverAddress(database))).href
        return { device, code: flow.code, url, expiresAt, everySeconds: ASK_EVERY_S }
      },
      show: () => done,
    }),
    call({
      name: 'device.claim',
      summary: text.deviceClaim,
      http: { method: 'POST', path: '/login/device/claims' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'opens',
      input: z.object({ device: z.string().min(1).max(200) }),
      output: z.object({ login: LoginShape.optional() }),
      async run({ actor, agent }, { device }) {
        const [{ hashOf }, { openSession }, { findUser }] = await Promise.all([
          import('./secret.ts'),
          import('./session.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        return here.database.transaction(async (tx) => {
          const id = hashOf(device)
          const [row] = await tx.query<{ data: Flow }>(
            `select data from identity_flows where id = $1 and kind = 'device' and expires_at > to_timestamp($2::double precision / 1000) for update`,
            [id, here.clock.now()],
          )
          if (!row) throw new KibanError('unauthenticated', 'device.unknown', text.deviceUnknown, { hint: text.deviceHint })
          if (row.data.userId === undefined) return {}
          await tx.query('delete from identity_flows where id = $1', [id])
          const user = await findUser(tx, { id: row.data.userId })
          if (!user || user.disabledAt !== undefined)
            throw new KibanError('unauthenticated', 'device.unknown', text.deviceUnknown, { hint: text.deviceHint })
          const how = { method: 'device', agent: row.data.name || agent, face: actor.face } as const
          return { login: { name: user.name, ...(await openSession(here, tx, user, how)) } }
        })
      },
      show: () => done,
    }),
    call({
      name: 'device.show',
      summary: text.deviceShow,
      http: { method: 'GET', path: '/login/device/{code}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ code }),
      output: z.object({ code: z.string(), name: z.string() }),
      async run({ actor }, input) {
        const here = await identity()
        await self(here.database, actor)
        const { countTry, clearTries } = await import('./failures.ts')
        await countTry(here.database, `device/${actor.name}`)
        const { data } = await flowOf(here.database, input.code, here.clock.now())
        await clearTries(here.database, `device/${actor.name}`)
        return { code: data.code, name: data.name }
      },
      show: () => done,
    }),
    call({
      name: 'device.approve',
      summary: text.deviceApprove,
      http: { method: 'POST', path: '/login/device/{code}/approvals' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      hidden: true,
      input: z.object({ code }),
      output: z.object({}),
      async run({ actor }, input) {
        const { identityEvent } = await import('./user-store.ts')
        const here = await identity()
        const user = await self(here.database, actor)
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const { id, data } = await flowOf(tx, input.code, now)
          await tx.query('update identity_flows set data = $2 where id = $1', [
            id,
            json({ ...data, userId: user.id } satisfies Flow),
          ])
          identityEvent(tx, 'device.approved', { actor, at: now, about: `user/${user.name}`, data: { name: data.name } })
        })
        return {}
      },
      show: () => done,
    }),
  ]
}

/** Throws `device.unknown`. */
async function flowOf(tx: Queryable, given: string, now: number): Promise<{ id: string; data: Flow }> {
  const letters = given.toUpperCase().replace(/[^A-Z]/g, '')
  const [row] = await tx.query<{ id: string; data: Flow }>(
    `select id, data from identity_flows where kind = 'device' and replace(data ->> 'code', '-', '') = $1
       and data ->> 'userId' is null and expires_at > to_timestamp($2::double precision / 1000)`,
    [letters, now],
  )
  if (!row) throw new KibanError('not-found', 'device.unknown', text.deviceUnknown, { hint: text.deviceHint })
  return row
}

function newCode(): string {
  const letters = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}
