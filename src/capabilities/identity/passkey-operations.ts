// Passkeys of one's own, and login by them.
import { z } from 'zod'
import { identity as text } from '../../core/messages/identity.ts'
import { about, type Context, call, type Operation } from '../../core/operation.ts'
import type { View } from '../../core/view.ts'
import type { IdentityDependencies } from './identity.ts'
import { self } from './login-operations.ts'
import { LoginShape } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })
/** As the browser's own interface makes and takes them: https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON */
const Begun = z.object({ options: z.looseObject({}), flow: z.string() })
const flow = z.string().min(1).max(200)
const response = z
  .looseObject({ id: z.string().min(1).max(2_000) })
  .meta(about(text.fieldPasskeyAnswer.en, text.fieldPasskeyAnswer.ja))
const Passkeys = z.object({
  passkeys: z.array(z.object({ id: z.string(), name: z.string(), createdAt: z.number(), usedAt: z.number().optional() })),
})
const done: View = [{ kind: 'line', line: text.done, mark: 'good' }]

export function passkeyOperations({ identity }: IdentityDependencies): Operation[] {
  const own = async (actor: Context['actor']): Promise<z.infer<typeof Passkeys>> => {
    const { passkeysOf } = await import('./passkey.ts')
    const { database } = await identity()
    return Passkeys.parse({ passkeys: await passkeysOf(database, await self(database, actor)) })
  }
  return [
    call({
      name: 'passkey.list',
      summary: text.passkeyList,
      http: { method: 'GET', path: '/me/passkeys' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: Passkeys,
      run: ({ actor }) => own(actor),
      show: showPasskeys,
    }),
    call({
      name: 'passkey.remove',
      summary: text.passkeyRemove,
      http: { method: 'DELETE', path: '/me/passkeys/{passkey}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({ passkey: z.string().min(1).meta(about(text.fieldPasskey.en, text.fieldPasskey.ja)) }),
      output: Passkeys,
      cli: { positional: ['passkey'] },
      async run({ actor }, input) {
        const [{ removePasskey }, { identityEvent }] = await Promise.all([import('./passkey.ts'), import('./user-store.ts')])
        const here = await identity()
        const user = await self(here.database, actor)
        await here.database.transaction(async (tx) => {
          const name = await removePasskey(tx, user, input.passkey)
          identityEvent(tx, 'passkey.removed', { actor, at: here.clock.now(), about: `user/${user.name}`, data: { name } })
        })
        return own(actor)
      },
      show: showPasskeys,
    }),
    call({
      name: 'passkey.begin',
      summary: text.passkeyBegin,
      http: { method: 'POST', path: '/me/passkeys/challenges' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({}),
      output: Begun,
      async run({ actor, publicUrl }) {
        const { beginPasskey } = await import('./passkey.ts')
        const here = await identity()
        return beginPasskey(here, publicUrl, await self(here.database, actor))
      },
      show: () => done,
    }),
    call({
      name: 'passkey.add',
      summary: text.passkeyAdd,
      http: { method: 'POST', path: '/me/passkeys' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({
        flow,
        name: z.string().min(1).max(100).meta(about(text.fieldPasskeyName.en, text.fieldPasskeyName.ja)),
        response,
      }),
      output: Passkeys,
      async run({ actor, publicUrl }, input) {
        const { addPasskey } = await import('./passkey.ts')
        const here = await identity()
        await addPasskey(here, publicUrl, { user: await self(here.database, actor), actor }, input)
        return own(actor)
      },
      show: () => done,
    }),
    call({
      name: 'login.challenge',
      summary: text.loginChallenge,
      http: { method: 'POST', path: '/login/passkey/challenges' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({}),
      output: Begun,
      async run({ publicUrl }) {
        const { challengePasskey } = await import('./passkey.ts')
        return challengePasskey(await identity(), publicUrl)
      },
      show: () => done,
    }),
    call({
      name: 'login.passkey',
      summary: text.loginPasskey,
      http: { method: 'POST', path: '/login/passkey' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'opens',
      input: z.object({ flow, response }),
      output: LoginShape,
      async run({ actor: { face }, agent, publicUrl }, input) {
        const [{ userOfPasskey }, { openSession }] = await Promise.all([import('./passkey.ts'), import('./session.ts')])
        const here = await identity()
        const user = await userOfPasskey(here, publicUrl, input)
        return here.database.transaction(async (tx) => ({
          name: user.name,
          ...(await openSession(here, tx, user, { method: 'passkey', agent, face })),
        }))
      },
      show: () => done,
    }),
  ]
}

function showPasskeys({ passkeys }: z.infer<typeof Passkeys>): View {
  if (passkeys.length === 0) return [{ kind: 'line', line: text.noPasskeys }]
  return [
    {
      kind: 'table',
      columns: [{}, {}, {}],
      rows: passkeys.map(({ id, name, createdAt, usedAt }) => [name, { time: usedAt ?? createdAt }, { text: id, tone: 'muted' }]),
    },
  ]
}
