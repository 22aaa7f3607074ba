// docs/capabilities/permissions.md: which role may what, where; made from the operations and the one rule of permissions.
import { z } from 'zod'
import type { Actor } from '../src/core/actor.ts'
import type { Operation } from '../src/core/operation.ts'
import { can, type Permission, type Place, type Role, roles } from '../src/core/permission.ts'

/** Places where a role can be held, seen from an operation on the product `own`, environment `staging`. */
export const held = {
  everywhere: { product: '*', environment: '*' },
  'its product': { product: 'own', environment: '*' },
  'its environment': { product: 'own', environment: 'staging' },
  'another environment': { product: 'own', environment: 'production' },
  'another product': { product: 'other', environment: '*' },
} as const satisfies Record<string, Place>
export type Held = keyof typeof held

export interface Cell {
  operation: Operation
  /** An input that needs this permission. */
  input: Record<string, unknown>
  permission: Permission
  role: Role
  where: Held
  allowed: boolean
}

/** A cell for each operation, role and place; twice where an input asks for more. */
export function permissionCells(operations: readonly Operation[]): Cell[] {
  return operations
    .filter(({ local }) => !local)
    .flatMap((operation) => inputsOf(operation).map((input) => ({ operation, input, ...needs(operation, input) })))
    .flatMap((row) => roles.flatMap((role) => (Object.keys(held) as Held[]).map((where) => ({ ...row, role, where }))))
    .map(({ place, ...cell }) => ({ ...cell, allowed: can(holder(cell.role, cell.where), cell.permission, place) }))
}

export const holder = (role: Role, where: Held): Actor => ({
  kind: 'user',
  name: `${role} of ${where}`,
  grants: [{ role, ...held[where] }],
  face: 'http',
})

function needs(operation: Operation, input: Record<string, unknown>): { permission: Permission; place: Place } {
  const parsed = operation.input.parse(input) as never
  const permission = typeof operation.permission === 'function' ? operation.permission(parsed) : operation.permission
  return { permission, place: operation.place(parsed) }
}

/** For what must look like something. */
const SAMPLES = ['a', 'U0SAMPLE', 'T0SAMPLE']

interface Schema {
  type?: string
  pattern?: string
  enum?: unknown[]
  format?: string
  minLength?: number
  items?: Schema
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  minimum?: number
}

/** The least that an operation takes; and the same with what asks for another permission. */
function inputsOf(operation: Operation): Record<string, unknown>[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as Schema
  const { properties = {}, required = [] } = schema
  const placed = ['product', 'env'].filter((name) => properties[name])
  const names = [...new Set([...required, ...placed])]
  const least = Object.fromEntries(names.map((name) => [name, sample(name, properties[name] ?? {})]))
  if (typeof operation.permission !== 'function') return [least]
  const flags = Object.keys(properties).filter((name) => properties[name]?.type === 'boolean')
  const more = flags.map((flag) => ({ ...least, [flag]: true }))
  const plain = needs(operation, least).permission
  return [least, ...more.filter((input) => needs(operation, input).permission !== plain)]
}

function sample(name: string, schema: Schema): unknown {
  const { pattern } = schema
  const fitting = pattern === undefined ? undefined : SAMPLES.find((one) => new RegExp(pattern, 'u').test(one))
  if (fitting !== undefined) return fitting
  if (name === 'product') return held['its environment'].product
  if (name === 'env') return held['its environment'].environment
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return sample(name, schema.anyOf[0] ?? {})
  switch (schema.type) {
    case 'boolean':
      return false
    case 'number':
    case 'integer':
      return schema.minimum ?? 1
    case 'array':
      return [sample('', schema.items ?? {})]
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((key) => [key, sample(key, schema.properties?.[key] ?? {})]))
    default:
      return schema.format === 'date-time' ? '2026-01-01T00:00:00Z' : 'own'.padEnd(schema.minLength ?? 0, 'n')
  }
}

/** How widely a role must be held at least; the places are in order, from the widest. */
function narrowest(cells: readonly Cell[], role: Role): string {
  const places = cells.filter((cell) => cell.role === role && cell.allowed).map(({ where }) => where)
  if (places.length === Object.keys(held).length) return 'anywhere'
  return places.includes('another environment') ? 'any environment of it' : (places.at(-1) ?? '–')
}

export function permissionTable(operations: readonly Operation[]): string {
  const rows = Map.groupBy(permissionCells(operations), ({ operation, permission }) => `${operation.name} ${permission}`)
  const lines = [...rows.values()].map((cells) => {
    const [first] = cells
    const flags = Object.entries(first?.input ?? {}).filter(([, value]) => value === true)
    const name = `\`${first?.operation.name}\`${flags.map(([flag]) => ` with \`${flag}\``).join('')}`
    return `| ${[name, first?.permission, ...roles.map((role) => narrowest(cells, role))].join(' | ')} |`
  })
  const sorted = lines.sort((a, b) => (a.replaceAll('`', '') < b.replaceAll('`', '') ? -1 : 1))
  return `# Who may what

Made from the operations by \`script/generate\`; do not edit. Every face asks the same rule, and a test tries every operation with every role at
every place, in process, over HTTP and on the command line of a server.

An operation acts on an environment, on a product or on the whole platform. A cell says how widely the role must be held for it at least: on
that environment, on its product, or everywhere. A role that is held on another product or environment counts for nothing there.

- \`public\` is open before a login, \`signed-in\` after it, with or without a role. What it shows or changes is judged one by one: events,
  approvals and freezes by their product, sessions, tokens and passkeys by their owner.
- Pushes that GitHub tells of deploy with what is granted to the user \`github\`: [GitHub](github.md).
- \`deploy\` in a protected environment takes a manager or an SRE: the manifest says which those are, so that this is judged where the
  manifest is known. Whoever asked for a deployment may stop it.

| operation | permission | ${roles.join(' | ')} |
|---|---|${roles.map(() => '---|').join('')}
${sorted.join('\n')}
`
}
