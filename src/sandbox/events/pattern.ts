/**
 * Event patterns: which events a rule is for
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html).
 */
import { BlockList, isIP } from 'node:net'
import { AwsError } from '../cloud.ts'
import { matchesStars } from '../wildcard.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/** Parses a pattern and refuses what EventBridge would, naming the reason. */
export function parsedPattern(text: string): JsonObject {
  let pattern: Json
  try {
    pattern = JSON.parse(text) as Json
  } catch {
    throw notValid('Event pattern is not valid JSON')
  }
  if (!isObject(pattern)) throw notValid('Filter is not an object')
  check(pattern)
  return pattern
}

export function matchesPattern(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === '$or' && Array.isArray(wanted)) return wanted.some((each) => isObject(each) && matchesPattern(each, event))
    const values = fieldOf(event, key)
    if (isObject(wanted))
      return values.length === 0 ? matchesPattern(wanted, undefined) : values.some((each) => matchesPattern(wanted, each))
    return Array.isArray(wanted) && wanted.some((matcher) => matches(matcher, values))
  })
}

const notValid = (reason: string) => new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function check(pattern: JsonObject): void {
  if (Object.keys(pattern).length === 0) throw notValid('Empty objects are not allowed')
  for (const [key, wanted] of Object.entries(pattern)) {
    if (key === '$or') {
      if (!Array.isArray(wanted) || wanted.length < 2 || !wanted.every(isObject))
        throw notValid('"$or" must be an array of two patterns or more')
      for (const each of wanted) if (isObject(each)) check(each)
    } else if (isObject(wanted)) {
      check(wanted)
    } else if (Array.isArray(wanted)) {
      if (wanted.length === 0) throw notValid('Empty arrays are not allowed')
      for (const matcher of wanted) checkMatcher(matcher)
    } else {
      throw notValid(`"${key}" must be an object or an array`)
    }
  }
}

function checkMatcher(matcher: Json): void {
  if (!isObject(matcher)) {
    if (Array.isArray(matcher)) throw notValid('Match value must be String, number, true, false, or null')
    return
  }
  const [name = '', ...more] = Object.keys(matcher)
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!operator || more.length > 0) throw notValid(`Unrecognized match type ${name}`)
  if (!operator.accepts(matcher[name])) throw notValid(`${name} has a value that is not allowed`)
}

/** The values of a field: of an array, its elements; of an array of objects, the field of each. */
function fieldOf(event: Json | undefined, key: string): Json[] {
  if (Array.isArray(event)) return event.flatMap((each) => fieldOf(each, key))
  if (!isObject(event) || !Object.hasOwn(event, key)) return []
  const value = event[key]
  if (value === undefined) return []
  return elements(value)
}

const elements = (value: Json): Json[] => (Array.isArray(value) ? value.flatMap(elements) : [value])

function matches(matcher: Json, values: Json[]): boolean {
  if (!isObject(matcher)) return values.includes(matcher)
  const [name = ''] = Object.keys(matcher)
  return OPERATORS[name]?.matches(matcher[name] as Json, values) ?? false
}

interface Operator {
  accepts(operand: Json | undefined): boolean
  matches(operand: Json, values: Json[]): boolean
}

const isText = (value: Json | undefined): value is string => typeof value === 'string'
const isScalar = (value: Json | undefined) => isText(value) || typeof value === 'number'
const texts = (operand: Json): string[] => [operand].flat().filter(isText)
const anyText = (values: Json[], test: (value: string) => boolean) => values.some((value) => isText(value) && test(value))

/** `"prefix": "x"` or `"prefix": {"equals-ignore-case": "x"}`. */
function affix(found: (value: string, part: string) => boolean): Operator {
  return {
    accepts: (operand) => isText(operand) || (isObject(operand) && isText(operand['equals-ignore-case'])),
    matches: (operand, values) =>
      isObject(operand)
        ? anyText(values, (value) => found(value.toLowerCase(), String(operand['equals-ignore-case']).toLowerCase()))
        : anyText(values, (value) => found(value, String(operand))),
  }
}

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

const OPERATORS: Record<string, Operator> = {
  prefix: affix((value, part) => value.startsWith(part)),
  suffix: affix((value, part) => value.endsWith(part)),
  'equals-ignore-case': {
    accepts: isText,
    matches: (operand, values) => anyText(values, (value) => value.toLowerCase() === String(operand).toLowerCase()),
  },
  wildcard: {
    accepts: isText,
    matches: (operand, values) => anyText(values, (value) => matchesStars(String(operand), value)),
  },
  exists: {
    accepts: (operand) => typeof operand === 'boolean',
    matches: (operand, values) => values.some((value) => !isObject(value)) === operand,
  },
  numeric: {
    accepts: (operand) =>
      Array.isArray(operand) &&
      (operand.length === 2 || operand.length === 4) &&
      operand.every((each, at) => (at % 2 === 0 ? isText(each) && Object.hasOwn(COMPARISONS, each) : typeof each === 'number')),
    matches: (operand, values) => {
      const parts = operand as (string | number)[]
      const holds = (value: number, at: number) => COMPARISONS[parts[at] as string]?.(value, parts[at + 1] as number) ?? false
      return values.some((value) => typeof value === 'number' && holds(value, 0) && (parts.length === 2 || holds(value, 2)))
    },
  },
  cidr: {
    accepts: (operand) => isText(operand) && block(operand) !== undefined,
    matches: (operand, values) =>
      anyText(
        values,
        (value) => isIP(value) !== 0 && (block(String(operand))?.check(value, isIP(value) === 6 ? 'ipv6' : 'ipv4') ?? false),
      ),
  },
  'anything-but': {
    accepts: (operand) =>
      isScalar(operand) ||
      (Array.isArray(operand) && operand.length > 0 && operand.every(isScalar)) ||
      (isObject(operand) &&
        Object.keys(operand).length === 1 &&
        Object.entries(operand).every(([name, of]) => Object.hasOwn(BUT, name) && texts(of).length > 0)),
    matches: (operand, values) => {
      if (isObject(operand)) {
        const [name = ''] = Object.keys(operand)
        const parts = texts(operand[name] as Json)
        return anyText(values, (value) => !parts.some((part) => BUT[name]?.(value, part)))
      }
      const refused = [operand].flat()
      return values.some((value) => !refused.includes(value))
    },
  },
}

/** What `anything-but` can turn round besides plain values. */
const BUT: Record<string, (value: string, part: string) => boolean> = {
  prefix: (value, part) => value.startsWith(part),
  suffix: (value, part) => value.endsWith(part),
  'equals-ignore-case': (value, part) => value.toLowerCase() === part.toLowerCase(),
  wildcard: (value, part) => matchesStars(part, value),
}

function block(cidr: string): BlockList | undefined {
  const [address = '', bits = ''] = cidr.split('/')
  const family = isIP(address)
  if (!family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return undefined
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4')
  return list
}
