// Who one is, and what one may: the same answer in every face, without a server too.
import { z } from 'zod'
import { KibanError } from '../../core/error.ts'
import { errors } from '../../core/messages/errors.ts'
import { roleName, identity as text } from '../../core/messages/identity.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import { can, type Permission, type Place, permissions, type Role } from '../../core/permission.ts'
import type { View } from '../../core/view.ts'
import { WhoamiShape } from './shapes.ts'

const everywhere = () => ({ product: '*', environment: '*' })

/** `all` gives every operation of the product, once they are all declared. */
export function whoamiOperations(all: () => readonly Operation[]): Operation[] {
  return [whoami, canOperation(all)]
}

const whoami = call({
  name: 'identity.whoami',
  summary: text.whoami,
  http: { method: 'GET', path: '/whoami' },
  permission: 'signed-in',
  place: everywhere,
  risk: 0,
  input: z.object({}),
  output: WhoamiShape,
  cli: { alias: 'whoami' },
  run: async ({ actor: { name, kind, face, grants } }) => ({ name, kind, face, grants }),
  show: ({ name, grants }): View => [
    { kind: 'heading', line: text.youAre(name) },
    ...(grants.length > 0
      ? [
          {
            kind: 'table' as const,
            indent: 2,
            columns: [{}, {}],
            rows: grants.map((grant) => [roleName[grant.role], placeLine(grant)]),
          },
        ]
      : [{ kind: 'line' as const, line: [text.noRoles, '  ', text.noRolesHint], mark: 'warn' as const }]),
  ],
})

const Answer = z.object({
  allowed: z.boolean(),
  operation: z.string(),
  product: z.string(),
  environment: z.string(),
  permission: z.string(),
  /** Roles that may, from least to most. */
  roles: z.array(z.string()),
  because: z.object({ en: z.string(), ja: z.string() }),
})

const canOperation = (all: () => readonly Operation[]): Operation =>
  call({
    name: 'permission.check',
    summary: text.can,
    http: { method: 'GET', path: '/permissions/{operation}' },
    permission: 'signed-in',
    place: everywhere,
    risk: 0,
    input: z.object({
      operation: z.string().min(1).meta(about(text.fieldOperation.en, text.fieldOperation.ja)),
      product: z.string().default('*').meta(about(text.fieldProduct.en, text.fieldProduct.ja)),
      env: z.string().default('*').meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja)),
    }),
    output: Answer,
    cli: { alias: 'can', positional: ['operation'], short: { e: 'env' } },
    async run({ actor }, input) {
      const operation = all().find(({ name, cli }) => name === input.operation || cli?.alias === input.operation)
      if (!operation) throw new KibanError('not-found', 'operation.unknown', errors.operationUnknown(input.operation))
      const place: Place = { product: input.product, environment: input.env }
      const permission = leastPermission(operation)
      const allowed = can(actor, permission, place)
      const wanted: readonly Role[] = permission in permissions ? permissions[permission as keyof typeof permissions] : []
      const held = actor.grants.find((grant) => can({ ...actor, grants: [grant] }, permission, place))
      const at = `${place.product}/${place.environment}`
      const because =
        wanted.length === 0
          ? text.mayAnybody(operation.name)
          : held
            ? text.mayBecause(operation.name, roleName[held.role], at)
            : text.mayNot(operation.name, at, wanted.join(', '))
      return { ...place, allowed, operation: operation.name, permission, roles: [...wanted], because }
    },
    show: ({ allowed, because }): View => [{ kind: 'line', line: because, mark: allowed ? 'good' : 'bad' }],
  })

/** Where the permission depends on the input, that of an input that says nothing special. */
function leastPermission({ permission }: Operation): Permission {
  return typeof permission === 'function' ? permission({} as never) : permission
}

const placeLine = ({ product, environment }: Place) =>
  product === '*' && environment === '*' ? text.everywhere : `${product}/${environment}`
