// Random values of a model's shapes, from a seed.

import type { Member, Shape, StructureShape } from '../../src/sandbox/wire/shape.ts'
import { seeded } from '../chance.ts'

export interface Randomness {
  /** From 0 up to, and without, `below`. */
  integer(below: number): number
  chance(probability: number): boolean
}

export function randomness(seed: number): Randomness {
  const next = seeded(seed)
  return { integer: (below) => Math.floor(next() * below), chance: (probability) => next() < probability }
}

export interface Wishes {
  random: Randomness
  /** Members that cannot be chosen freely: what a client or a server computes by itself. */
  skip(shape: StructureShape, member: Member): boolean
}

/** Below this depth only required members are filled in: shapes may be recursive. */
const MAX_DEPTH = 5

export function randomStructure(shape: StructureShape, wishes: Wishes, depth = 0): Record<string, unknown> {
  const members = shape.members.filter((member) => !wishes.skip(shape, member))
  if (shape.kind === 'union') {
    const member = members[wishes.random.integer(members.length)]
    return member ? { [member.name]: randomMember(member, wishes, depth + 1) } : {}
  }
  const chosen = members.filter(
    (member) =>
      member.required || member.traits.idempotencyToken || isAlways(member) || (depth < MAX_DEPTH && wishes.random.chance(0.6)),
  )
  // XML and Query cannot tell an empty structure from none.
  const first = members.find(isSimple) ?? members[0]
  if (chosen.length === 0 && depth > 0 && first) chosen.push(first)
  return Object.fromEntries(chosen.map((member) => [member.name, randomMember(member, wishes, depth + 1)]))
}

/**
 * A status and a map of headers are always there; no payload is taken for a broken or an empty one; and a client that
 * is not told the type of a payload makes one up.
 */
const isAlways = ({ traits }: Member): boolean =>
  traits.httpResponseCode === 1 ||
  traits.httpPayload === 1 ||
  traits.httpPrefixHeaders !== undefined ||
  traits.httpHeader?.toLowerCase() === 'content-type'

const isSimple = ({ shape }: Member): boolean => !['structure', 'union', 'list', 'map'].includes(shape.kind)

function randomMember(member: Member, wishes: Wishes, depth: number): unknown {
  const { shape, traits } = member
  const { random } = wishes
  const inHeader = traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined
  if (traits.httpResponseCode) return 200 + random.integer(2)
  if (inHeader || traits.httpLabel) return randomValue(shape, wishes, depth, ASCII, inHeader)
  if (traits.mediaType === 'application/json') return JSON.stringify({ random: random.integer(100) })
  return randomValue(shape, wishes, depth, ANY, false)
}

function randomValue(shape: Shape, wishes: Wishes, depth: number, alphabet: string[], inHeader: boolean): unknown {
  const { random } = wishes
  const some = <T>(make: () => T): T[] => Array.from({ length: 1 + random.integer(3) }, make)
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return randomStructure(shape, wishes, depth)
    case 'list':
      return some(() => randomValue(shape.item.shape, wishes, depth + 1, alphabet, inHeader))
    case 'map': {
      const keys = new Set(some(() => text(random, inHeader ? LOWER : alphabet)))
      return Object.fromEntries(
        Array.from(keys, (key) => [key, randomValue(shape.value.shape, wishes, depth + 1, alphabet, inHeader)]),
      )
    }
    case 'string':
      return text(random, alphabet)
    case 'number':
      return random.integer(1_000_000)
    case 'bigInteger':
      return BigInt(random.integer(1_000_000))
    case 'boolean':
      return random.chance(0.5)
    case 'blob':
      return new Uint8Array(some(() => random.integer(256)))
    case 'timestamp': {
      const whole = inHeader || shape.format === 'http-date'
      return new Date((1_600_000_000 + random.integer(100_000_000)) * 1000 + (whole ? 0 : random.integer(1000)))
    }
    case 'bigDecimal':
      return random.integer(1000)
    case 'document':
      return { random: random.integer(100) }
  }
}

const LOWER = [...'abcdefghijklmnopqrstuvwxyz']
const ASCII = [...'abcXYZ0189._-']
const ANY = [...'abcXYZ0189._-:/+=&%<>"\'~!*(){}日本語é😀']

function text(random: Randomness, alphabet: string[]): string {
  const one = () => alphabet[random.integer(alphabet.length)]
  return `t${Array.from({ length: random.integer(12) }, one).join('')}`
}
