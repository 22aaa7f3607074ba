// Users and their roles, as those who administer kiban see them.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { roleName, identity as text } from '../../core/messages/identity.ts'
import { about, type Context, call, type Operation } from '../../core/operation.ts'
import { nextField, pageFields, pageOf } from '../../core/paging.ts'
import { holds } from '../../core/permission.ts'
import type { View } from '../../core/view.ts'
import type { Queryable } from '../../database/database.ts'
import type { IdentityDependencies } from './identity.ts'
import { GrantShape, RoleName, UserShape } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const name = z.string().min(1).max(100).meta(about(text.fieldName.en, text.fieldName.ja))
const reason = z.string().optional().meta(about(text.fieldReason.en, text.fieldReason.ja))
const placeFields = {
  product: z.string().min(1).default('*').meta(about(text.fieldProduct.en, text.fieldProduct.ja)),
  env: z.string().min(1).default('*').meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja)),
}
const until = z.iso.datetime({ offset: true }).or(z.iso.date()).optional().meta(about(text.fieldUntil.en, text.fieldUntil.ja))

export function peopleOperations({ identity }: IdentityDependencies): Operation[] {
  return [
    call({
      name: 'user.list',
      summary: text.userList,
      http: { method: 'GET', path: '/users' },
      permission: 'read',
      place: everywhere,
      risk: 0,
      input: z.object(pageFields(100)),
      output: z.object({ users: z.array(UserShape), ...nextField }),
      async run(_, { cursor, limit }) {
        const { listUsers } = await import('./user-store.ts')
        const found = await listUsers((await identity()).database, { after: cursor, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ name }) => name)
        return { users: z.array(UserShape).parse(items), next }
      },
      show: showUsers,
    }),
    call({
      name: 'user.invite',
      summary: text.userInvite,
      http: { method: 'POST', path: '/users' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({
        name,
        displayName: z.string().max(200).optional().meta(about(text.fieldDisplayName.en, text.fieldDisplayName.ja)),
        email: z.email().optional().meta(about(text.fieldEmail.en, text.fieldEmail.ja)),
      }),
      output: z.object({ name: z.string(), link: z.string(), expiresAt: z.number() }),
      cli: { positional: ['name'] },
      async run({ actor, publicUrl }, input) {
        const [{ invite }, store, { serverAddress }] = await Promise.all([
          import('./invitation.ts'),
          import('./user-store.ts'),
          import('./server-address.ts'),
        ])
        const here = await identity()
        return here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const known = await store.findUser(tx, { name: input.name })
          const fresh = { name: input.name, displayName: input.displayName ?? input.name, email: input.email }
          const user = known ?? (await store.insertUser(tx, fresh, now))
          const { secret, expiresAt } = await invite(here, tx, user, actor.name)
          store.identityEvent(tx, known ? 'user.invited-again' : 'user.added', { actor, at: now, about: `user/${user.name}` })
          const link = new URL(`/welcome#${secret}`, publicUrl ?? (await serverAddress(tx))).href
          return { name: user.name, link, expiresAt }
        })
      },
      show: ({ name, link, expiresAt }): View => [
        { kind: 'line', line: text.invited(name), mark: 'good' },
        { kind: 'text', text: `${link}\n` },
        { kind: 'line', line: [text.until, ' ', { time: expiresAt }] },
      ],
    }),
    call({
      name: 'user.disable',
      summary: text.userDisable,
      http: { method: 'POST', path: '/users/{name}/disablement' },
      permission: 'administer',
      place: everywhere,
      risk: 2,
      input: z.object({ name, reason }),
      output: z.object({ users: z.array(UserShape) }),
      cli: { positional: ['name'] },
      async run({ actor }, input) {
        const [store, { revoke }] = await Promise.all([import('./user-store.ts'), import('./session.ts')])
        const here = await identity()
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const user = await store.userNamed(tx, input.name)
          await tx.query(
            'update identity_users set disabled_at = to_timestamp($2::double precision / 1000) where id = $1 and disabled_at is null',
            [user.id, now],
          )
          await refuseNoAdministrator(tx)
          await revoke(tx, 'identity_sessions', { userId: user.id }, now)
          await revoke(tx, 'identity_tokens', { userId: user.id }, now)
          store.identityEvent(tx, 'user.disabled', { actor, at: now, about: `user/${user.name}`, data: { reason: input.reason } })
        })
        return { users: [UserShape.parse(await store.userWithGrants(here.database, input.name))] }
      },
      show: showUsers,
    }),
    call({
      name: 'user.enable',
      summary: text.userEnable,
      http: { method: 'POST', path: '/users/{name}/enablement' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({ name }),
      output: z.object({ users: z.array(UserShape) }),
      cli: { positional: ['name'] },
      async run({ actor }, input) {
        const store = await import('./user-store.ts')
        const here = await identity()
        await here.database.transaction(async (tx) => {
          const user = await store.userNamed(tx, input.name)
          await tx.query('update identity_users set disabled_at = null where id = $1', [user.id])
          store.identityEvent(tx, 'user.enabled', { actor, at: here.clock.now(), about: `user/${user.name}` })
        })
        return { users: [UserShape.parse(await store.userWithGrants(here.database, input.name))] }
      },
      show: showUsers,
    }),
    call({
      name: 'grant.give',
      summary: text.grantGive,
      http: { method: 'POST', path: '/users/{name}/grants' },
      permission: 'administer',
      place: ({ product, env }) => ({ product, environment: env }),
      risk: 1,
      input: z.object({ name, role: RoleName.meta(about(text.fieldRole.en, text.fieldRole.ja)), ...placeFields, until, reason }),
      output: GrantShape,
      cli: { positional: ['name', 'role'], short: { e: 'env' } },
      async run({ actor }, input) {
        const store = await import('./user-store.ts')
        const here = await identity()
        const wanted = { role: input.role, product: input.product, environment: input.env }
        refuseMoreThanOwn(actor, wanted)
        const now = here.clock.now()
        const expiresAt = input.until === undefined ? undefined : Date.parse(input.until)
        if (expiresAt !== undefined && expiresAt <= now)
          throw new KibanError('invalid', 'grant.over', text.grantOver, { hint: text.grantOverHint })
        return here.database.transaction(async (tx) => {
          const user = await store.userNamed(tx, input.name)
          const grant = await store.insertGrant(tx, {
            ...wanted,
            userId: user.id,
            grantedBy: actor.name,
            reason: input.reason,
            grantedAt: now,
            expiresAt,
          })
          store.identityEvent(tx, 'grant.given', {
            actor,
            at: now,
            about: `user/${user.name}`,
            data: { ...wanted, expiresAt, reason: input.reason },
          })
          return GrantShape.parse(grant)
        })
      },
      show: (grant) => [grantLine(grant)],
    }),
    call({
      name: 'grant.take',
      summary: text.grantTake,
      http: { method: 'DELETE', path: '/grants/{grant}' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({ grant: z.string().min(1).meta(about(text.fieldGrant.en, text.fieldGrant.ja)), reason }),
      output: z.object({}),
      cli: { positional: ['grant'] },
      async run({ actor }, input) {
        const store = await import('./user-store.ts')
        const here = await identity()
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          if (!(await store.revokeGrant(tx, input.grant, now)))
            throw new KibanError('not-found', 'grant.unknown', text.grantUnknown(input.grant), { hint: text.usersHint })
          await refuseNoAdministrator(tx)
          store.identityEvent(tx, 'grant.taken', {
            actor,
            at: now,
            about: `grant/${input.grant}`,
            data: { reason: input.reason },
          })
        })
        return {}
      },
      show: () => [{ kind: 'line', line: text.done, mark: 'good' }],
    }),
  ]
}

export function refuseMoreThanOwn(actor: Context['actor'], wanted: Parameters<typeof holds>[1]): void {
  if (holds(actor, wanted)) return
  throw new KibanError(
    'forbidden',
    'grant.more-than-own',
    text.moreThanOwn(wanted.role, `${wanted.product}/${wanted.environment}`),
    { hint: text.moreThanOwnHint, place: wanted },
  )
}

/** Somebody must be left who can let others in. */
async function refuseNoAdministrator(tx: Queryable): Promise<void> {
  const [row] = await tx.query<{ administrators: number }>(
    `select count(*) as administrators from identity_grants g join identity_users u on u.id = g.user_id
     where g.role = 'sre' and g.product = '*' and g.environment = '*' and g.revoked_at is null and g.expires_at is null and u.disabled_at is null`,
  )
  if ((row?.administrators ?? 0) > 0) return
  throw new KibanError('conflict', 'user.last-administrator', text.lastAdministrator, { hint: text.lastAdministratorHint })
}

function showUsers({ users }: { users: UserShape[] }): View {
  return users.flatMap(
    (user): View => [
      {
        kind: 'line',
        line: [
          { text: user.name, tone: 'strong' },
          '  ',
          user.displayName,
          ...(user.disabledAt === undefined ? [] : ['  ', { text: text.disabled, tone: 'warn' as const }]),
        ],
      },
      ...user.grants.map((grant) => ({ ...grantLine(grant), indent: 2 })),
    ],
  )
}

const grantLine = ({ id, role, product, environment, expiresAt }: GrantShape) => ({
  kind: 'line' as const,
  line: [
    roleName[role],
    '  ',
    `${product}/${environment}`,
    ...(expiresAt === undefined ? [] : ['  ', text.until, ' ', { time: expiresAt }]),
    '  ',
    { text: id, tone: 'muted' as const },
  ],
})
