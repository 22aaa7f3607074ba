// Login by the company's own provider: a browser goes there and comes back.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import { ownPlace } from '../../core/own-place.ts'
import type { View } from '../../core/view.ts'
import { json } from '../../database/database.ts'
import type { Identity, IdentityDependencies } from './identity.ts'
import type { OidcFlow } from './oidc.ts'
import type { OidcSettings } from './oidc-settings.ts'
import { LoginShape } from './shapes.ts'

const LASTS_MS = 10 * 60_000
const everywhere = () => ({ product: '*', environment: '*' })
const done: View = [{ kind: 'line', line: text.done, mark: 'good' }]

export function oidcOperations({ identity }: IdentityDependencies): Operation[] {
  return [
    call({
      name: 'login.methods',
      summary: text.loginMethods,
      http: { method: 'GET', path: '/login/methods' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({}),
      output: z.object({
        password: z.boolean(),
        /** Only where the server has a name. */
        passkey: z.boolean(),
        /** What people call the provider. */
        oidc: z.object({ name: z.string() }).optional(),
      }),
      async run({ publicUrl }) {
        const { hasName } = await import('./passkey-name.ts')
        const settings = (await identity()).oidc?.()
        return { password: true, passkey: hasName(publicUrl), ...(settings ? { oidc: { name: settings.name } } : {}) }
      },
      show: () => done,
    }),
    call({
      name: 'oidc.begin',
      summary: text.oidcBegin,
      http: { method: 'POST', path: '/login/oidc' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'begins',
      input: z.object({
        to: z.string().max(2_000).optional().meta(about(text.fieldTo.en, text.fieldTo.ja)),
        link: z.boolean().default(false).meta(about(text.fieldLinkAccount.en, text.fieldLinkAccount.ja)),
      }),
      output: z.object({
        /** The provider's page. */
        url: z.string(),
        secret: z.string().optional(),
        expiresAt: z.number(),
      }),
      async run({ actor, publicUrl }, input) {
        const [{ beginOidc }, { hashOf, newSecret }] = await Promise.all([import('./oidc.ts'), import('./secret.ts')])
        const here = await identity()
        const settings = settingsOf(here, publicUrl)
        if (input.link && (actor.kind !== 'user' || actor.session === undefined))
          throw new KibanError('unauthenticated', 'login.no-server', text.noServer, { hint: text.noServerHint })
        const session = input.link ? actor.session : undefined
        const { flow, url } = await beginOidc(settings.oidc, settings.publicUrl, { to: ownPlace(input.to), session })
        const secret = newSecret('kbf')
        const expiresAt = here.clock.now() + LASTS_MS
        await here.database.query('delete from identity_flows where expires_at < to_timestamp($1::double precision / 1000)', [
          here.clock.now(),
        ])
        await here.database.query(
          `insert into identity_flows (id, kind, data, expires_at) values ($1, 'oidc', $2, to_timestamp($3::double precision / 1000))`,
          [hashOf(secret), json(flow), expiresAt],
        )
        return { url: url.href, secret, expiresAt }
      },
      show: () => done,
    }),
    call({
      name: 'oidc.finish',
      summary: text.oidcFinish,
      http: { method: 'POST', path: '/login/oidc/answers' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      session: 'opens',
      input: z.object({
        flow: z.string().min(1).max(200),
        answer: z.string().max(8_000).meta(about(text.fieldAnswer.en, text.fieldAnswer.ja)),
      }),
      output: LoginShape.extend({ to: z.string() }),
      async run({ actor, agent, publicUrl }, input) {
        const [{ finishOidc }, { hashOf }, { openSession }, users, { userNamed }] = await Promise.all([
          import('./oidc.ts'),
          import('./secret.ts'),
          import('./session.ts'),
          import('./oidc-user.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        const settings = settingsOf(here, publicUrl)
        // Used up before anything is asked: an answer counts once, whatever comes of it.
        const [row] = await here.database.query<{ data: OidcFlow }>(
          `delete from identity_flows where id = $1 and kind = 'oidc' and expires_at > to_timestamp($2::double precision / 1000) returning data`,
          [hashOf(input.flow), here.clock.now()],
        )
        if (!row) throw new KibanError('unauthenticated', 'oidc.failed', text.oidcFailed, { hint: text.oidcHint })
        const flow = row.data
        // Another session in the same browser must not get the account of whoever began.
        if (flow.session !== undefined && flow.session !== actor.session)
          throw new KibanError('unauthenticated', 'oidc.failed', text.oidcFailed, { hint: text.oidcHint })
        const person = await finishOidc(settings.oidc, settings.publicUrl, flow, input.answer)
        return here.database.transaction(async (tx) => {
          const user =
            flow.session === undefined
              ? await users.userOfPerson(here, tx, settings.oidc, person)
              : await users.linkUser(here, tx, person, await userNamed(tx, actor.name))
          await users.grantGroups(here, tx, settings.oidc, person, user)
          const opened = await openSession(here, tx, user, { method: 'oidc', agent, face: 'http' })
          return { name: user.name, to: flow.to, ...opened }
        })
      },
      show: () => done,
    }),
  ]
}

/** Throws `oidc.off`. */
function settingsOf({ oidc }: Identity, publicUrl: URL | undefined): { oidc: OidcSettings; publicUrl: URL } {
  const settings = oidc?.()
  if (settings && publicUrl) return { oidc: settings, publicUrl }
  throw new KibanError('not-found', 'oidc.off', text.oidcOff, { hint: text.oidcOffHint })
}
