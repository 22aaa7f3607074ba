// An environment's patch over its base, as RFC 7396 (JSON Merge Patch) has it: maps are merged key by key, null takes a
// key away, anything else replaces. Short forms were read before, so `health: /up` patches only the path.

/** Keys of which a thing has one or the other: a patch that names one takes the other away. */
const instead: Record<string, string> = {
  image: 'build',
  build: 'image',
  port: 'ports',
  ports: 'port',
  cron: 'rate',
  rate: 'cron',
}

/** Keys whose map is one choice, not a set of settings. */
const whole = new Set(['capacity', 'size'])

/** A map in AWS's words, where null says "without this member" rather than "as if it had not been written". */
const keepsNull = 'definition'

export function merged<Base extends object>(base: Base, patch: object | undefined, inside = ''): Base {
  if (!patch) return base
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const other = instead[key]
    if (other && value !== null) delete result[other]
    const within = inside === keepsNull ? inside : key
    if (value === null && inside !== keepsNull) delete result[key]
    else if (isMap(value) && isMap(result[key]) && !whole.has(key)) result[key] = merged(result[key], value, within)
    else result[key] = isMap(value) ? merged({}, value, within) : value
  }
  return result as Base
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
