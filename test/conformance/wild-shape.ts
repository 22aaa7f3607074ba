// Values of a model's shapes that are likely to be refused: too long, too many, of another kind than they seem.
import { randomUUID } from 'node:crypto'
import type { Constraint, ConstraintTable } from '../../src/sandbox/wire/constraints.ts'
import type { Shape, StructureShape } from '../../src/sandbox/wire/shape.ts'
import type { Randomness } from './random-shape.ts'

export interface Wilderness {
  random: Randomness
  /** Texts that were seen somewhere, and those that were seen under a member's name in lower case. */
  seen: string[]
  seenAs: Map<string, string[]>
  table: ConstraintTable
  /** The signing name of the service. */
  service: string
}

const TEXTS = [
  ...['', 'x', '__proto__', 'constructor', '*', '%', '\u0000', 'a\r\nb', '../..', '-1', 'NaN', '日本語😀', 'a'.repeat(3000)],
  ...['{}', '[', 'null', '[null]', '{"Version":"2012-10-17","Statement":[null]}', '{"a":[{"prefix":1}]}', '{ $.a = ', '$.a['],
  ...['arn:aws:x', 'arn:::::', 'rate(5 minutes)', 'rate(0 minutes)', 'cron(* * * * ? *)', 'cron(0 0 31 2 ? *)', randomUUID()],
]
const NUMBERS = [0, -1, 1, 1.5, 60, 1000, 2 ** 31, 2 ** 53, 1e300, Number.POSITIVE_INFINITY, Number.NaN]
const TIMES = [0, -1e12, 1e12, 8.64e15]
const MAX_DEPTH = 6

export function wildStructure(shape: StructureShape, wild: Wilderness, depth = 0): Record<string, unknown> {
  const { random, table, service } = wild
  const limits = table.services[service]?.[shape.name]
  const chosen = shape.members.filter(({ required }) => random.chance(required ? 0.95 : depth < MAX_DEPTH ? 0.4 : 0))
  const members = shape.kind === 'union' ? chosen.slice(0, 1) : chosen
  return Object.fromEntries(
    members.map(({ name, shape: of }) => [
      name,
      wildValue(of, wild, table.constraints[limits?.[name] ?? -1] ?? {}, name.toLowerCase(), depth + 1),
    ]),
  )
}

function wildValue(shape: Shape, wild: Wilderness, limit: Constraint, name: string, depth: number): unknown {
  const { random } = wild
  const some = <T>(make: () => T): T[] => Array.from({ length: random.integer(4) }, make)
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return wildStructure(shape, wild, depth)
    case 'list':
      return some(() => wildValue(shape.item.shape, wild, limit.item ?? {}, name, depth + 1))
    case 'map':
      return Object.fromEntries(
        some(() => [wildText(wild, {}, ''), wildValue(shape.value.shape, wild, limit.value ?? {}, '', depth + 1)]),
      )
    case 'string':
      return wildText(wild, limit, name)
    case 'number':
      return limit.min !== undefined && random.chance(0.5) ? limit.min + random.integer(5) : oneOf(NUMBERS, random)
    case 'boolean':
      return random.chance(0.5)
    case 'blob':
      return new Uint8Array(Array.from({ length: random.integer(50) }, () => random.integer(256)))
    case 'timestamp':
      return new Date(oneOf(TIMES, random) ?? 0)
    default:
      return random.integer(1000)
  }
}

function wildText({ random, seen, seenAs }: Wilderness, { enum: values }: Constraint, name: string): unknown {
  const same = seenAs.get(name)
  if (values && random.chance(0.7)) return oneOf(values, random)
  if (same && random.chance(0.7)) return oneOf(same, random)
  return oneOf(random.chance(0.5) ? TEXTS : seen, random)
}

const oneOf = <T>(values: readonly T[], random: Randomness): T | undefined => values[random.integer(values.length)]
