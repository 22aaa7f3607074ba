/**
 * The shapes of a service model, compiled once from the schemas that the SDK's clients export. The SDK keeps them as
 * terse tuples for its own serializers; the sandbox reads them the other way round and needs names, kinds and traits.
 */
import { NormalizedSchema } from '@smithy/core/schema'
import type { SchemaRef } from '@smithy/types'

export type SimpleKind = 'string' | 'number' | 'boolean' | 'blob' | 'timestamp' | 'document' | 'bigInteger' | 'bigDecimal'

export type Shape = StructureShape | ListShape | MapShape | SimpleShape

export interface StructureShape {
  kind: 'structure' | 'union'
  name: string
  traits: Traits
  /** In the order of the model; the first ones are the required ones. */
  members: Member[]
}

export interface ListShape {
  kind: 'list'
  name: string
  item: Member
  sparse: boolean
}

export interface MapShape {
  kind: 'map'
  name: string
  key: Member
  value: Member
  sparse: boolean
}

export interface SimpleShape {
  kind: SimpleKind
  name: string
  /** Of a timestamp: its format when the model fixes one. */
  format?: TimestampFormat
  streaming?: boolean
}

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds'

export interface Member {
  name: string
  shape: Shape
  traits: Traits
  required: boolean
}

/** Traits of the member and of its target, merged. */
export interface Traits {
  http?: [method: string, path: string, status: number]
  httpLabel?: 1
  httpPayload?: 1
  httpQuery?: string
  httpQueryParams?: 1
  httpHeader?: string
  httpPrefixHeaders?: string
  httpResponseCode?: 1
  httpError?: number
  awsQueryError?: [code: string, status: number]
  error?: 'client' | 'server'
  jsonName?: string
  xmlName?: string
  xmlFlattened?: 1
  xmlAttribute?: 1
  xmlNamespace?: [prefix: string, uri: string] | [undefined, string]
  ec2QueryName?: string
  idempotencyToken?: 1
  sensitive?: 1
  mediaType?: string
  sparse?: 1
  streaming?: 1
}

const compiled = new WeakMap<object, Shape>()

/** The shape of a schema; recursive shapes are compiled member by member, when they are first looked at. */
export function shapeOf(schema: SchemaRef): Shape {
  const normalized = NormalizedSchema.of(schema)
  const key: unknown = normalized.getSchema()
  if (typeof key !== 'object' || key === null) return compile(normalized)
  const known = compiled.get(key)
  if (known) return known
  const shape = compile(normalized)
  compiled.set(key, shape)
  return shape
}

function compile(schema: NormalizedSchema): Shape {
  const name = schema.getName() ?? ''
  if (schema.isUnitSchema()) return { kind: 'structure', name: '', traits: {}, members: [] }
  if (schema.isStructSchema()) return structure(schema, name)
  if (schema.isListSchema()) {
    return {
      kind: 'list',
      name,
      get item() {
        return once(this, 'item', member('member', schema.getValueSchema(), false))
      },
      sparse: traitsOf(schema).sparse === 1,
    }
  }
  if (schema.isMapSchema()) {
    return {
      kind: 'map',
      name,
      get key() {
        return once(this, 'key', member('key', schema.getKeySchema(), false))
      },
      get value() {
        return once(this, 'value', member('value', schema.getValueSchema(), false))
      },
      sparse: traitsOf(schema).sparse === 1,
    }
  }
  return simple(schema, name)
}

function structure(schema: NormalizedSchema, name: string): StructureShape {
  const tuple: unknown = schema.getSchema()
  const requiredCount = Array.isArray(tuple) && typeof tuple[6] === 'number' ? tuple[6] : 0
  return {
    kind: schema.isUnionSchema() ? 'union' : 'structure',
    name,
    traits: traitsOf(schema),
    get members() {
      const members = [...schema.structIterator()].map(([name, of], i) =>
        member(name, NormalizedSchema.of(of), i < requiredCount),
      )
      return once(this, 'members', members)
    },
  }
}

function member(name: string, schema: NormalizedSchema, required: boolean): Member {
  return {
    name,
    get shape() {
      return once(this, 'shape', shapeOf(targetOf(schema)))
    },
    traits: traitsOf(schema),
    required,
  }
}

/** A member schema wraps its target with traits of its own; the target alone is what can be shared. */
function targetOf(schema: NormalizedSchema): SchemaRef {
  return schema.getSchema() as SchemaRef
}

function simple(schema: NormalizedSchema, name: string): SimpleShape {
  if (schema.isBlobSchema()) return { kind: 'blob', name, streaming: schema.isStreaming() }
  if (schema.isTimestampSchema()) return { kind: 'timestamp', name, format: TIMESTAMP_FORMATS[Number(schema.getSchema())] }
  if (schema.isBooleanSchema()) return { kind: 'boolean', name }
  if (schema.isNumericSchema()) return { kind: 'number', name }
  if (schema.isBigIntegerSchema()) return { kind: 'bigInteger', name }
  if (schema.isBigDecimalSchema()) return { kind: 'bigDecimal', name }
  if (schema.isDocumentSchema()) return { kind: 'document', name }
  return { kind: 'string', name }
}

/** The numbers by which `@smithy/types` (schema/sentinels) tells timestamps apart. */
const TIMESTAMP_FORMATS: Record<number, TimestampFormat> = { 5: 'date-time', 6: 'http-date', 7: 'epoch-seconds' }

const traitsOf = (schema: NormalizedSchema): Traits => schema.getMergedTraits() as Traits

function once<T>(of: object, property: string, value: T): T {
  Object.defineProperty(of, property, { value, enumerable: true })
  return value
}
