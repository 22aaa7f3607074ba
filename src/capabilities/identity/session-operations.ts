// One's own sessions, and the tokens by which machines come in.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import { badCursor, nextField, pageFields, pageOf } from '../../core/paging.ts'
import { can } from '../../core/permission.ts'
import type { View } from '../../core/view.ts'
import type { IdentityDependencies } from './identity.ts'
import { self } from './login-operations.ts'
import { refuseMoreThanOwn } from './people-operations.ts'
import { RoleName, SessionShape, TokenShape } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const DAY_MS = 86_400_000
const MAX_TOKEN_DAYS = 365
const Sessions = z.object({ sessions: z.array(SessionShape) })

export function sessionOperations({ identity }: IdentityDependencies): Operation[] {
  const sessionsOf = async (actor: Parameters<typeof self>[1]) => {
    const { listSessions } = await import('./session.ts')
    const { database, clock } = await identity()
    const user = await self(database, actor)
    const sessions = await listSessions(database, user.id, clock.now())
    return { sessions: sessions.map((session) => SessionShape.parse({ ...session, current: session.id === actor.session })) }
  }
  return [
    call({
      name: 'session.list',
      summary: text.sessionList,
      http: { method: 'GET', path: '/me/sessions' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: Sessions,
      run: ({ actor }) => sessionsOf(actor),
      show: showSessions,
    }),
    call({
      name: 'session.revoke',
      summary: text.sessionRevoke,
      http: { method: 'DELETE', path: '/me/sessions/{session}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({ session: z.string().min(1).meta(about(text.fieldSession.en, text.fieldSession.ja)) }),
      output: Sessions,
      cli: { positional: ['session'] },
      async run({ actor }, input) {
        const [{ listSessions, revoke }, { identityEvent }] = await Promise.all([
          import('./session.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        const user = await self(here.database, actor)
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const own = (await listSessions(tx, user.id, now)).some(({ id }) => id === input.session)
          if (!own)
            throw new KibanError('not-found', 'session.unknown', text.sessionUnknown(input.session), { hint: text.sessionsHint })
          await revoke(tx, 'identity_sessions', { id: input.session }, now)
          identityEvent(tx, 'session.revoked', { actor, at: now, about: `user/${user.name}`, data: { session: input.session } })
        })
        return sessionsOf(actor)
      },
      show: showSessions,
    }),
    call({
      name: 'token.create',
      summary: text.tokenCreate,
      http: { method: 'POST', path: '/tokens' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({
        name: z
          .string()
          .regex(/^[a-z0-9][a-z0-9._/-]{0,63}$/)
          .meta(about(text.fieldTokenName.en, text.fieldTokenName.ja)),
        role: RoleName.meta(about(text.fieldRole.en, text.fieldRole.ja)),
        product: z.string().min(1).default('*').meta(about(text.fieldProduct.en, text.fieldProduct.ja)),
        env: z.string().min(1).default('*').meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja)),
        days: z.number().int().min(1).max(MAX_TOKEN_DAYS).default(90).meta(about(text.fieldDays.en, text.fieldDays.ja)),
      }),
      output: z.object({ token: TokenShape, secret: z.string() }),
      cli: { positional: ['name', 'role'], short: { e: 'env' } },
      async run({ actor }, input) {
        const [{ insertToken }, { identityEvent }] = await Promise.all([import('./session.ts'), import('./user-store.ts')])
        const here = await identity()
        const user = await self(here.database, actor)
        const grant = { role: input.role, product: input.product, environment: input.env }
        refuseMoreThanOwn(actor, grant)
        return here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const fresh = { name: input.name, userId: user.id, grants: [grant], expiresAt: now + input.days * DAY_MS }
          const { token, secret } = await insertToken(here, tx, fresh)
          identityEvent(tx, 'token.created', {
            actor,
            at: now,
            about: `token/${token.name}`,
            data: { token: token.id, ...grant, expiresAt: token.expiresAt },
          })
          return { token: TokenShape.parse({ ...token, owner: user.name }), secret }
        })
      },
      show: ({ token, secret }): View => [
        { kind: 'line', line: text.tokenOnce, mark: 'good' },
        { kind: 'text', text: `${secret}\n` },
        { kind: 'line', line: [text.until, ' ', { time: token.expiresAt }] },
      ],
    }),
    call({
      name: 'token.list',
      summary: text.tokenList,
      http: { method: 'GET', path: '/tokens' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object(pageFields(100)),
      output: z.object({ tokens: z.array(TokenShape), ...nextField }),
      async run({ actor }, { cursor, limit }) {
        const { findToken, listTokens } = await import('./session.ts')
        const { database } = await identity()
        const user = await self(database, actor)
        const userId = can(actor, 'administer', everywhere()) ? undefined : user.id
        const before = cursor === undefined ? undefined : await findToken(database, cursor)
        if (cursor !== undefined && !(before && [undefined, before.userId].includes(userId))) throw badCursor()
        const found = await listTokens(database, { userId, before: cursor, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ id }) => id)
        return { tokens: z.array(TokenShape).parse(items), next }
      },
      show: ({ tokens }): View =>
        tokens.length === 0
          ? [{ kind: 'line', line: text.noTokens }]
          : [
              {
                kind: 'table',
                columns: [{}, {}, {}, {}, {}],
                rows: tokens.map(({ name, owner, grants, expiresAt, id }) => [
                  name,
                  owner,
                  grants.map(({ role, product, environment }) => `${role} ${product}/${environment}`).join(', '),
                  { time: expiresAt },
                  { text: id, tone: 'muted' },
                ]),
              },
            ],
    }),
    call({
      name: 'token.revoke',
      summary: text.tokenRevoke,
      http: { method: 'DELETE', path: '/tokens/{token}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({ token: z.string().min(1).meta(about(text.fieldToken.en, text.fieldToken.ja)) }),
      output: z.object({}),
      cli: { positional: ['token'] },
      async run({ actor }, input) {
        const [{ findToken, revoke }, { identityEvent }] = await Promise.all([import('./session.ts'), import('./user-store.ts')])
        const here = await identity()
        const user = await self(here.database, actor)
        await here.database.transaction(async (tx) => {
          const token = await findToken(tx, input.token)
          // Whether a token of somebody else is there is not told either.
          if (!token || token.revokedAt !== undefined || (token.userId !== user.id && !can(actor, 'administer', everywhere())))
            throw new KibanError('not-found', 'token.unknown', text.tokenUnknown(input.token), { hint: text.tokensHint })
          const now = here.clock.now()
          await revoke(tx, 'identity_tokens', { id: token.id }, now)
          identityEvent(tx, 'token.revoked', { actor, at: now, about: `token/${token.name}`, data: { token: token.id } })
        })
        return {}
      },
      show: () => [{ kind: 'line', line: text.done, mark: 'good' }],
    }),
  ]
}

function showSessions({ sessions }: z.infer<typeof Sessions>): View {
  if (sessions.length === 0) return [{ kind: 'line', line: text.noSessions }]
  return [
    {
      kind: 'table',
      columns: [{}, {}, {}, {}],
      rows: sessions.map(({ id, method, seenAt, agent = '', current }) => [
        { text: id, tone: current ? 'strong' : 'plain' },
        method,
        { time: seenAt },
        agent,
      ]),
    },
  ]
}
