/**
 * Condition operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * An operator that the sandbox does not know never holds; in a Deny statement it always does.
 */
import { BlockList, isIP } from 'node:net'
import { matchesWildcard } from '../wildcard.ts'

/** Condition keys in lower case; a key without a value is absent from the request. */
export type Context = Record<string, string | string[] | undefined>

export type Outcome = 'holds' | 'fails' | 'unknown'

type Test = (actual: string, wanted: string) => boolean

const number =
  (test: (a: number, b: number) => boolean): Test =>
  (actual, wanted) => {
    const [a, b] = [Number(actual), Number(wanted)]
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b)
  }

const date =
  (test: (a: number, b: number) => boolean): Test =>
  (actual, wanted) => {
    const [a, b] = [time(actual), time(wanted)]
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b)
  }

const time = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text))
const like: Test = (actual, wanted) => matchesWildcard(wanted, actual)
const equal: Test = (actual, wanted) => actual === wanted
const equalIgnoringCase: Test = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase()

/** `not` operators hold when none of the wanted values matches, and also when the key is absent. */
const OPERATORS: Record<string, { test: Test; not?: true }> = {
  StringEquals: { test: equal },
  StringNotEquals: { test: equal, not: true },
  StringEqualsIgnoreCase: { test: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalIgnoringCase, not: true },
  StringLike: { test: like },
  StringNotLike: { test: like, not: true },
  ArnEquals: { test: arnLike },
  ArnLike: { test: arnLike },
  ArnNotEquals: { test: arnLike, not: true },
  ArnNotLike: { test: arnLike, not: true },
  Bool: { test: equalIgnoringCase },
  NumericEquals: { test: number((a, b) => a === b) },
  NumericNotEquals: { test: number((a, b) => a === b), not: true },
  NumericLessThan: { test: number((a, b) => a < b) },
  NumericLessThanEquals: { test: number((a, b) => a <= b) },
  NumericGreaterThan: { test: number((a, b) => a > b) },
  NumericGreaterThanEquals: { test: number((a, b) => a >= b) },
  DateEquals: { test: date((a, b) => a === b) },
  DateNotEquals: { test: date((a, b) => a === b), not: true },
  DateLessThan: { test: date((a, b) => a < b) },
  DateLessThanEquals: { test: date((a, b) => a <= b) },
  DateGreaterThan: { test: date((a, b) => a > b) },
  DateGreaterThanEquals: { test: date((a, b) => a >= b) },
  IpAddress: { test: inBlock },
  NotIpAddress: { test: inBlock, not: true },
}

export function conditionOutcome(conditions: Record<string, Record<string, string[]>>, context: Context): Outcome {
  for (const [operator, keys] of Object.entries(conditions)) {
    for (const [key, wanted] of Object.entries(keys)) {
      const outcome = oneOutcome(
        operator,
        context[key.toLowerCase()],
        wanted.map((value) => substituted(value, context)),
      )
      if (outcome !== 'holds') return outcome
    }
  }
  return 'holds'
}

function oneOutcome(operator: string, actual: string | string[] | undefined, wanted: string[]): Outcome {
  if (operator === 'Null') return (actual === undefined) === wanted.includes('true') ? 'holds' : 'fails'
  const [, set, name = '', ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  const known = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!known) return 'unknown'
  if (actual === undefined) return ifExists || known.not || set === 'ForAllValues' ? 'holds' : 'fails'
  const values = Array.isArray(actual) ? actual : [actual]
  const holds = (value: string) => {
    const any = wanted.some((one) => known.test(value, one))
    return known.not ? !any : any
  }
  const all = set === 'ForAllValues' || (set === undefined && known.not)
  return (all ? values.every(holds) : values.some(holds)) ? 'holds' : 'fails'
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
export function substituted(text: string, context: Context): string {
  if (!text.includes('${')) return text
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name
    const value = context[name.toLowerCase()]
    return typeof value === 'string' ? value : whole
  })
}

/** Each of the six parts of an ARN on its own, so that no star reaches over a colon. */
function arnLike(actual: string, wanted: string): boolean {
  const [a, w] = [parts(actual), parts(wanted)]
  return w.length === a.length && w.every((part, i) => matchesWildcard(part, a[i] ?? ''))
}

function parts(arn: string): string[] {
  const all = arn.split(':')
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')]
}

function inBlock(actual: string, wanted: string): boolean {
  const [network = '', bits] = wanted.split('/')
  const version = isIP(network)
  const own = isIP(actual)
  if (version === 0 || own === 0) return false
  const block = new BlockList()
  const family = version === 4 ? 'ipv4' : 'ipv6'
  block.addSubnet(network, Number(bits ?? (version === 4 ? 32 : 128)), family)
  return block.check(actual, own === 4 ? 'ipv4' : 'ipv6')
}
