// Coming in and going out. What is public here is open to the whole network: every way counts its failures.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { about, type Context, call, type Operation } from '../../core/operation.ts'
import type { View } from '../../core/view.ts'
import type { IdentityDependencies } from './identity.ts'
import { LoginShape } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const password = z.string().min(1).max(1_000).meta(about(text.fieldPassword.en, text.fieldPassword.ja))
const code = z.string().min(6).max(20).meta(about(text.fieldCode.en, text.fieldCode.ja))
const done: View = [{ kind: 'line', line: text.done, mark: 'good' }]

export function loginOperations({ identity }: IdentityDependencies): Operation[] {
  return [
    call({
      name: 'login.invitation',
      summary: text.loginInvitation,
      http: { method: 'POST', path: '/login/invitation' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'opens',
      input: z.object({ link: z.string().min(1).max(200).meta(about(text.fieldLink.en, text.fieldLink.ja)) }),
      output: LoginShape,
      async run(context, { link }) {
        const [{ redeem }, { openSession }] = await Promise.all([import('./invitation.ts'), import('./session.ts')])
        const here = await identity()
        return here.database.transaction(async (tx) => {
          const user = await redeem(here, tx, link)
          return { name: user.name, ...(await openSession(here, tx, user, { method: 'invitation', ...arriving(context) })) }
        })
      },
      show: () => done,
    }),
    call({
      name: 'login.password',
      summary: text.loginPassword,
      http: { method: 'POST', path: '/login/password' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'opens',
      input: z.object({ name: z.string().min(1).max(100).meta(about(text.fieldName.en, text.fieldName.ja)), password, code }),
      output: LoginShape,
      async run(context, input) {
        const [{ passwordCounts }, { countTry, clearTries }, { openSession }, { findUser }] = await Promise.all([
          import('./password.ts'),
          import('./failures.ts'),
          import('./session.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        const key = `password/${input.name.toLowerCase()}`
        await countTry(here.database, key)
        const user = await findUser(here.database, { name: input.name })
        const opened = await here.database.transaction(async (tx) => {
          const right = await passwordCounts(here, tx, user?.disabledAt === undefined ? user : undefined, input)
          if (!right || !user) return undefined
          return { name: user.name, ...(await openSession(here, tx, user, { method: 'password', ...arriving(context) })) }
        })
        if (!opened) throw new KibanError('unauthenticated', 'login.failed', text.loginFailed, { hint: text.loginFailedHint })
        await clearTries(here.database, key)
        return opened
      },
      show: () => done,
    }),
    call({
      name: 'password.set',
      summary: text.passwordSet,
      http: { method: 'PUT', path: '/me/password' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ password }),
      output: z.object({ uri: z.string(), seed: z.string() }),
      async run({ actor }, input) {
        const [{ setPassword }, { identityEvent }] = await Promise.all([import('./password.ts'), import('./user-store.ts')])
        const here = await identity()
        const user = await self(here.database, actor)
        return here.database.transaction(async (tx) => {
          const made = await setPassword(here, tx, user, input.password)
          identityEvent(tx, 'password.set', { actor, at: here.clock.now(), about: `user/${user.name}` })
          return made
        })
      },
      show: () => done,
    }),
    call({
      name: 'password.confirm',
      summary: text.passwordConfirm,
      http: { method: 'POST', path: '/me/password/confirmation' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ code }),
      output: z.object({}),
      async run({ actor }, input) {
        const [{ confirmPassword }, { countTry, clearTries }, { identityEvent }] = await Promise.all([
          import('./password.ts'),
          import('./failures.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        const user = await self(here.database, actor)
        const key = `confirm/${user.name}`
        await countTry(here.database, key)
        const confirmed = await here.database.transaction(async (tx) => {
          if (!(await confirmPassword(here, tx, user, input.code))) return false
          identityEvent(tx, 'password.confirmed', { actor, at: here.clock.now(), about: `user/${user.name}` })
          return true
        })
        if (!confirmed) throw new KibanError('invalid', 'login.code-wrong', text.codeWrong, { hint: text.codeWrongHint })
        await clearTries(here.database, key)
        return {}
      },
      show: () => done,
    }),
    call({
      name: 'session.close',
      summary: text.sessionClose,
      http: { method: 'POST', path: '/logout' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'closes',
      input: z.object({}),
      output: z.object({}),
      async run({ actor }) {
        const [{ revoke }, { identityEvent }] = await Promise.all([import('./session.ts'), import('./user-store.ts')])
        const here = await identity()
        const { session } = actor
        if (session === undefined) return {}
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          await revoke(tx, 'identity_sessions', { id: session }, now)
          identityEvent(tx, 'session.closed', { actor, at: now, about: `user/${actor.name}`, data: { session } })
        })
        return {}
      },
      show: () => done,
    }),
  ]
}

const arriving = ({ actor: { face }, agent }: Context) => ({ face, agent })

/** The user that acts. A token is none, and neither is the person at this machine, who has logged in nowhere. */
export async function self(
  database: Parameters<typeof import('./user-store.ts').userNamed>[0],
  actor: Context['actor'],
): Promise<import('./identity.ts').User> {
  if (actor.kind !== 'user')
    throw new KibanError('forbidden', 'token.not-a-person', text.tokensOfPeople, { hint: text.tokensOfPeopleHint })
  if (actor.session === undefined)
    throw new KibanError('unauthenticated', 'login.no-server', text.noServer, { hint: text.noServerHint })
  const { userNamed } = await import('./user-store.ts')
  return userNamed(database, actor.name)
}
