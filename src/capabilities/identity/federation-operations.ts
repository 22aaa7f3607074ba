// Jobs of GitHub Actions come in by GitHub's own token; rules say which, and what they may.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { federation as text } from '../../core/messages/federation.ts'
import { identity as identityText } from '../../core/messages/identity.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import type { View } from '../../core/view.ts'
import type { IdentityDependencies } from './identity.ts'
import { refuseMoreThanOwn } from './people-operations.ts'
import { FederationShape, RoleName } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const reason = z.string().optional().meta(about(identityText.fieldReason.en, identityText.fieldReason.ja))
const pattern = (field: { en: string; ja: string }) => z.string().min(1).max(300).meta(about(field.en, field.ja))
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
/** GitHub's have about two thousand characters. */
const LONGEST_TOKEN = 16_000

export function federationOperations({ identity }: IdentityDependencies): Operation[] {
  return [
    call({
      name: 'federation.add',
      summary: text.add,
      http: { method: 'POST', path: '/federations' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({
        repository: pattern(text.fieldRepository),
        role: RoleName.meta(about(identityText.fieldRole.en, identityText.fieldRole.ja)),
        product: pattern(text.fieldProduct),
        env: pattern(text.fieldEnv),
        ref: pattern(text.fieldRef).optional(),
        jobEnvironment: pattern(text.fieldJobEnvironment).optional(),
        jobWorkflow: pattern(text.fieldJobWorkflow).optional(),
        ownerId: pattern(text.fieldOwnerId).optional(),
        issuer: pattern(text.fieldIssuer).default(GITHUB_ISSUER),
        audience: pattern(text.fieldAudience).optional(),
        reason,
      }),
      output: FederationShape,
      cli: { positional: ['repository', 'role'], short: { e: 'env' } },
      async run({ actor, publicUrl }, input) {
        const [{ insertFederation, refuseBadRule }, { serverAddress }, { identityEvent }] = await Promise.all([
          import('./federation.ts'),
          import('./server-address.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        const { role, product, env: environment, repository, ref, jobEnvironment, jobWorkflow, ownerId } = input
        const grant = { role, product, environment }
        refuseMoreThanOwn(actor, grant)
        const audience = input.audience ?? publicUrl?.origin ?? (await serverAddress(here.database))
        const wanted = { repository, ref, jobEnvironment, jobWorkflow, ownerId }
        const rule = { issuer: input.issuer.replace(/\/$/, ''), audience, wanted }
        refuseBadRule(rule)
        return here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const made = await insertFederation(tx, { ...rule, ...grant, createdBy: actor.name, createdAt: now })
          const data = { ...rule, ...grant, reason: input.reason }
          identityEvent(tx, 'federation.added', { actor, at: now, about: `federation/${made.id}`, data })
          return FederationShape.parse(made)
        })
      },
      show: (made) => showFederations({ federations: [made] }),
    }),
    call({
      name: 'federation.list',
      summary: text.list,
      http: { method: 'GET', path: '/federations' },
      permission: 'read',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: z.object({ federations: z.array(FederationShape) }),
      async run() {
        const { listFederations } = await import('./federation.ts')
        return { federations: z.array(FederationShape).parse(await listFederations((await identity()).database)) }
      },
      show: showFederations,
    }),
    call({
      name: 'federation.remove',
      summary: text.remove,
      http: { method: 'DELETE', path: '/federations/{federation}' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({
        federation: z.string().min(1).meta(about(text.fieldFederation.en, text.fieldFederation.ja)),
        reason,
      }),
      output: z.object({}),
      cli: { positional: ['federation'] },
      async run({ actor }, input) {
        const [{ removeFederation }, { jobsBy }, { identityEvent }] = await Promise.all([
          import('./federation.ts'),
          import('./job.ts'),
          import('./user-store.ts'),
        ])
        const here = await identity()
        await here.database.transaction(async (tx) => {
          const now = here.clock.now()
          const removed = await removeFederation(tx, input.federation, now)
          if (!removed)
            throw new KibanError('not-found', 'federation.unknown', text.unknown(input.federation), { hint: text.unknownHint })
          const data = { wanted: removed.wanted, reason: input.reason }
          identityEvent(tx, 'federation.removed', { actor, at: now, about: `federation/${removed.id}`, data })
          // Whoever serves their streams hears of it by this.
          for (const job of await jobsBy(tx, removed.id, now))
            identityEvent(tx, 'job.restricted', { actor, at: now, about: `job/${job}`, data: { federation: removed.id } })
        })
        return {}
      },
      show: () => [{ kind: 'line', line: text.done, mark: 'good' }],
    }),
    call({
      name: 'login.job',
      summary: text.login,
      http: { method: 'POST', path: '/login/job' },
      permission: 'public',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ token: z.string().min(1).max(LONGEST_TOKEN).meta(about(text.fieldToken.en, text.fieldToken.ja)) }),
      /** `secret` is a bearer token. */
      output: z.object({ name: z.string(), secret: z.string(), expiresAt: z.number() }),
      async run({ actor: { face } }, { token }) {
        const { jobOf } = await import('./job-login.ts')
        return jobOf(await identity(), token, face)
      },
      show: () => [{ kind: 'line', line: text.done, mark: 'good' }],
    }),
  ]
}

function showFederations({ federations }: { federations: FederationShape[] }): View {
  if (federations.length === 0) return [{ kind: 'line', line: text.none }]
  return [
    {
      kind: 'table',
      columns: [{}, {}, {}, {}],
      rows: federations.map(({ id, wanted: { repository, ...others }, role, product, environment }) => [
        repository,
        Object.entries(others)
          .map(([field, value]) => `${field} ${value}`)
          .join(', '),
        `${role} ${product}/${environment}`,
        { text: id, tone: 'muted' },
      ]),
    },
  ]
}
