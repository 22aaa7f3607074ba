// The cluster query language of `memberOf` constraints and of ListContainerInstances' filter.
// Source: Developer Guide, "Create expressions to define container instances for Amazon ECS tasks".
import { invalid } from './context.ts'

/** What a query can ask of an instance: `attribute:NAME`, `ec2InstanceId`, `agentConnected`, … and the groups of its tasks. */
export interface Queried {
  /** The value of a subject; undefined when the instance has none. */
  of(subject: string): string | undefined
  taskGroups: readonly string[]
}

export type Query = (instance: Queried) => boolean

/** A query as a predicate; throws InvalidParameterException for a text that is none. */
export function instanceQuery(text: string): Query {
  const words = text.match(/"[^"]*"|\[|\]|\(|\)|,|=~|!~|==|!=|>=|<=|>|<|![a-z]\w*|[^\s()[\],=<>!~]+/g) ?? []
  if (withoutSpace(words.join('')) !== withoutSpace(text)) throw unreadable(text)
  const reader: Reader = { words, at: 0, text }
  const query = either(reader)
  if (reader.at < words.length) throw unreadable(text)
  return query
}

interface Reader {
  words: string[]
  at: number
  text: string
}

const withoutSpace = (text: string) => text.replace(/\s+/g, '')

const unreadable = (text: string) => invalid(`Expression ${text} is invalid.`)

function next(reader: Reader): string {
  const word = reader.words[reader.at++]
  if (word === undefined) throw unreadable(reader.text)
  return word.replace(/^"(.*)"$/, '$1')
}

function taken(reader: Reader, ...words: string[]): boolean {
  if (!words.includes(reader.words[reader.at] ?? '')) return false
  reader.at++
  return true
}

function either(reader: Reader): Query {
  let query = both(reader)
  while (taken(reader, 'or', '||')) {
    const [left, right] = [query, both(reader)]
    query = (instance) => left(instance) || right(instance)
  }
  return query
}

function both(reader: Reader): Query {
  let query = one(reader)
  while (taken(reader, 'and', '&&')) {
    const [left, right] = [query, one(reader)]
    query = (instance) => left(instance) && right(instance)
  }
  return query
}

function one(reader: Reader): Query {
  if (taken(reader, 'not', '!')) {
    const query = one(reader)
    return (instance) => !query(instance)
  }
  if (!taken(reader, '(')) return comparison(reader)
  const query = either(reader)
  if (!taken(reader, ')')) throw unreadable(reader.text)
  return query
}

function comparison(reader: Reader): Query {
  const subject = next(reader)
  const operator = OPERATORS[next(reader)]
  if (!operator) throw unreadable(reader.text)
  const argument = operator.takes === 'none' ? [] : operator.takes === 'list' ? list(reader) : [next(reader)]
  const test = operator.test(argument, reader.text)
  if (subject === 'task:group') return ({ taskGroups }) => (taskGroups.length > 0 ? taskGroups.some(test) : test(undefined))
  return (instance) => test(instance.of(subject))
}

function list(reader: Reader): string[] {
  const items: string[] = []
  if (!taken(reader, '[')) throw unreadable(reader.text)
  while (!taken(reader, ']')) {
    items.push(next(reader))
    taken(reader, ',')
  }
  return items
}

interface Operator {
  takes: 'one' | 'list' | 'none'
  test: (argument: string[], text: string) => (value: string | undefined) => boolean
}

const equal: Operator = {
  takes: 'one',
  test:
    ([wanted]) =>
    (value) =>
      value === wanted,
}
const unequal: Operator = {
  takes: 'one',
  test:
    ([wanted]) =>
    (value) =>
      value !== wanted,
}
const within: Operator = { takes: 'list', test: (wanted) => (value) => value !== undefined && wanted.includes(value) }
const outside: Operator = { takes: 'list', test: (wanted) => (value) => value === undefined || !wanted.includes(value) }
const matches: Operator = { takes: 'one', test: (pattern, text) => (value) => regular(pattern, text).test(value ?? '') }
const differs: Operator = { takes: 'one', test: (pattern, text) => (value) => !regular(pattern, text).test(value ?? '') }
const compared = (holds: (difference: number) => boolean): Operator => ({
  takes: 'one',
  test:
    ([bound = '']) =>
    (value) =>
      value !== undefined && holds(Number(value) - Number(bound)),
})
const greater = compared((difference) => difference > 0)
const atLeast = compared((difference) => difference >= 0)
const less = compared((difference) => difference < 0)
const atMost = compared((difference) => difference <= 0)

const OPERATORS: Record<string, Operator | undefined> = {
  ...{ '==': equal, equals: equal, '!=': unequal, not_equals: unequal },
  ...{ '>': greater, greater_than: greater, '>=': atLeast, greater_than_equal: atLeast },
  ...{ '<': less, less_than: less, '<=': atMost, less_than_equal: atMost },
  ...{ in: within, '!in': outside, not_in: outside, '=~': matches, matches, '!~': differs, not_matches: differs },
  exists: { takes: 'none', test: () => (value) => value !== undefined },
  '!exists': { takes: 'none', test: () => (value) => value === undefined },
  not_exists: { takes: 'none', test: () => (value) => value === undefined },
}

function regular([pattern = '']: string[], text: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch {
    throw unreadable(text)
  }
}
