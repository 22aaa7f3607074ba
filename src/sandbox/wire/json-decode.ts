// JSON and CBOR values to the input of an operation.
import { AwsError } from '../cloud.ts'
import { blobFrom } from './blob.ts'
import type { Member, Shape, SimpleShape, StructureShape } from './shape.ts'
import { timestampFrom } from './timestamp.ts'

export type Members = Record<string, unknown>

/** Decodes a parsed JSON document; `jsonNames` tells whether the protocol honours the jsonName trait (REST only). */
export function decodeJson(shape: Shape, value: unknown, jsonNames = false): unknown {
  switch (shape.kind) {
    case 'structure':
      return structureFrom(shape, value, jsonNames)
    case 'union':
      return unionFrom(shape, value, jsonNames)
    case 'list':
      if (!Array.isArray(value)) throw unexpected(value, 'a list')
      return value.flatMap((item) => {
        if (item !== null) return [decodeJson(shape.item.shape, item, jsonNames)]
        return shape.sparse ? [null] : []
      })
    case 'map': {
      const decoded: Members = Object.create(null)
      for (const [key, entry] of Object.entries(objectFrom(value))) {
        if (entry !== null) decoded[key] = decodeJson(shape.value.shape, entry, jsonNames)
        else if (shape.sparse) decoded[key] = null
      }
      return { ...decoded }
    }
    default:
      return simpleFrom(shape, value)
  }
}

function structureFrom(shape: StructureShape, value: unknown, jsonNames: boolean): Members {
  const from = objectFrom(value)
  const decoded: Members = {}
  for (const member of shape.members) {
    const entry = from[jsonName(member, jsonNames)]
    if (entry !== undefined && entry !== null) decoded[member.name] = decodeJson(member.shape, entry, jsonNames)
  }
  return decoded
}

function unionFrom(shape: StructureShape, value: unknown, jsonNames: boolean): Members {
  const decoded = structureFrom(shape, value, jsonNames)
  if (Object.keys(decoded).length !== 1) {
    throw new AwsError('SerializationException', `Exactly one member of ${shape.name} must be set`)
  }
  return decoded
}

export const jsonName = (member: Member, jsonNames: boolean): string => (jsonNames && member.traits.jsonName) || member.name

function simpleFrom(shape: SimpleShape, value: unknown): unknown {
  switch (shape.kind) {
    case 'string':
      if (typeof value === 'string') return value
      throw unexpected(value, 'a String')
    case 'boolean':
      if (typeof value === 'boolean') return value
      throw unexpected(value, 'a Boolean')
    case 'number':
      if (typeof value === 'number') return value
      if (typeof value === 'bigint') return Number(value)
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value)
      throw unexpected(value, 'a Number')
    case 'bigInteger':
      if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value)
      throw unexpected(value, 'a Number')
    case 'bigDecimal':
      if (typeof value === 'number') return value
      throw unexpected(value, 'a Number')
    case 'blob':
      if (value instanceof Uint8Array) return value
      if (typeof value === 'string') return blobFrom(value)
      throw unexpected(value, 'a Blob')
    case 'timestamp':
      if (value instanceof Date) return value
      if (typeof value === 'number' || typeof value === 'string') return timestampFrom(value, shape.format ?? 'epoch-seconds')
      if (isTaggedTime(value)) return timestampFrom(value.value, 'epoch-seconds')
      throw unexpected(value, 'a Timestamp')
    case 'document':
      return value
  }
}

/** RFC 8949, section 3.4.2: tag 1 stands before seconds since the epoch. */
function isTaggedTime(value: unknown): value is { tag: 1; value: number } {
  return typeof value === 'object' && value !== null && 'tag' in value && value.tag === 1 && 'value' in value
}

function objectFrom(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw unexpected(value, 'a structure or map')
}

function unexpected(value: unknown, wanted: string): AwsError {
  if (Array.isArray(value)) return new AwsError('SerializationException', 'Start of list found where not expected')
  if (typeof value === 'object') {
    return new AwsError('SerializationException', 'Start of structure or map found where not expected.')
  }
  return new AwsError('SerializationException', `${tokenOf(value)} can not be converted to ${wanted}`)
}

const tokenOf = (value: unknown): string =>
  typeof value === 'boolean' ? `${String(value).toUpperCase()}_VALUE` : `${typeof value}_VALUE`.toUpperCase()
