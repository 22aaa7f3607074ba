/**
 * The limits that the service models set to inputs: length, range, pattern, enumeration, and which numbers may be broken. The table is made from
 * botocore's models by `script/constraints`; the SDK's schemas have none of them.
 */
import generated from './constraints.generated.json' with { type: 'json' }
import type { Members } from './json-decode.ts'
import type { ListShape, MapShape, Shape, StructureShape } from './shape.ts'

export interface Constraint {
  /** Of a number its value; of text, bytes, a list or a map its length. */
  min?: number
  max?: number
  pattern?: string
  enum?: string[]
  /** A number that need not be whole. */
  float?: boolean
  item?: Constraint
  key?: Constraint
  value?: Constraint
}

export interface ConstraintTable {
  /** The package and version that it was made from. */
  from: string
  constraints: Constraint[]
  /** By signing name, structure and member: a place in `constraints`. */
  services: Record<string, Record<string, Record<string, number>>>
}

const table: ConstraintTable = generated

/** A value that breaks a limit, in the words in which AWS's services say so. */
export interface Violation {
  path: string
  value: unknown
  /** Undefined for a number that is none of its type: broken where it must be whole, or without end. */
  limit: string | undefined
}

/** Every violation in an input, in the order of the model. */
export function violations(service: string, shape: StructureShape, input: Members): Violation[] {
  const found: Violation[] = []
  visit({ structures: table.services[service] ?? {}, found }, shape, NOTHING, input, '')
  return found
}

interface Visit {
  structures: Record<string, Record<string, number>>
  found: Violation[]
}

const NOTHING: Constraint = {}

function visit(to: Visit, shape: Shape, constraint: Constraint, value: unknown, path: string): void {
  if (value === null || value === undefined) return
  if (shape.kind === 'structure' || shape.kind === 'union') visitMembers(to, shape, value as Members, path)
  else if (shape.kind === 'list') visitItems(to, shape, constraint, value as unknown[], path)
  else if (shape.kind === 'map') visitEntries(to, shape, constraint, value as Members, path)
  else if (shape.kind === 'number') checkNumber(to, constraint, value as number, path)
  else if (typeof value === 'string') checkText(to, constraint, value, path)
  else if (value instanceof Uint8Array) checkLength(to, constraint, value.length, value, path)
}

function visitItems(to: Visit, { item }: ListShape, constraint: Constraint, value: unknown[], path: string): void {
  checkLength(to, constraint, value.length, value, path)
  for (const [i, each] of value.entries()) visit(to, item.shape, constraint.item ?? NOTHING, each, `${path}.${i + 1}.member`)
}

function visitEntries(to: Visit, shape: MapShape, constraint: Constraint, value: Members, path: string): void {
  const entries = Object.entries(value)
  checkLength(to, constraint, entries.length, value, path)
  for (const [key, entry] of entries) {
    if (constraint.key) checkText(to, constraint.key, key, `${path}.${key}.key`)
    visit(to, shape.value.shape, constraint.value ?? NOTHING, entry, `${path}.${key}.member`)
  }
}

function visitMembers(to: Visit, { name, members }: StructureShape, value: Members, path: string): void {
  const limits = to.structures[name]
  for (const member of members) {
    const entry = value[member.name]
    if (entry === undefined) continue
    const constraint = table.constraints[limits?.[member.name] ?? -1] ?? NOTHING
    visit(to, member.shape, constraint, entry, path === '' ? member.name : `${path}.${member.name}`)
  }
}

function checkNumber({ found }: Visit, { min, max, float }: Constraint, value: number, path: string): void {
  const violated = (limit: string | undefined) => void found.push({ path, value, limit })
  if (!Number.isFinite(value) || !(float || Number.isInteger(value))) violated(undefined)
  if (min !== undefined && value < min) violated(`Member must have value greater than or equal to ${min}`)
  if (max !== undefined && value > max) violated(`Member must have value less than or equal to ${max}`)
}

function checkText(to: Visit, constraint: Constraint, value: string, path: string): void {
  // The models count characters, not the code units of UTF-16.
  if (constraint.min !== undefined || constraint.max !== undefined) checkLength(to, constraint, [...value].length, value, path)
  const violated = (limit: string) => void to.found.push({ path, value, limit })
  const { pattern, enum: values } = constraint
  if (pattern !== undefined && !isMatch(pattern, value)) violated(`Member must satisfy regular expression pattern: ${pattern}`)
  if (values && !values.includes(value)) violated(`Member must satisfy enum value set: [${values.join(', ')}]`)
}

function checkLength({ found }: Visit, { min, max }: Constraint, length: number, value: unknown, path: string): void {
  const violated = (limit: string) => void found.push({ path, value, limit })
  if (min !== undefined && length < min) violated(`Member must have length greater than or equal to ${min}`)
  if (max !== undefined && length > max) violated(`Member must have length less than or equal to ${max}`)
}

const compiled = new Map<string, RegExp>()

/** The whole value must match, whether or not the model anchors its pattern. */
function isMatch(pattern: string, value: string): boolean {
  const known = compiled.get(pattern) ?? new RegExp(`^(?:${pattern})$`, 'us')
  compiled.set(pattern, known)
  return known.test(value)
}
