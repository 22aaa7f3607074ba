// What zod found, in words for people: which branch of a short form was meant, and what would have been right.
import type { z } from 'zod'
import { kinds, shape } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'
import type { Broken } from './field.ts'
import { nearest } from './nearest.ts'
import type { Path } from './problem.ts'

type Issue = z.core.$ZodIssue

export interface Found {
  path: Path
  at: 'key' | 'value'
  text: Text
  nearest?: string
  /** The path to take away so that the rest can be read without it. */
  prune: Path
}

/** Every issue as one thing to correct. `root` is what was parsed, by `schema`. */
export function problemsOf(issues: readonly Issue[], root: unknown, schema: z.ZodType): Found[] {
  const found = issues.flatMap((issue) => problemOf(issue, [], root, schema))
  // A misspelt key is told once: by its spelling, and not again as missing.
  const meant = new Set(
    found.filter(({ text }) => text !== shape.missing).map(({ path, nearest }) => [...path.slice(0, -1), nearest].join('/')),
  )
  return found.filter(({ text, path }) => text !== shape.missing || !meant.has(path.join('/')))
}

function problemOf(issue: Issue, base: Path, root: unknown, schema: z.ZodType): Found[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  const value = valueAt(root, path)
  const found = (text: Text, near?: string): Found[] => [
    { path, at: 'value', text: withNearest(text, near), nearest: near, prune: path },
  ]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const valid = keysAt(schema, path)
      return issue.keys.map((key) => unknownKey(key, [...path, key], valid))
    }
    case 'invalid_union':
      return unionProblems(issue, path, root, schema)
    case 'invalid_type':
      return wrongKind([issue.expected], path, root, value)
    case 'invalid_value': {
      const values = issue.values.map(String)
      return found(shape.oneOf(values), typeof value === 'string' ? nearest(value, values) : undefined)
    }
    case 'invalid_key':
      return issue.issues.flatMap((inner) => {
        const key = String(path.at(-1))
        const [first] = problemOf(inner, [], key, schema)
        return first ? [{ ...first, path, at: 'key' as const, prune: path }] : []
      })
    case 'too_small':
      return found(
        shape.atLeast(Number(issue.minimum), unitOf(issue.origin)),
        unitOf(issue.origin) === 'value' ? String(issue.minimum) : undefined,
      )
    case 'too_big':
      return found(
        shape.atMost(Number(issue.maximum), unitOf(issue.origin)),
        unitOf(issue.origin) === 'value' ? String(issue.maximum) : undefined,
      )
    case 'custom': {
      const { text, nearest: near, at } = (issue.params ?? {}) as Partial<Broken>
      return found(text ?? shape.invalid, near).map((one) => ({ ...one, at: at ?? one.at }))
    }
    default:
      return found(shape.invalid)
  }
}

function unknownKey(key: string, path: Path, valid: readonly string[]): Found {
  const near = nearest(key, valid)
  const text = shape.unknownKey(key)
  return {
    path,
    at: 'key',
    text: near ? withNearest(text, near) : joined(text, shape.validKeys(valid)),
    nearest: near,
    prune: path,
  }
}

/** Of a short and a long form, the one whose kind was written is the one that was meant. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, root: unknown, schema: z.ZodType): Found[] {
  const meant = issue.errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'))
  const [branch] = meant.sort((a, b) => a.length - b.length)
  if (branch) return branch.flatMap((inner) => problemOf(inner, path, root, schema))
  const wanted = issue.errors.flatMap((errors) =>
    errors.flatMap((inner) => (inner.code === 'invalid_type' && inner.path.length === 0 ? [inner.expected] : [])),
  )
  return wrongKind(wanted, path, root, valueAt(root, path))
}

function wrongKind(expected: readonly string[], path: Path, root: unknown, value: unknown): Found[] {
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1)
    if (Array.isArray(valueAt(root, parent))) return [{ path, at: 'value', text: shape.invalid, prune: path }]
    return [{ path, at: 'key', text: shape.missing, prune: parent }]
  }
  if (value === null && path.length > 0) return [{ path, at: 'key', text: shape.empty(String(path.at(-1))), prune: path }]
  const wanted = [...new Set(expected)].map((kind) => kinds[kind as keyof typeof kinds] ?? kinds.string)
  const near = expected.map((kind) => converted(kind, value)).find((one) => one !== undefined)
  return [{ path, at: 'value', text: withNearest(shape.expected(unique(wanted)), near), nearest: near, prune: path }]
}

/** The same value written as the wanted kind, where that is plain: `"3000"` as 3000, `yes` as true, words as a list. */
function converted(kind: string, value: unknown): string | undefined {
  if (kind === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return `"${value}"`
  if (typeof value === 'number' && kind === 'int') return String(Math.round(value))
  if (typeof value !== 'string') return undefined
  if ((kind === 'number' || kind === 'int') && /^\d+(\.\d+)?$/.test(value.trim())) return String(Math.round(Number(value)))
  if (kind === 'boolean' && /^(yes|on|y)$/i.test(value)) return 'true'
  if (kind === 'boolean' && /^(no|off|n)$/i.test(value)) return 'false'
  if (kind === 'array' && value.trim() && !/['"`$|&;<>\\]/.test(value)) return `[${value.trim().split(/\s+/).join(', ')}]`
  return undefined
}

function withNearest(text: Text, near: string | undefined): Text {
  return near === undefined ? text : joined(text, shape.nearest(near))
}

const joined = (one: Text, other: Text): Text => ({ en: `${one.en}; ${other.en}`, ja: `${one.ja}。${other.ja}` })

const unique = (texts: Text[]): Text[] => texts.filter((text, index) => texts.findIndex(({ en }) => en === text.en) === index)

const unitOf = (origin: string): 'value' | 'items' | 'characters' =>
  origin === 'string' ? 'characters' : origin === 'array' || origin === 'object' || origin === 'record' ? 'items' : 'value'

export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

/** Every key that the schema allows in the map at a path. */
export function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const keys = schemasAt([schema], path).flatMap((one) => (isKind(one, 'object') ? Object.keys(one._zod.def.shape) : []))
  return [...new Set(keys)]
}

function schemasAt(schemas: readonly z.core.$ZodType[], path: Path): z.core.$ZodType[] {
  const open = schemas.flatMap(unwrapped)
  const [step, ...rest] = path
  if (step === undefined) return open
  const inner = open.flatMap((one) => {
    if (isKind(one, 'object')) return Object.hasOwn(one._zod.def.shape, step) ? [one._zod.def.shape[step] as z.core.$ZodType] : []
    if (isKind(one, 'record')) return [one._zod.def.valueType]
    if (isKind(one, 'array')) return [one._zod.def.element]
    return []
  })
  return inner.length === 0 ? [] : schemasAt(inner, rest)
}

interface Kinds {
  object: z.core.$ZodObject
  record: z.core.$ZodRecord
  array: z.core.$ZodArray
  union: z.core.$ZodUnion
  optional: z.core.$ZodOptional
  nullable: z.core.$ZodNullable
  pipe: z.core.$ZodPipe
}

const isKind = <Kind extends keyof Kinds>(schema: z.core.$ZodType, kind: Kind): schema is Kinds[Kind] =>
  schema._zod.def.type === kind

/** A schema without what only wraps it: optional, nullable, transforms, and the branches of a union side by side. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (isKind(schema, 'optional') || isKind(schema, 'nullable')) return unwrapped(schema._zod.def.innerType)
  if (isKind(schema, 'pipe')) return unwrapped(schema._zod.def.in)
  if (isKind(schema, 'union')) return schema._zod.def.options.flatMap(unwrapped)
  return [schema]
}
