// The output of an operation to JSON and CBOR values.
import { blobText } from './blob.ts'
import { jsonName, type Members } from './json-decode.ts'
import type { Shape, SimpleShape } from './shape.ts'
import { epochSeconds, timestampText } from './timestamp.ts'

/** What a format does with the values for which JSON has no type of its own. */
export interface ValueFormat {
  jsonNames: boolean
  blob(value: unknown): unknown
  timestamp(value: Date, shape: SimpleShape): unknown
}

export const JSON_RPC: ValueFormat = { jsonNames: false, blob: blobText, timestamp: jsonTimestamp }
export const REST_JSON: ValueFormat = { jsonNames: true, blob: blobText, timestamp: jsonTimestamp }

function jsonTimestamp(value: Date, shape: SimpleShape): string | number {
  const format = shape.format ?? 'epoch-seconds'
  return format === 'epoch-seconds' ? epochSeconds(value) : timestampText(value, format)
}

/** Encodes a value; members that the shape does not know are left out, as are undefined ones. */
export function encodeJson(shape: Shape, value: unknown, format: ValueFormat): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union': {
      const from = value as Members
      const encoded: Members = {}
      for (const member of shape.members) {
        const entry = from[member.name]
        if (entry !== undefined && entry !== null) {
          encoded[jsonName(member, format.jsonNames)] = encodeJson(member.shape, entry, format)
        }
      }
      return encoded
    }
    case 'list':
      return (value as unknown[]).map((item) => (item == null ? null : encodeJson(shape.item.shape, item, format)))
    case 'map': {
      const encoded: [string, unknown][] = []
      for (const [key, entry] of Object.entries(value as Members)) {
        if (entry != null) encoded.push([key, encodeJson(shape.value.shape, entry, format)])
        else if (shape.sparse) encoded.push([key, null])
      }
      return Object.fromEntries(encoded)
    }
    case 'blob':
      return format.blob(value)
    case 'timestamp':
      return format.timestamp(dateFrom(value), shape)
    case 'number':
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : checked(shape, value, 'number')
    case 'string':
      return checked(shape, value, 'string')
    case 'boolean':
      return checked(shape, value, 'boolean')
    case 'bigInteger':
      return Number(value)
    default:
      return value
  }
}

/** A handler that answers with the wrong type must fail here, not in the client. */
function checked(shape: SimpleShape, value: unknown, type: 'string' | 'number' | 'boolean'): unknown {
  if (typeof value !== type) throw new TypeError(`An answer holds a ${typeof value} where the model says ${shape.kind}`)
  return value
}

export function dateFrom(value: unknown): Date {
  if (value instanceof Date) return value
  throw new TypeError(`An answer holds a ${typeof value} where the model says timestamp`)
}
